package klog

import (
	"bytes"
	"errors"
	"io"
)

// bufSize bounds the memory of a scan and the length of a line: a longer line
// is cut there.
const bufSize = 256 << 10

// rawLine is one line of the input without its line break.
type rawLine struct {
	text []byte // valid until the next call of next or skip
	no   int    // from 1
	off  int64  // of its first byte in the input
}

// scanner reads lines, and can skip all that hold no trigger.
type scanner struct {
	r       io.Reader
	m       *matcher
	buf     []byte
	lo, hi  int   // the unread part of buf
	off     int64 // input offset of buf[lo]
	no      int   // number of the line at lo, from 1
	midLine bool  // lo stands inside a line that was cut at bufSize
	boots   int   // lines passed by skip that begin a boot
	eof     bool
	err     error // a read error other than io.EOF
}

func newScanner(r io.Reader, m *matcher) *scanner {
	return &scanner{r: r, m: m, buf: make([]byte, bufSize), no: 1}
}

// fill reads more behind hi; it reports whether there is any.
func (s *scanner) fill() bool {
	if s.eof {
		return false
	}
	if s.lo > 0 {
		copy(s.buf, s.buf[s.lo:s.hi])
		s.hi -= s.lo
		s.lo = 0
	}
	for empty := 0; s.hi < len(s.buf); {
		n, err := s.r.Read(s.buf[s.hi:])
		s.hi += n
		if err != nil {
			s.eof = true
			if !errors.Is(err, io.EOF) {
				s.err = err
			}
			return n > 0
		}
		if n > 0 {
			return true
		}
		if empty++; empty > 100 {
			s.eof, s.err = true, io.ErrNoProgress
		}
	}
	return false
}

// advance moves lo forward by n bytes, of which lines are line breaks.
func (s *scanner) advance(n, lines int) {
	s.lo += n
	s.off += int64(n)
	s.no += lines
}

// next returns the next line, whatever it holds.
func (s *scanner) next() (rawLine, bool) {
	for {
		data := s.buf[s.lo:s.hi]
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			l := rawLine{text: data[:i], no: s.no, off: s.off}
			s.advance(i+1, 1)
			if s.midLine {
				s.midLine = false
				continue
			}
			return l, true
		}
		if len(data) == len(s.buf) {
			l := rawLine{text: data, no: s.no, off: s.off}
			cut := s.midLine
			s.advance(len(data), 0)
			s.midLine = true
			if !cut {
				return l, true
			}
			s.fill()
			continue
		}
		if s.fill() {
			continue
		}
		if data = s.buf[s.lo:s.hi]; len(data) == 0 || s.midLine { // fill has moved it
			return rawLine{}, false
		}
		l := rawLine{text: data, no: s.no, off: s.off}
		s.advance(len(data), 0)
		return l, true
	}
}

// skip moves to the beginning of the next line that holds a trigger. It
// returns false at the end of the input.
func (s *scanner) skip() bool {
	for {
		data := s.buf[s.lo:s.hi]
		if p := s.m.find(data); p >= 0 {
			start := bytes.LastIndexByte(data[:p], '\n') + 1
			s.countBoots(data[:start])
			if start > 0 {
				s.midLine = false
			}
			s.advance(start, bytes.Count(data[:start], newline))
			if s.midLine { // the trigger is past the cut of an overlong line
				s.dropLine()
				continue
			}
			return true
		}
		end := bytes.LastIndexByte(data, '\n') + 1
		if end > 0 {
			s.midLine = false
			s.countBoots(data[:end])
			s.advance(end, bytes.Count(data[:end], newline))
		} else if len(data) == len(s.buf) {
			s.midLine = true
			s.advance(len(data), 0)
		}
		if !s.fill() {
			return false
		}
	}
}

func (s *scanner) countBoots(data []byte) {
	if bootTrigger.find(data) >= 0 {
		s.boots++
	}
}

// dropLine skips the rest of the current line.
func (s *scanner) dropLine() {
	for {
		data := s.buf[s.lo:s.hi]
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			s.advance(i+1, 1)
			s.midLine = false
			return
		}
		s.advance(len(data), 0)
		if !s.fill() {
			return
		}
	}
}

var newline = []byte{'\n'}
