package trace

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"gordian/internal/model"
)

// fakeNames is a program with variables below 0x1000, memory that it shares
// from there to 0x2000, and code.
type fakeNames struct{ pid int }

func (f *fakeNames) Program() string { return "prog" }
func (f *fakeNames) Variable(a uint64) (name, file string, ok bool) {
	return fmt.Sprintf("var_%x", a), "prog", a < 0x1000
}
func (f *fakeNames) Shared(a uint64) (string, bool) {
	return fmt.Sprintf("common+%#x", a-0x1000-uint64(f.pid)*0x100), a >= 0x1000 && a < 0x2000
}
func (f *fakeNames) Frame(pc uint64) model.Frame {
	return model.Frame{Func: fmt.Sprintf("fn_%x", pc), Offset: 4, Size: 16, Module: "prog"}
}
func (f *fakeNames) Stack(e *UserEvent) []model.Frame { return []model.Frame{f.Frame(e.To.Site)} }

func userCollector() *UserCollector {
	return NewUserCollector(func(pid int) UserNames {
		if pid > 9 {
			return nil
		}
		return &fakeNames{pid}
	})
}

func mutex(addr uint64) UserLock { return UserLock{Addr: addr, Site: addr + 1, Kind: UserMutex} }

func madeBy(addr uint64, number uint32) UserLock {
	return UserLock{Addr: addr, Site: addr + 1, Kind: UserMutex, Init: 0x77, Number: number}
}

// under is an acquisition of the last lock under the others.
func under(c *UserCollector, pid int, locks ...UserLock) {
	n := len(locks) - 1
	k := OrderKey{To: locks[n].Addr, Kind: uint64(locks[n].Number) << 32}
	for _, l := range locks[:n] {
		k.Held = k.Held*31 + l.Addr + uint64(pid)<<40 + uint64(l.Number)<<48
	}
	c.Add(&UserEvent{Key: k, PID: pid, TID: pid, Comm: "prog", To: locks[n], Held: locks[:n]})
}

func TestUserOrders(t *testing.T) {
	rd := UserLock{Addr: 0x30, Site: 0x31, Kind: UserRWLock | Shared | Passes}
	rd2 := UserLock{Addr: 0x40, Site: 0x41, Kind: UserRWLock | Shared | Passes}
	tests := []struct {
		name       string
		fill       func(c *UserCollector)
		confidence model.Confidence // "" : no finding
		title      string
	}{
		{"variables", func(c *UserCollector) { under(c, 1, mutex(0x10), mutex(0x20)); under(c, 1, mutex(0x20), mutex(0x10)) }, model.High, "var_10 [prog] and var_20 [prog]"},
		{"one order", func(c *UserCollector) { under(c, 1, mutex(0x10), mutex(0x20)); under(c, 2, mutex(0x10), mutex(0x20)) }, "", ""},
		{"gate", func(c *UserCollector) {
			under(c, 1, mutex(0x50), mutex(0x10), mutex(0x20))
			under(c, 1, mutex(0x50), mutex(0x20), mutex(0x10))
		}, "", ""},
		{"readers", func(c *UserCollector) { under(c, 1, rd, rd2); under(c, 1, rd2, rd) }, "", ""},
		{"made in sight", func(c *UserCollector) {
			under(c, 1, madeBy(0x9000, 1), mutex(0x20))
			under(c, 1, mutex(0x20), madeBy(0x9000, 1))
		}, model.High, "mutex 0x9000 of prog/1 (made in fn_77)"},
		{"made again", func(c *UserCollector) {
			under(c, 1, madeBy(0x9000, 1), mutex(0x20))
			under(c, 1, mutex(0x20), madeBy(0x9000, 2))
		}, "", ""},
		{"older than the trace", func(c *UserCollector) {
			under(c, 1, mutex(0x9000), mutex(0x20))
			under(c, 1, mutex(0x20), mutex(0x9000))
		}, model.Medium, "mutex 0x9000 of prog/1"},
		{"one address in two processes", func(c *UserCollector) {
			under(c, 1, mutex(0x9000), mutex(0x9100))
			under(c, 2, mutex(0x9100), mutex(0x9000))
		}, "", ""},
		{"shared memory", func(c *UserCollector) {
			under(c, 1, mutex(0x1110), mutex(0x1120))
			under(c, 2, mutex(0x1220), mutex(0x1210))
		}, model.High, "mutex common+0x10 and mutex common+0x20"},
	}
	for _, tt := range tests {
		c := userCollector()
		tt.fill(c)
		fs := findings(t, c.Save())
		if tt.confidence == "" {
			if len(fs) != 0 {
				t.Errorf("%s: %+v", tt.name, fs)
			}
			continue
		}
		if len(fs) != 1 || fs[0].Confidence != tt.confidence || !strings.Contains(fs[0].Title, tt.title) {
			t.Errorf("%s: %+v", tt.name, fs)
			continue
		}
		if !strings.Contains(fs[0].Explanation, "A running program") || fs[0].Module != "prog" {
			t.Errorf("%s: blames %s [%s]: %s", tt.name, fs[0].Function, fs[0].Module, fs[0].Explanation)
		}
	}
}

// A process that is gone leaves addresses.
func TestUserGone(t *testing.T) {
	c := userCollector()
	under(c, 10, mutex(0x10), mutex(0x20))
	var b bytes.Buffer
	if err := c.Save().Write(&b); err != nil || !strings.Contains(b.String(), "mutex 0x10 of a process that ended/10") {
		t.Errorf("%v\n%s", err, &b)
	}
}
