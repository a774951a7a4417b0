// Package trace makes sense of what the eBPF programs of package bpf tell: the
// orders in which a running kernel took its locks, the times it waited for
// them, and what its blocked tasks wait for at one moment.
//
// It loads nothing and needs no kernel: events come in as values, and facts,
// tables and saved graphs go out.
package trace
