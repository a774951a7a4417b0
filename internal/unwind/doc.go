// Package unwind walks kernel stacks: of x86-64 by the kernel's own ORC tables
// (Documentation/arch/x86/orc-unwinder.rst), which say for every instruction
// where the caller's stack pointer is, so that no frame pointer and no debug
// information is needed; of arm64 by frame records.
//
// It knows nothing of symbols or types: where the tables are and how their
// entries look is told.
package unwind
