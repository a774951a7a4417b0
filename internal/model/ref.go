package model

import (
	"fmt"
	"strconv"
	"strings"
)

// Ref names a node of a graph together with the scope in which the name
// means something:
//
//	task:b0:4242              one task of one boot
//	task:b0:idle/3            the idle task of CPU 3 (idle tasks share pid 0)
//	lock:b0:ffff88810a2c0040  one lock instance of one boot
//	class:&dev->lock          a lock class, global across boots and hosts
//	cpu:b0:1                  one CPU of one boot
//
// Addresses and pids mean nothing across boots, so they carry the boot.
type Ref string

// RefKind is the part of a Ref before its first colon.
type RefKind string

// The kinds of nodes.
const (
	KindTask  RefKind = "task"
	KindLock  RefKind = "lock"
	KindClass RefKind = "class"
	KindCPU   RefKind = "cpu"
)

// Boot is one run of one kernel: "b0", "b1", … unique within a Facts.
type Boot string

// TaskRef names a task. An idle task (pid 0) is named by its comm
// ("swapper/3"), because all of them share pid 0.
func TaskRef(b Boot, pid int, comm string) Ref {
	if pid == 0 {
		_, cpu, ok := strings.Cut(comm, "/")
		if !ok {
			cpu = "0"
		}
		return Ref(fmt.Sprintf("task:%s:idle/%s", b, cpu))
	}
	return Ref("task:" + string(b) + ":" + strconv.Itoa(pid))
}

// LockRef names a lock instance by its address as the evidence prints it
// (raw, hashed or any other token that is stable within one boot).
func LockRef(b Boot, addr string) Ref { return Ref("lock:" + string(b) + ":" + addr) }

// ClassRef names a lock class, nesting subclass included ("&p->lock/1").
func ClassRef(name string) Ref { return Ref("class:" + name) }

// Kind returns what the Ref names, or "" for a malformed one.
func (r Ref) Kind() RefKind {
	k, _, ok := strings.Cut(string(r), ":")
	if !ok {
		return ""
	}
	return RefKind(k)
}

// Name returns the Ref without its kind, and without its boot where it has
// one: the part that a person reads.
func (r Ref) Name() string {
	k, rest, _ := strings.Cut(string(r), ":")
	if RefKind(k) == KindClass {
		return rest
	}
	_, name, _ := strings.Cut(rest, ":")
	return name
}
