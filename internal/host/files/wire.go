package files

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
)

// The helper and its owner talk over two pipes: one request, one answer.
//
//	request: op (1 byte), limit (4), length of path (2), path
//	answer:  errno + 1 or 0 (2 bytes), length (4), data or the error's text
//
// Numbers are little endian. The errno is sent as a number so that the owner
// can still ask errors.Is(err, fs.ErrPermission).
const (
	opRead = 'r'
	opList = 'l'

	maxPath = 4096
)

func writeRequest(w io.Writer, op byte, path string, limit int) error {
	if len(path) > maxPath {
		return fmt.Errorf("read %.40s…: %w", path, syscall.ENAMETOOLONG)
	}
	b := make([]byte, 0, 7+len(path))
	b = append(b, op)
	b = binary.LittleEndian.AppendUint32(b, uint32(min(limit, MaxSize)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(path)))
	_, err := w.Write(append(b, path...))
	return err
}

func readRequest(r io.Reader) (op byte, path string, limit int, err error) {
	var head [7]byte
	if _, err = io.ReadFull(r, head[:]); err != nil {
		return 0, "", 0, err
	}
	b := make([]byte, binary.LittleEndian.Uint16(head[5:]))
	if _, err = io.ReadFull(r, b); err != nil {
		return 0, "", 0, err
	}
	return head[0], string(b), int(binary.LittleEndian.Uint32(head[1:])), nil
}

func writeAnswer(w io.Writer, data []byte, err error) error {
	status := uint16(0)
	if err != nil {
		status = 1
		var errno syscall.Errno
		if errors.As(err, &errno) {
			status = uint16(errno) + 1
		}
		data = []byte(err.Error())
	}
	var head [6]byte
	binary.LittleEndian.PutUint16(head[:], status)
	binary.LittleEndian.PutUint32(head[2:], uint32(len(data)))
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

func readAnswer(r io.Reader, path string) ([]byte, error) {
	var head [6]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(head[2:])
	if n > MaxSize {
		return nil, fmt.Errorf("answer of %d bytes", n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	switch status := binary.LittleEndian.Uint16(head[:]); status {
	case 0:
		return b, nil
	case 1:
		return nil, &refused{errors.New(string(b))}
	default:
		return nil, &refused{fmt.Errorf("read %s: %w", path, syscall.Errno(status-1))}
	}
}

// refused is the file's own error, in contrast to one of the helper.
type refused struct{ err error }

func (e *refused) Error() string { return e.err.Error() }
func (e *refused) Unwrap() error { return e.err }

// Serve is the helper's side: it answers requests about files of this host
// until its owner closes the pipe.
func Serve(in io.Reader, out io.Writer) error {
	w := bufio.NewWriterSize(out, 64<<10)
	for {
		op, path, limit, err := readRequest(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := answer(op, path, limit)
		if err := writeAnswer(w, data, err); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
}

func answer(op byte, path string, limit int) ([]byte, error) {
	if op == opList {
		names, err := Dir("/").List(path)
		return []byte(strings.Join(names, "\n")), err
	}
	return Dir("/").Read(path, limit)
}
