package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"gordian/internal/bpf"
)

// percent is a flag: "5" or "5%".
type percent float64

func (p *percent) String() string { return strconv.FormatFloat(float64(*p), 'g', -1, 64) + "%" }
func (p *percent) Type() string   { return "percent" }
func (p *percent) Set(s string) error {
	v, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	if err != nil || v <= 0 || v > 100 {
		return fmt.Errorf("must be above 0 and at most 100, as in 5%%")
	}
	*p = percent(v)
	return nil
}

const (
	measureEvery = 5 * time.Second // how often the cost is looked at
	measureFor   = 200 * time.Millisecond
)

// budget keeps the cost of the programs below a share of the CPUs: it measures
// them now and then, and pauses recording in proportion.
type budget struct {
	b     *bpf.Order
	max   float64 // percent of all CPUs
	say   func(string, ...any)
	next  time.Time
	off   time.Duration // paused in total
	since time.Time     // of the pause that goes on, zero if none
	until time.Time
	told  bool
}

func newBudget(b *bpf.Order, most float64, say func(string, ...any)) *budget {
	return &budget{b: b, max: most, say: say, next: time.Now().Add(measureFor)}
}

// step is called about once a second. 100 % means no limit, and no measuring.
func (g *budget) step() error {
	now := time.Now()
	if g.max >= 100 {
		return nil
	}
	if !g.since.IsZero() {
		if now.Before(g.until) {
			return nil
		}
		g.off += now.Sub(g.since)
		g.since = time.Time{}
		g.next = now.Add(measureFor)
		return g.b.Start()
	}
	if now.Before(g.next) {
		return nil
	}
	cost, err := g.b.Cost(measureFor)
	if err != nil {
		return err
	}
	g.next = now.Add(measureEvery)
	if cost <= g.max {
		return nil
	}
	// On for a time, off for so long that the mean is what is allowed.
	g.since, g.until = now, now.Add(time.Duration(float64(measureEvery)*(cost/g.max-1)))
	if !g.told {
		g.told = true
		g.say("the programs take %.1f%% of the CPUs: recording pauses now and then, to stay below %g%%", cost, g.max)
	}
	return g.b.Pause()
}
