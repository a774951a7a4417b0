package main

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// work is something that programs ask of the kernel, n times.
type work struct {
	name string
	n    int
	do   func(n int) error
}

// works need a folder that is theirs.
func works(dir string) []work {
	return []work{
		{"open and close", 4000, opens(filepath.Join(dir, "opened"))}, {"fork, exit and wait", 50, forks}, {"page fault", 5000, faults},
		{"mmap and munmap", 4000, maps}, {"pipe, a byte to and fro", 2000, pipes}, {"pipe, 4 KiB", 4000, stream}, {"rename", 4000, renames(filepath.Join(dir, "a"), filepath.Join(dir, "b"))},
		{"message (hackbench)", 3200, messages},
	}
}

func opens(path string) func(int) error {
	return func(n int) error {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			return err
		}
		for range n {
			fd, err := unix.Open(path, unix.O_RDONLY, 0)
			if err != nil {
				return err
			}
			if err := unix.Close(fd); err != nil {
				return err
			}
		}
		return nil
	}
}

func forks(n int) error {
	for range n {
		pid, err := fork()
		if err != nil {
			return err
		}
		if _, err := unix.Wait4(pid, nil, 0, nil); err != nil {
			return err
		}
	}
	return nil
}

// fork makes a child that ends at once. The child has only this thread of the
// Go runtime, so it must not get into the scheduler, as a function that looks
// at its stack might.
//
//go:nosplit
func fork() (int, error) {
	pid, _, errno := syscall.RawSyscall(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	if pid == 0 {
		_, _, _ = syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 0, 0, 0)
	}
	return int(pid), nil
}

// thread runs f on a thread of its own.
func thread(wg *sync.WaitGroup, f func()) {
	wg.Go(func() {
		runtime.LockOSThread() // it ends with the goroutine
		f()
	})
}

const page = 4096

func faults(n int) error {
	mem, err := unix.Mmap(-1, 0, n*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return err
	}
	if err := unix.Madvise(mem, unix.MADV_NOHUGEPAGE); err != nil && err != unix.EINVAL {
		return err
	}
	for i := 0; i < len(mem); i += page {
		mem[i] = 1
	}
	return unix.Munmap(mem)
}

func maps(n int) error {
	for range n {
		mem, err := unix.Mmap(-1, 0, page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
		if err != nil {
			return err
		}
		if err := unix.Munmap(mem); err != nil {
			return err
		}
	}
	return nil
}

func pipes(n int) error {
	var to, fro [2]int
	if err := unix.Pipe(to[:]); err != nil {
		return err
	}
	if err := unix.Pipe(fro[:]); err != nil {
		return err
	}
	defer closeAll(to, fro)
	var wg sync.WaitGroup
	thread(&wg, func() {
		for range n {
			raw(syscall.SYS_READ, to[0], 1)
			raw(syscall.SYS_WRITE, fro[1], 1)
		}
	})
	for range n {
		raw(syscall.SYS_WRITE, to[1], 1)
		raw(syscall.SYS_READ, fro[0], 1)
	}
	wg.Wait()
	return nil
}

// stream writes pages that another thread reads.
func stream(n int) error {
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		return err
	}
	defer closeAll(p)
	var wg sync.WaitGroup
	thread(&wg, func() {
		for range n {
			raw(syscall.SYS_READ, p[0], page)
		}
	})
	for range n {
		raw(syscall.SYS_WRITE, p[1], page)
	}
	wg.Wait()
	return nil
}

// raw reads or writes size bytes, at most a page. What fails shows in the figures.
func raw(call uintptr, fd int, size uintptr) {
	var buf [page]byte
	_, _, _ = syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&buf)), size)
}

func renames(from, to string) func(int) error {
	return func(n int) error {
		if err := os.WriteFile(from, nil, 0o600); err != nil {
			return err
		}
		for range n / 2 {
			if err := errors.Join(unix.Rename(from, to), unix.Rename(to, from)); err != nil {
				return err
			}
		}
		return nil
	}
}

// messages is what hackbench does: a group of senders, each of which writes to
// all receivers of its group, over sockets.
func messages(n int) error {
	const tasks, size = 4, 100
	var pairs [tasks][2]int
	for i := range pairs {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		pairs[i] = fds
	}
	defer closeAll(pairs[:]...)
	each := n / (tasks * tasks)
	var wg sync.WaitGroup
	for i := range pairs {
		thread(&wg, func() {
			for range tasks * each {
				raw(syscall.SYS_READ, pairs[i][0], size)
			}
		})
		thread(&wg, func() {
			for range each {
				for j := range pairs {
					raw(syscall.SYS_WRITE, pairs[j][1], size)
				}
			}
		})
	}
	wg.Wait()
	return nil
}

func closeAll(pairs ...[2]int) {
	for _, p := range pairs {
		_ = unix.Close(p[0]) // they were open
		_ = unix.Close(p[1])
	}
}
