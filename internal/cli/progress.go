package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// progressFrom is the size of evidence below which a bar would only flicker.
const progressFrom = 200 << 20

// progress draws one line on a terminal, and takes it away at the end.
type progress struct {
	w     io.Writer
	width int
	now   func() time.Time
	start time.Time
	last  time.Time
	drawn bool
}

// newProgress returns a bar that stays silent when stderr is no terminal.
func newProgress(s Streams) *progress {
	if !s.ErrTTY {
		return &progress{}
	}
	return &progress{w: s.Err, width: s.ErrWidth, now: time.Now, start: time.Now()}
}

// update is called with the bytes read so far; total is negative if unknown.
// It is called from one goroutine, often, and draws at most ten times a second.
func (p *progress) update(done, total int64) {
	if p.w == nil || max(done, total) < progressFrom {
		return
	}
	t := p.now()
	if p.drawn && t.Sub(p.last) < 100*time.Millisecond {
		return
	}
	p.last, p.drawn = t, true
	rate := int64(0)
	if d := t.Sub(p.start); d > 0 {
		rate = int64(float64(done) / d.Seconds())
	}
	fmt.Fprint(p.w, "\r\x1b[K"+p.line(done, total, rate))
}

func (p *progress) line(done, total, rate int64) string {
	if total <= 0 {
		return fmt.Sprintf("reading %d MB, %d MB/s", done>>20, rate>>20)
	}
	done = min(done, total)
	text := fmt.Sprintf(" %3d %%, %d of %d MB, %d MB/s", done*100/total, done>>20, total>>20, rate>>20)
	cells := min(p.width-len(text)-3, 40)
	if cells < 8 {
		return strings.TrimSpace(text)
	}
	full := int(done * int64(cells) / total)
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", cells-full) + "]" + text
}

func (p *progress) done() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
