package guest

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxFiles bounds the files that are worked: each takes two threads.
const maxFiles = 16

// startFiles works each file that came with the module from two threads at
// once, so that its functions run against each other.
func (s *stressor) startFiles() {
	for _, path := range s.files[:min(len(s.files), maxFiles)] {
		for range 2 {
			s.start(func(r *rand.Rand) { s.workFile(path, r) })
		}
	}
}

func (s *stressor) workFile(path string, r *rand.Rand) {
	for !s.over() {
		fd, err := openAny(path, r)
		s.count("open", err)
		if err != nil {
			return
		}
		for range 1 + r.IntN(8) {
			s.workOpen(fd, r)
		}
		_ = unix.Close(fd) // what a driver says of a close helps nobody
		runtime.Gosched()
	}
}

// openAny opens for both, else for what is allowed. Half of the opens are
// non-blocking: a blocking read keeps its thread from the rest.
func openAny(path string, r *rand.Rand) (int, error) {
	flags := unix.O_CLOEXEC | unix.O_NOCTTY
	if r.IntN(2) == 0 {
		flags |= unix.O_NONBLOCK
	}
	var errs error
	for _, mode := range []int{unix.O_RDWR, unix.O_RDONLY, unix.O_WRONLY} {
		fd, err := unix.Open(path, flags|mode, 0)
		if err == nil {
			return fd, nil
		}
		errs = err
	}
	return -1, errs
}

// workOpen does one thing to an open file. That the driver refuses it is no
// failure: the way through the driver is what counts.
func (s *stressor) workOpen(fd int, r *rand.Rand) {
	buf := make([]byte, 1+r.IntN(4096))
	switch r.IntN(6) {
	case 0, 1:
		_, err := unix.Read(fd, buf)
		s.count("read", anyway(err))
	case 2:
		_, err := unix.Write(fd, []byte("1\n"))
		s.count("write", anyway(err))
	case 3:
		for i := range buf {
			buf[i] = byte(r.Uint32())
		}
		_, err := unix.Write(fd, buf[:min(len(buf), 64)])
		s.count("write", anyway(err))
	case 4:
		s.count("ioctl", anyway(s.ioctl(fd, r)))
	case 5:
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN | unix.POLLOUT}}, 5)
		s.count("poll", anyway(err))
	}
}

// ioctl uses the module's commands if the workload names them, else numbers
// that many drivers use: _IO(letter, 0…15), with a size that _IOWR would have.
func (s *stressor) ioctl(fd int, r *rand.Rand) error {
	cmd := uint32('a'+r.IntN(26))<<8 | uint32(r.IntN(16))
	if r.IntN(2) == 0 {
		cmd |= uint32(1+r.IntN(3))<<30 | 8<<16
	}
	if n := len(s.work.Ioctls); n > 0 {
		cmd = s.work.Ioctls[r.IntN(n)]
	}
	var arg [512]byte // drivers copy as much as the command says, seldom more
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(cmd), uintptr(unsafe.Pointer(&arg)))
	if errno != 0 {
		return errno
	}
	return nil
}

// anyway treats a driver's refusal as done.
func anyway(err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return nil
	}
	return err
}
