package klog

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxField bounds one field of a journal entry.
const maxField = 1 << 20

// exportReader turns `journalctl -o export` into a log with one kernel
// message a line. Every line break of the input gives one in the output, so
// that line numbers stay those of the input
// (https://systemd.io/JOURNAL_EXPORT_FORMATS).
type exportReader struct {
	in  *bufio.Reader
	out bytes.Buffer
	err error
}

// NewJournalExport returns a reader of the kernel's messages in a journal
// export; entries of other transports become empty lines.
func NewJournalExport(r io.Reader) io.Reader {
	return &exportReader{in: bufio.NewReaderSize(r, 64<<10)}
}

func (e *exportReader) Read(p []byte) (int, error) {
	for e.out.Len() == 0 {
		if e.err != nil {
			return 0, e.err
		}
		e.err = e.entry()
	}
	return e.out.Read(p)
}

// exportEntry is what is needed of one entry.
type exportEntry struct {
	message   []byte
	before    int // line breaks of the entry before the message's text
	lines     int // line breaks of the entry so far
	mono      string
	transport string
}

// entry reads one entry, up to the empty line behind it.
func (e *exportReader) entry() error {
	var x exportEntry
	var err error
	for {
		var line []byte
		line, err = e.line()
		if len(line) == 0 && err != nil {
			break
		}
		if len(line) == 1 && line[0] == '\n' {
			x.lines++
			break
		}
		name, value, isText := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte("="))
		at := x.lines
		if !isText {
			x.lines++
			if value, err = e.binary(); err != nil {
				break
			}
			at = x.lines
			x.lines += bytes.Count(value, newline)
		}
		x.lines++
		x.field(string(name), value, at)
	}
	e.emit(&x)
	return err
}

func (x *exportEntry) field(name string, value []byte, at int) {
	switch name {
	case "MESSAGE":
		x.message, x.before = bytes.Clone(value), at
	case "_TRANSPORT":
		x.transport = string(value)
	case "_SOURCE_MONOTONIC_TIMESTAMP":
		x.mono = string(value)
	}
}

// emit writes the entry's message at its line, and empty lines for the rest.
func (e *exportReader) emit(x *exportEntry) {
	if x.transport != "kernel" || x.message == nil {
		e.out.Write(bytes.Repeat(newline, x.lines))
		return
	}
	e.out.Write(bytes.Repeat(newline, x.before))
	if usec, err := strconv.ParseUint(x.mono, 10, 64); err == nil {
		e.out.WriteString("[" + strconv.FormatUint(usec/1e6, 10) + "." + pad6(usec%1e6) + "] ")
	}
	e.out.Write(x.message)
	e.out.Write(bytes.Repeat(newline, max(1, x.lines-x.before-bytes.Count(x.message, newline))))
}

// line reads one line with its break; the part past maxField is dropped.
func (e *exportReader) line() ([]byte, error) {
	var line []byte
	for {
		part, err := e.in.ReadSlice('\n')
		if len(line) < maxField {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// binary reads the value of a field with binary content: its length in eight
// bytes, the content, a line break.
func (e *exportReader) binary() ([]byte, error) {
	var size [8]byte
	if _, err := io.ReadFull(e.in, size[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(size[:])
	value, err := io.ReadAll(io.LimitReader(e.in, int64(min(n, maxField))))
	if err != nil {
		return value, err
	}
	for rest := n - uint64(len(value)); rest > 0 && n > maxField; {
		skipped, err := io.CopyN(io.Discard, e.in, int64(min(rest, 1<<30)))
		rest -= uint64(skipped)
		if err != nil {
			return value, err
		}
	}
	_, err = e.in.ReadByte()
	return value, err
}

// utf16Reader turns UTF-16 (what Windows editors save) into UTF-8.
type utf16Reader struct {
	in    *bufio.Reader
	order binary.ByteOrder
	out   []byte
	high  rune // the first half of a surrogate pair
	err   error
}

// NewUTF16 returns a reader of r's text as UTF-8. r begins with a byte order
// mark.
func NewUTF16(r io.Reader) io.Reader {
	u := &utf16Reader{in: bufio.NewReaderSize(r, 64<<10), order: binary.LittleEndian}
	if mark, err := u.in.Peek(2); err == nil {
		if mark[0] == 0xfe {
			u.order = binary.BigEndian
		}
		u.in.Discard(2) //nolint:errcheck // peeked just now
	}
	return u
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) < len(p) && u.err == nil {
		var unit [2]byte
		if _, u.err = io.ReadFull(u.in, unit[:]); u.err != nil {
			if errors.Is(u.err, io.ErrUnexpectedEOF) {
				u.err = io.EOF
			}
			break
		}
		r := rune(u.order.Uint16(unit[:]))
		if utf16.IsSurrogate(r) && u.high == 0 {
			u.high = r
			continue
		}
		if u.high != 0 {
			r, u.high = utf16.DecodeRune(u.high, r), 0
		}
		u.out = utf8.AppendRune(u.out, r)
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	if n == 0 && u.err != nil {
		return 0, u.err
	}
	return n, nil
}
