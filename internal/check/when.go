package check

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"gordian/internal/engine"
	"gordian/internal/kreport"
	"gordian/internal/model"
)

// clocks are the absolute times that loggers put before a kernel message.
var clocks = [...]string{"Mon Jan 2 15:04:05 2006", "Jan 2 15:04:05", "2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999-0700",
	"2006-01-02T15:04:05,999999999Z07:00", "2006-01-02 15:04:05.999999999", "15:04:05"}

// seconds reads a report's time stamp. Its origin does not matter: stamps are
// compared within one boot of one log only.
func seconds(stamp string) (float64, bool) {
	s, _, _ := strings.Cut(strings.Trim(stamp, "[] "), "@")
	if x, err := strconv.ParseFloat(s, 64); err == nil {
		return x, true
	}
	s = strings.Join(strings.Fields(s), " ")
	for _, layout := range clocks {
		if t, err := time.Parse(layout, s); err == nil {
			return float64(t.UnixMilli()) / 1000, true
		}
	}
	return 0, false
}

// span is a time for which a task was certainly blocked.
type span struct {
	from, to float64
	secs     float64
	known    bool
}

// blockedFor is the last stretch in which a task was blocked without a pause:
// hung_task reports a task that has not been switched in since, so reports
// whose stretches touch are of one wait (check_hung_task(), kernel/hung_task.c).
func (v *view) blockedFor(t *task) span {
	var s span
	for _, h := range t.history {
		at, ok := seconds(h.Time)
		if !ok {
			return span{}
		}
		from := at - float64(h.Seconds)
		if !s.known || from > s.to {
			s.from = from
		}
		s.to, s.secs, s.known = at, float64(h.Seconds), true
	}
	if s.known || len(t.reports) == 0 {
		return s
	}
	at, ok := seconds(v.base(t.reports[len(t.reports)-1]).Time) // a dump: blocked at that moment
	return span{from: at, to: at, known: ok}
}

// together reports whether two stretches may be of one time. Old kernels print
// the limit instead of the time that a task was blocked, which can be twice as
// long, so the shorter stretch is taken as longer than it says.
func (s span) together(o span) bool {
	if !s.known || !o.known {
		return true // nothing says otherwise
	}
	slack := max(s.secs, o.secs) + 10
	return s.from <= o.to+slack && o.from <= s.to+slack
}

// apart reports whether some of these tasks were seen blocked at times that do
// not touch: then the earlier may have gone on before the later came.
func (v *view) apart(ts []*task) bool {
	for i, t := range ts {
		for _, o := range ts[:i] {
			if !v.blockedFor(t).together(v.blockedFor(o)) {
				return true
			}
		}
	}
	return false
}

// oneMoment reports whether all holds of a cycle stand in one list of held
// locks, which is taken at one time, or all of the cycle in one dump.
func (v *view) oneMoment(c engine.WaitCycle) bool {
	dump := -1
	if !slices.ContainsFunc(c.Edges, func(e model.Edge) bool { return !v.fromMemory(e) }) {
		return true
	}
	for _, e := range c.Edges {
		if e.Kind != model.HeldBy {
			continue
		}
		for _, i := range v.whyReports(e) {
			if _, ok := v.facts.Reports[i].(*kreport.LocksDump); !ok || (dump >= 0 && dump != i) {
				return false
			}
			dump = i
		}
	}
	return dump >= 0
}

// sameTime splits tasks into those that were blocked at one time, in order.
func (v *view) sameTime(ts []*task) [][]*task {
	var out [][]*task
next:
	for _, t := range ts {
		for i, g := range out {
			if !v.apart(append([]*task{t}, g...)) {
				out[i] = append(out[i], t)
				continue next
			}
		}
		out = append(out, []*task{t})
	}
	return out
}

// maxBetween bounds the seconds between two looks at spinning CPUs that are
// taken for one event: stalls are repeated after 60 s, soft lockups after 20 s.
const maxBetween = 120

func (v *view) closeBy(i, j int) bool {
	a, okA := seconds(v.base(i).Time)
	b, okB := seconds(v.base(j).Time)
	return i == j || !okA || !okB || max(a-b, b-a) <= maxBetween
}
