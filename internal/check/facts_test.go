package check

import (
	"context"
	"slices"
	"strings"
	"testing"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// world builds facts as a log reader would: reports with lines, tasks, locks
// and edges.
type world struct {
	f    *model.Facts
	boot model.Boot
	line int
}

func newWorld() *world {
	f := &model.Facts{}
	return &world{f: f, boot: f.NewBoot()}
}

func (w *world) base(family, header string) model.ReportBase {
	w.line += 10
	return model.ReportBase{Family: family, Line: w.line, Header: header, Boot: w.boot, Time: "1.000000"}
}

func (w *world) add(r model.Report) int {
	w.f.Reports = append(w.f.Reports, r)
	return len(w.f.Reports) - 1
}

// fr reads frames: "fn+0x10@mod" per word, "?" before unreliable ones.
func fr(s string) []model.Frame {
	var out []model.Frame
	for _, x := range strings.Fields(s) {
		x, q := strings.CutPrefix(x, "?")
		x, mod, _ := strings.Cut(x, "@")
		fn, off, _ := strings.Cut(x, "+")
		f := model.Frame{Func: fn, Module: mod, Unreliable: q}
		if off != "" {
			f.Offset, f.Size = uint64(len(off)), 0x100
			for _, c := range off {
				f.Offset = f.Offset*31 + uint64(c)
			}
		}
		out = append(out, f)
	}
	return out
}

func stackOf(s string) kreport.Stack { return kreport.Stack{Full: fr(s)} }

const (
	inMutex = "__schedule schedule schedule_preempt_disabled __mutex_lock.constprop.0 "
	inWork  = "__schedule schedule schedule_timeout __wait_for_common __flush_work "
	inCompl = "__schedule schedule schedule_timeout wait_for_completion "
	inIO    = "__schedule schedule io_schedule folio_wait_bit_common "
)

func (w *world) hung(comm string, pid int, stack string) int {
	return w.add(&kreport.HungTask{ReportBase: w.base("hung-task", "INFO: task "+comm+" blocked"),
		Task: kreport.Task{Comm: comm, PID: pid}, Secs: 122, State: "D", Stack: stackOf(stack + " kthread")})
}

func (w *world) worker(comm string, pid int, fn, stack string) int {
	i := w.hung(comm, pid, stack)
	w.f.Reports[i].(*kreport.HungTask).Workqueue = &kreport.Workqueue{WQ: "events", Fn: fn}
	return i
}

func (w *world) lock(addr, class string, typ model.LockType) model.Ref {
	r := model.LockRef(w.boot, addr)
	w.f.Locks = append(w.f.Locks, model.Lock{Ref: r, Boot: w.boot, Addr: addr, Class: model.ClassRef(class), Type: typ, Why: w.why("lock "+class, false)[0]})
	return r
}

func (w *world) task(comm string, pid int) model.Ref { return model.TaskRef(w.boot, pid, comm) }

func (w *world) why(text string, derived bool) []model.Provenance {
	return []model.Provenance{{Locator: lineNo(w.line), Excerpt: text, Derived: derived}}
}

func (w *world) waits(t, l model.Ref, text string, derived bool) {
	w.f.Edges = append(w.f.Edges, model.Edge{Kind: model.Waits, From: t, To: l, Mode: model.Write, Why: w.why(text, derived)})
}

func (w *world) held(l, t model.Ref) {
	w.f.Edges = append(w.f.Edges, model.Edge{Kind: model.HeldBy, From: l, To: t, Mode: model.Write, Why: w.why("held", false)})
}

// splat adds a circular report over classes taken at the given stacks: #i was
// taken under #i-1.
func (w *world) splat(classes []string, stacks []string) int {
	r := &kreport.Lockdep{ReportBase: w.base("lockdep-circular", "WARNING: possible circular locking dependency detected"),
		Task: &kreport.Task{Comm: "a", PID: 1}, Cycle: classes}
	n := len(classes)
	for i, c := range classes {
		r.Deps = append(r.Deps, kreport.Dep{Idx: i, Lock: c, Stack: stackOf(stacks[i]), HeadLine: w.line + 1 + i})
		w.f.Edges = append(w.f.Edges, model.Edge{Kind: model.Before, From: model.ClassRef(classes[(i+n-1)%n]), To: model.ClassRef(c),
			FromMode: model.Write, Mode: model.Write, Stack: fr(stacks[i]), Why: []model.Provenance{{Locator: lineNo(w.line + 1 + i)}}})
	}
	r.Acquiring = &kreport.Lock{Lock: classes[0], LogLine: w.line + 1}
	r.Holding = &kreport.Lock{Lock: classes[n-1], LogLine: w.line + 2}
	return w.add(r)
}

func (w *world) run(t *testing.T) []model.Finding {
	t.Helper()
	fs := Run(context.Background(), w.f)
	for _, f := range fs {
		checkFinding(t, f)
	}
	return fs
}

// checkFinding checks what every finding must have.
func checkFinding(t *testing.T, f model.Finding) {
	t.Helper()
	if f.Title == "" || f.Explanation == "" || f.Fingerprint == "" || len(f.Fix) == 0 || len(f.Verify) == 0 || len(f.Evidence) == 0 ||
		f.Status == "" || f.Verdict == "" || f.Severity.Rank() == 0 || f.Confidence.Rank() == 0 {
		t.Errorf("finding lacks a part: %+v", f)
	}
	text := f.Title + " " + f.Explanation
	for _, bad := range []string{"  ", "()()", " . ", "...", "..  ", ": .", "%!", " ,", "a a ", "a the "} {
		if strings.Contains(text, bad) {
			t.Errorf("%q in the text %q", bad, text)
		}
	}
	for _, s := range f.Path {
		if len(s.Why) == 0 || s.From == "" || s.To == "" {
			t.Errorf("path step without reason: %+v", s)
		}
	}
	if !slices.IsSorted(f.Reports) {
		t.Errorf("reports not sorted: %v", f.Reports)
	}
}

// one returns the only finding of a rule.
func one(t *testing.T, fs []model.Finding, rule string) model.Finding {
	t.Helper()
	var out []model.Finding
	for _, f := range fs {
		if f.Rule == rule {
			out = append(out, f)
		}
	}
	if len(out) != 1 {
		t.Fatalf("%d findings of %s, want 1; all: %s", len(out), rule, titles(fs))
	}
	return out[0]
}

func titles(fs []model.Finding) string {
	var out []string
	for _, f := range fs {
		out = append(out, f.Rule+"/"+string(f.Verdict)+"/"+string(f.Confidence)+": "+f.Title)
	}
	return strings.Join(out, "\n\t")
}

func wantContains(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s lacks %q: %s", what, w, text)
		}
	}
}
