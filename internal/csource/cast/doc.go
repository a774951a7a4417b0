// Package cast holds the syntax tree of one kernel C file as it stands on
// disk, before any compiler's preprocessor: macro calls that nobody expanded
// are calls, for_each macros are loops, a type may be an argument.
//
// Trees are short-lived: the parser makes one per file, lower.File reads it
// once, then its memory is used again (see Arena). Strings in a tree are
// slices of the file's text; whoever keeps one must clone it.
package cast
