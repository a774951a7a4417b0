// Package unwind walks kernel stacks of x86-64 by the kernel's own ORC tables
// (Documentation/arch/x86/orc-unwinder.rst): the tables say for every
// instruction where the caller's stack pointer is, so that no frame pointer
// and no debug information is needed.
//
// It knows nothing of symbols or types: where the tables are and how their
// entries look is told.
package unwind
