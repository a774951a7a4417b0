// Package kstack knows what kernel functions mean in a call stack: which are
// the inside of a lock, of the scheduler or of the machinery that prints the
// stack, and which is the first function that decided to take or wait for
// something. That knowledge is data: tables of function names, each group
// with the reason it is there.
package kstack

import "strings"

// Base returns the name of fn as it stands in the source: without the
// suffixes that compilers add to copies of a function (.constprop.0,
// .isra.12, .part.3, .cold, .llvm.123, .lto_priv.0), without the leading dot
// of ppc64 ELFv1 text symbols, and without the __pfx_ of the padding that
// objtool puts in front of a function. No C identifier holds a dot.
func Base(fn string) string {
	fn = strings.TrimPrefix(strings.TrimPrefix(fn, "."), "__pfx_")
	if i := strings.IndexByte(fn, '.'); i > 0 {
		return fn[:i]
	}
	return fn
}
