package cli

import (
	"fmt"
	"io"
	"time"
)

// steps tells on stderr how far a long job is: a line for each step, and
// within one a line that is redrawn on a terminal, or now and then a line.
type steps struct {
	w     io.Writer
	tty   bool
	now   func() time.Time
	last  time.Time
	drawn bool
}

func newSteps(s Streams) *steps {
	return &steps{w: s.Err, tty: s.ErrTTY, now: time.Now}
}

func (p *steps) step(text string) {
	p.done()
	p.last = p.now()
	fmt.Fprintln(p.w, safe(text))
}

// objects tells of done out of about total.
func (p *steps) objects(done, total int) {
	every := 200 * time.Millisecond
	if !p.tty {
		every = time.Minute
	}
	if t := p.now(); t.Sub(p.last) < every {
		return
	} else {
		p.last = t
	}
	text := fmt.Sprintf("%d %%: %d of about %d objects", done*100/max(total, 1), done, total)
	if !p.tty {
		fmt.Fprintln(p.w, text)
		return
	}
	fmt.Fprint(p.w, "\r\x1b[K"+text)
	p.drawn = true
}

func (p *steps) done() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}
