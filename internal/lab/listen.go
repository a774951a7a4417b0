package lab

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"sync"

	"gordian/internal/lab/proto"
)

// input is one thing that came from the guest: bytes of the console, or an event.
type input struct {
	console []byte
	event   *proto.Event
}

// listen reads both ports until QEMU closes them.
func listen(console, channel io.Reader) chan input {
	in := make(chan input, 64)
	var wg sync.WaitGroup
	wg.Go(func() { readConsole(console, in) })
	wg.Go(func() { readEvents(channel, in) })
	go func() { wg.Wait(); close(in) }()
	return in
}

func readConsole(r io.Reader, in chan<- input) {
	buf := make([]byte, 16<<10)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			in <- input{console: bytes.ReplaceAll(buf[:n], []byte{'\r'}, nil)}
		}
		if err != nil {
			return
		}
	}
}

// maxEvent bounds one line from the guest.
const maxEvent = 16 << 20

// readEvents passes over what is no event: the guest may have been up to
// anything when it wrote it.
func readEvents(r io.Reader, in chan<- input) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxEvent)
	for lines.Scan() {
		var e proto.Event
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Kind != "" {
			in <- input{event: &e}
		}
	}
	// A line that is too long ends the scan; the guest must not block on us.
	_, _ = io.Copy(io.Discard, r)
}

// lineReader puts lines together from pieces, and gives each whole line to see.
type lineReader struct{ rest []byte }

// inLine reports whether a line has begun and not ended.
func (l *lineReader) inLine() bool { return len(l.rest) > 0 }

// maxRest bounds a line without an end.
const maxRest = 64 << 10

func (l *lineReader) feed(b []byte, see func(line []byte)) {
	l.rest = append(l.rest, b...)
	for {
		i := bytes.IndexByte(l.rest, '\n')
		if i < 0 {
			break
		}
		see(l.rest[:i])
		l.rest = l.rest[i+1:]
	}
	if len(l.rest) > maxRest {
		l.rest = nil
	}
}
