package lab

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"gordian/internal/lab/kernels"
	"gordian/internal/lab/kmod"
	"gordian/internal/lab/proto"
	"gordian/internal/lab/vm"
)

func TestListenPassesOverNoise(t *testing.T) {
	console := strings.NewReader("one\r\ntwo\r\n")
	channel := strings.NewReader("\x00\xffgarbage\n{\"event\":\"beat\"}\n{broken\n{\"event\":\"done\",\"error\":\"x\"}\n[1,2]\n{}\n")
	var text string
	var kinds []proto.EventKind
	for x := range listen(console, channel) {
		text += string(x.console)
		if x.event != nil {
			kinds = append(kinds, x.event.Kind)
		}
	}
	if text != "one\ntwo\n" {
		t.Errorf("console %q", text)
	}
	if len(kinds) != 2 || kinds[0] != proto.Beat || kinds[1] != proto.Done {
		t.Errorf("events %v", kinds)
	}
}

func TestLineReader(t *testing.T) {
	var l lineReader
	var got []string
	see := func(line []byte) { got = append(got, string(line)) }
	for _, piece := range []string{"a", "b\nc", "\n\nd"} {
		l.feed([]byte(piece), see)
	}
	if strings.Join(got, "|") != "ab|c|" {
		t.Errorf("%q", got)
	}
	l.feed(make([]byte, maxRest+1), see)
	if len(l.rest) != 0 {
		t.Errorf("a line without end keeps %d bytes", len(l.rest))
	}
}

// started is a run whose guest has reached init some time ago.
func started(now time.Time) *run {
	return &run{
		job: &Job{Steps: []proto.Step{{Name: "load x"}}}, lim: Limits{Timeout: time.Minute},
		w:     Watcher{Log: io.Discard, Judge: func() bool { return false }, Say: func(string) {}},
		start: now.Add(-time.Second), ready: now, heard: now,
		res: Result{Texts: map[int]string{}, Errors: map[int]string{}},
	}
}

func TestWhyARunStops(t *testing.T) {
	now := time.Now()
	tests := []struct {
		name   string
		change func(*run)
		stop   Stop
		why    string
	}{
		{"goes on", func(*run) {}, "", ""},
		{"silent", func(r *run) { r.heard = now.Add(-silence - time.Second) }, Silent, "load x"},
		{"silent at boot", func(r *run) { r.ready, r.heard = time.Time{}, now.Add(-bootSilence-time.Second) }, NoBoot, "never reached init"},
		{"a slow boot is none", func(r *run) { r.ready, r.heard = time.Time{}, now.Add(-silence-time.Second) }, "", ""},
		{"a boot without end", func(r *run) { r.ready, r.start = time.Time{}, now.Add(-bootTime-time.Second) }, NoBoot, "within"},
		{"time is up", func(r *run) { r.ready = now.Add(-2 * time.Minute) }, TimeOut, "load x"},
		{"panic", func(r *run) { r.print([]byte("[ 1.0] Kernel panic - not syncing: Oops\n")) }, Crashed, "load x"},
		{"oops goes on", func(r *run) { r.print([]byte("[ 1.0] Oops: 0002 [#1] PREEMPT SMP\n")) }, "", ""},
		{"oops, and nothing for a while", func(r *run) {
			r.print([]byte("[ 1.0] Oops: 0002 [#1] PREEMPT SMP\n"))
			r.crashed = now.Add(-crashGrace - time.Second)
		}, Crashed, "load x"},
		{"finding", func(r *run) { r.fresh, r.w.Judge = true, func() bool { return true } }, Found, ""},
		{"nothing new to judge", func(r *run) { r.w.Judge = func() bool { return true } }, "", ""},
		{"done", func(r *run) { r.event(proto.Event{Kind: proto.Done}) }, Finished, ""},
		{"step failed", func(r *run) { r.event(proto.Event{Kind: proto.Done, Error: "load x: no"}) }, Failed, "load x: no"},
	}
	for _, tt := range tests {
		r := started(now)
		tt.change(r)
		if r.res.Stop == "" {
			r.look()
		}
		if r.res.Stop != tt.stop || !strings.Contains(r.res.Why, tt.why) {
			t.Errorf("%s: %q (%s), want %q", tt.name, r.res.Stop, r.res.Why, tt.stop)
		}
	}
}

func TestJudgeIsNotAskedAllTheTime(t *testing.T) {
	r := started(time.Now())
	asked := 0
	r.w.Judge = func() bool { asked++; return false }
	for range 1000 {
		r.print([]byte("flood\n"))
		r.look()
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// TestHush: the guest is not asked for more in the middle of what it prints,
// nor while it prints, but it is in the end.
func TestHush(t *testing.T) {
	tests := []struct {
		name  string
		lines []string // one every 50 ms
		least time.Duration
	}{
		{"a quiet console", nil, 0},
		{"a report", []string{"a\n", "b\n", "c\n", "d\n"}, 3*50*time.Millisecond + hushTime},
		{"a line without end", []string{"a"}, hushMost},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := started(time.Now())
			r.m, r.in = &vm.Machine{}, make(chan input)
			if len(tt.lines) > 0 {
				r.print([]byte(tt.lines[0]))
				go func() {
					for _, line := range tt.lines[1:] {
						time.Sleep(50 * time.Millisecond)
						r.in <- input{console: []byte(line)}
					}
				}()
			}
			begin := time.Now()
			if err := r.hush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begin); took < tt.least {
				t.Errorf("it took %s, want %s at least", took, tt.least)
			}
		})
	}
}

// TestTimeIsUpAsksForWhatIsStuck: and not for what happens to be blocked.
func TestTimeIsUpAsksForWhatIsStuck(t *testing.T) {
	for since, want := range map[time.Duration]bool{0: false, time.Second: false, stuckTime + time.Second: true} {
		ours, guest, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer ours.Close() //nolint:errcheck // the test is over
		r := started(time.Now())
		r.m, r.in = &vm.Machine{Channel: guest}, make(chan input)
		r.res.Stop, r.shown = TimeOut, true
		if since > 0 {
			r.event(proto.Event{Kind: proto.Beat, Text: "2 tasks blocked"})
			r.stuckAt = r.stuckAt.Add(-since)
		}
		ctx, cancel := context.WithTimeout(t.Context(), settle+settle/4)
		if err := r.wrapUp(ctx); err != nil && !want {
			t.Error(err)
		}
		cancel()
		guest.Close() //nolint:errcheck // ends the read below
		if said, _ := io.ReadAll(ours); (len(said) > 0) != want {
			t.Errorf("stuck for %s: the guest was asked %q", since, said)
		}
	}
	r := started(time.Now())
	r.event(proto.Event{Kind: proto.Beat, Text: "2 tasks blocked"})
	r.event(proto.Event{Kind: proto.Beat})
	if !r.stuckAt.IsZero() {
		t.Error("what went on is still stuck")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestLogThatCannotBeWritten(t *testing.T) {
	r := started(time.Now())
	r.w.Log = full{}
	r.print([]byte("x\n"))
	r.print([]byte("y\n"))
	if r.logErr == nil || !strings.Contains(r.logErr.Error(), "no space left") {
		t.Errorf("%v", r.logErr)
	}
}

func TestModulesOfAnotherKernel(t *testing.T) {
	j := &Job{Kernel: kernels.Kernel{Release: "6.1.0-9-amd64"}, magic: "6.1.0-9-amd64 SMP preempt mod_unload modversions "}
	for magic, want := range map[string]string{
		"6.1.0-9-amd64 SMP preempt mod_unload modversions ": "",
		"6.1.0-9-amd64 SMP preempt mod_unload modversions":  "",
		"6.1.0-8-amd64 SMP preempt mod_unload modversions ": "built for kernel 6.1.0-8-amd64, and this kernel is 6.1.0-9-amd64",
		"6.1.0-9-amd64 SMP preempt_rt mod_unload ":          "another configuration",
	} {
		err := j.fits("x.ko", kmod.Info{Name: "x", Vermagic: magic})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", magic, err, want)
		}
	}
}

func TestCommandLine(t *testing.T) {
	if got := commandLine(vm.TCG, " a=1  b "); !strings.HasSuffix(got, " no_timer_check a=1 b") || strings.Contains(got, "  ") {
		t.Errorf("%q", got)
	}
	if got := commandLine(vm.KVM, ""); strings.Contains(got, "no_timer_check") {
		t.Errorf("%q", got)
	}
}

func TestNoQEMU(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := vm.Start(vm.Config{Kernel: "/nowhere"})
	if err == nil || !strings.Contains(err.Error(), "apt install qemu-system-x86") {
		t.Errorf("%v", err)
	}
}

func TestStarving(t *testing.T) {
	var s starving
	now := time.Now()
	for i := range 30 {
		wait := time.Duration(i) * 100 * time.Millisecond // a tenth of the time
		if i >= 15 {
			wait += time.Duration(min(i-15, 8)) * 800 * time.Millisecond // and nearly all of 8 s
		}
		s.note(now.Add(time.Duration(i)*time.Second), map[string]time.Duration{"cpu": wait, "other": 0})
		if i == 14 && s.worst != 800*time.Millisecond {
			t.Errorf("%s before", s.worst)
		}
	}
	if s.worst != 7200*time.Millisecond || len(s.samples) > 9 {
		t.Errorf("%s, %d samples", s.worst, len(s.samples))
	}
}
