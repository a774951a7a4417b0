// Package bpf is the only one that loads eBPF programs: it attaches them,
// decodes what they tell into the types of package trace, and takes them away.
//
// The programs are C (src/, GPL-2.0), compiled by `go generate` into objects
// that are part of the repository and of the binary: nothing is compiled at
// run time. The loader relocates them to the running kernel with its BTF.
//
// Everything is held by file descriptors and nothing is pinned, so the kernel
// detaches all of it when the process ends, however it ends.
package bpf

//go:generate src/generate.sh
