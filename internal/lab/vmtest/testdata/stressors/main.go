// SPDX-License-Identifier: Apache-2.0

// Command stressors keeps a guest's kernel busy in twelve ways at once, none
// of them wrong, for the time of its argument.
package main

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"syscall"
	"unsafe"
)

func main() {
	if len(os.Args) < 2 {
		return // what fork starts
	}
	if os.Args[1] == "sleep" {
		time.Sleep(time.Second)
		return
	}
	d, err := time.ParseDuration(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	end := time.Now().Add(d)
	var all sync.WaitGroup
	for name, f := range map[string]func(dir string) error{
		"files": files, "memory": memory, "pipe": pipe, "fork": fork, "futex": futex, "socket": socket, "epoll": epoll,
		"inotify": inotify, "mount": mount, "cgroup": cgroup, "sysfs": sysfs, "tty": tty,
	} {
		all.Add(1)
		go func() {
			defer all.Done()
			dir := filepath.Join("/tmp", name)
			err := os.MkdirAll(dir, 0o755)
			n := 0
			for ; err == nil && time.Now().Before(end); n++ {
				err = f(dir)
			}
			fmt.Println(name, n, "rounds", err)
		}()
	}
	all.Wait()
}

func files(dir string) error {
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if err := os.WriteFile(a, make([]byte, 64<<10), 0o600); err != nil {
		return err
	}
	if err := os.Rename(a, b); err != nil {
		return err
	}
	if err := os.Link(b, a); err != nil {
		return err
	}
	for _, p := range []string{a, b} {
		if err := os.Remove(p); err != nil {
			return err
		}
	}
	deep := filepath.Join(dir, "x", "y")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		return err
	}
	if err := os.Rename(deep, filepath.Join(dir, "z")); err != nil {
		return err
	}
	return os.RemoveAll(filepath.Join(dir, "z"))
}

func memory(dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, "m"), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	const size = 1 << 20
	if err := f.Truncate(size); err != nil {
		return err
	}
	m, err := syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return err
	}
	for i := 0; i < size; i += 4096 {
		m[i] = 1
	}
	if err := syscall.Mprotect(m[:size/2], syscall.PROT_READ); err != nil {
		return err
	}
	syscall.Syscall(syscall.SYS_MSYNC, uintptr(unsafe.Pointer(&m[0])), size, syscall.MS_SYNC)
	return syscall.Munmap(m)
}

func pipe(string) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	buf := make([]byte, 4096)
	for range 100 {
		if _, err := w.Write(buf); err != nil {
			return err
		}
		if _, err := r.Read(buf); err != nil {
			return err
		}
	}
	return w.Close()
}

func fork(string) error { return exec.Command("/proc/self/exe").Run() }

func futex(string) error {
	var word atomic.Int32
	var all sync.WaitGroup
	for range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			for range 50 {
				ts := syscall.Timespec{Nsec: 10_000}
				syscall.Syscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(&word)), 0, uintptr(word.Load()), uintptr(unsafe.Pointer(&ts)), 0, 0)
				word.Add(1)
				syscall.Syscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(&word)), 1, 4, 0, 0, 0)
			}
		}()
	}
	all.Wait()
	return nil
}

func socket(dir string) error {
	path := filepath.Join(dir, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			c.Write(make([]byte, 1024))
			c.Close()
		}
	}()
	c, err := net.Dial("unix", path)
	if err != nil {
		return err
	}
	_, err = c.Read(make([]byte, 1024))
	c.Close()
	return err
}

func epoll(string) error {
	ep, err := syscall.EpollCreate1(0)
	if err != nil {
		return err
	}
	defer syscall.Close(ep)
	inner, err := syscall.EpollCreate1(0)
	if err != nil {
		return err
	}
	defer syscall.Close(inner)
	var p [2]int
	if err := syscall.Pipe(p[:]); err != nil {
		return err
	}
	defer syscall.Close(p[0])
	defer syscall.Close(p[1])
	if err := syscall.EpollCtl(inner, syscall.EPOLL_CTL_ADD, p[0], &syscall.EpollEvent{Events: syscall.EPOLLIN}); err != nil {
		return err
	}
	if err := syscall.EpollCtl(ep, syscall.EPOLL_CTL_ADD, inner, &syscall.EpollEvent{Events: syscall.EPOLLIN}); err != nil {
		return err
	}
	syscall.Write(p[1], []byte{1})
	_, err = syscall.EpollWait(ep, make([]syscall.EpollEvent, 4), 10)
	return err
}

func inotify(dir string) error {
	fd, err := syscall.InotifyInit1(syscall.IN_NONBLOCK)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	wd, err := syscall.InotifyAddWatch(fd, dir, syscall.IN_ALL_EVENTS)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "f")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	syscall.Read(fd, make([]byte, 4096))
	_, err = syscall.InotifyRmWatch(fd, uint32(wd))
	return err
}

func mount(dir string) error {
	if err := syscall.Mount("t", dir, "tmpfs", 0, ""); err != nil {
		return err
	}
	err := os.WriteFile(filepath.Join(dir, "f"), make([]byte, 8192), 0o600)
	if err == nil {
		err = syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
	}
	if e := syscall.Unmount(dir, 0); err == nil {
		err = e
	}
	return err
}

func cgroup(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "cgroup.procs")); err != nil {
		if err := syscall.Mount("c", dir, "cgroup2", 0, ""); err != nil {
			return err
		}
	}
	sub := filepath.Join(dir, "sub")
	if err := os.Mkdir(sub, 0o755); err != nil {
		return err
	}
	c := exec.Command("/proc/self/exe", "sleep")
	if err := c.Start(); err == nil {
		os.WriteFile(filepath.Join(sub, "cgroup.procs"), []byte(strconv.Itoa(c.Process.Pid)), 0)
		c.Process.Kill()
		c.Wait()
	}
	for range 200 {
		if err := syscall.Rmdir(sub); err != syscall.EBUSY {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	return syscall.EBUSY
}

func sysfs(string) error {
	buf := make([]byte, 4096)
	for _, root := range []string{"/sys/kernel", "/sys/class", "/proc/self", "/proc/sys/kernel"} {
		filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() && (d.Name() == "debug" || d.Name() == "tracing" || d.Name() == "slab") {
				return fs.SkipDir
			}
			if d.Type().IsRegular() && d.Name() != "kmsg" && d.Name() != "clear_refs" {
				if fd, err := syscall.Open(p, syscall.O_RDONLY|syscall.O_NONBLOCK, 0); err == nil {
					syscall.Read(fd, buf)
					syscall.Close(fd)
				}
			}
			return nil
		})
	}
	return nil
}

// tty makes a pair of terminals and talks through it.
func tty(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "ptmx")); err != nil {
		if err := syscall.Mount("d", dir, "devpts", 0, "ptmxmode=0666"); err != nil {
			return err
		}
	}
	m, err := syscall.Open(filepath.Join(dir, "ptmx"), syscall.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(m)
	var n uint32
	var unlock int32
	syscall.Syscall(syscall.SYS_IOCTL, uintptr(m), syscall.TIOCSPTLCK, uintptr(unsafe.Pointer(&unlock)))
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(m), syscall.TIOCGPTN, uintptr(unsafe.Pointer(&n))); e != 0 {
		return e
	}
	s, err := syscall.Open(filepath.Join(dir, strconv.Itoa(int(n))), syscall.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(s)
	if _, err := syscall.Write(m, []byte("line\n")); err != nil {
		return err
	}
	_, err = syscall.Read(s, make([]byte, 64))
	return err
}
