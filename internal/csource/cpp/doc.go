// Package cpp turns kernel C text into tokens: it lexes, chooses the arms of
// #if, and expands the few macros whose expansion a lock analysis needs.
//
// It is no full preprocessor on purpose. Headers are not read in place, and a
// macro that hides neither a lock, a jump, a call nor a piece of grammar stays
// a name: the text then reads as its author wrote it, and costs less.
package cpp
