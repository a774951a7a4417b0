package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// stages draws one line on a terminal for work that has several stages, and
// takes it away at the end. It is safe for concurrent use.
type stages struct {
	mu    sync.Mutex
	w     io.Writer
	width int
	now   func() time.Time
	begin time.Time // of everything
	start time.Time // of this stage
	last  time.Time
	drawn bool
	stage string
}

// quietFor is how long a run may take before a line is worth drawing.
const quietFor = 400 * time.Millisecond

func newStages(s Streams) *stages {
	p := &stages{now: time.Now, begin: time.Now(), width: s.ErrWidth}
	if s.ErrTTY {
		p.w = s.Err
	}
	return p
}

// update is called with what is being done, and how much of it is; total is 0
// if nobody knows.
func (p *stages) update(stage string, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.now()
	if stage != p.stage {
		p.stage, p.start = stage, t
	}
	if p.w == nil || t.Sub(p.begin) < quietFor || p.drawn && t.Sub(p.last) < 100*time.Millisecond {
		return
	}
	p.last, p.drawn = t, true
	fmt.Fprint(p.w, "\r\x1b[K"+p.line(done, total, t.Sub(p.start)))
}

func (p *stages) line(done, total int, spent time.Duration) string {
	if total <= 0 {
		return p.stage
	}
	done = min(done, total)
	text := fmt.Sprintf(" %3d %%  %s, %d of %d", done*100/total, p.stage, done, total)
	if done > 0 && spent >= time.Second {
		text += ", " + remaining(time.Duration(float64(spent)*float64(total-done)/float64(done)))
	}
	cells := min(p.width-len(text)-3, 40)
	if cells < 8 {
		return strings.TrimSpace(text)
	}
	full := done * cells / total
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", cells-full) + "]" + text
}

// remaining is a time to wait as people say it.
func remaining(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s < 60 {
		return fmt.Sprintf("%d s left", s)
	}
	return fmt.Sprintf("%d:%02d min left", s/60, s%60)
}

// doing is the stage of now, for a message.
func (p *stages) doing() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stage == "" {
		return "starting"
	}
	return p.stage
}

// done takes the line away.
func (p *stages) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	p.w, p.drawn = nil, false
}
