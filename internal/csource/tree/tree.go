// Package tree finds and reads the files of a check: the kernel tree around
// them, overlays, headers, .config, and the macros and types that headers give.
package tree

import "context"

// Options say what to read.
type Options struct {
	Paths    []string // files and folders to check
	Root     string   // a kernel tree; "" is looked for above each path
	NoRoot   bool     // do not look for one
	Overlay  string   // folder whose files stand in for those of the same path in the root
	Includes []string // further folders of headers
	Config   string   // a .config, or ""; the root's own is used if it has one
	Jobs     int
	Progress func(stage string, done, total int) // may be nil; must be safe for concurrent use
	// Neighbours adds the other .c files of a checked file's folder as context,
	// so that what they define is known; nothing is reported in them.
	Neighbours bool
}

// Placeholder until Load is written.
var _ = context.Background
