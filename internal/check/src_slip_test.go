package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// slipCase is one kind of slip in a small file of its own.
type slipCase struct {
	name string
	src  string
	slip func(src string) srcfact.Slip
	want string   // rule function line
	say  []string // parts of title or explanation
	diff []string // added and removed lines of the first diff, "" for none
}

// lineOf returns the line on which the mark "/*N*/" stands.
func lineOf(t *testing.T, src, mark string) int {
	t.Helper()
	for i, l := range strings.Split(src, "\n") {
		if strings.Contains(l, "/*"+mark+"*/") {
			return i + 1
		}
	}
	t.Fatalf("no mark %s", mark)
	return 0
}

// script builds steps from words: "acquire:1 fn", with the line taken from a
// mark in the source. The text behind "=" is the step's callee or text.
func script(t *testing.T, src string, l srcfact.Lock, words string) []srcfact.Step {
	t.Helper()
	var out []srcfact.Step
	for _, w := range strings.Split(strings.TrimSpace(words), "\n") {
		f := strings.Fields(strings.TrimSpace(w))
		kind, mark, _ := strings.Cut(f[0], ":")
		more := ""
		if len(f) > 2 {
			more = strings.Join(f[2:], " ")
		}
		s := stepAt(srcfact.StepKind(kind), f[1], "drivers/x.c", lineOf(t, src, mark), more)
		if s.Kind == srcfact.StepAcquire || s.Kind == srcfact.StepRelease {
			own := l
			if more != "" {
				own.API = more
			}
			s.Lock, s.Text = &own, ""
		}
		out = append(out, s)
	}
	return out
}

const exitSrc = `static int set(struct dev *d, int n)
{
	int ret;

	mutex_lock(&d->lock); /*1*/
	if (n < 0) /*2*/
		return -EINVAL; /*3*/
	if (n > 9) return -ERANGE; /*4*/
	ret = apply(d, n);
	if (ret) { /*5*/
		pr_err("no\n");
		goto out; /*6*/
	}
	mutex_unlock(&d->lock); /*7*/
out:
	return ret; /*8*/
}
`

const irqSrc = `static void tx(struct dev *d)
{
	struct ring *r = d->ring;
	int n;

	spin_lock(&d->lock); /*1*/
	n = r->n;
	if (!n) {
		spin_unlock(&d->lock);
		return;
	}
	spin_unlock(&d->lock);
}

static irqreturn_t handler(int irq, void *p)
{
	struct dev *d = p;

	spin_lock(&d->lock); /*2*/
	spin_unlock(&d->lock);
	return IRQ_HANDLED;
}
`

func mutexLock() srcfact.Lock { return lk("dev.lock", model.Mutex, "mutex_lock") }
func spinLock(api string) srcfact.Lock {
	return lk("dev.lock", model.Spinlock, api)
}

func slipCases(t *testing.T) []slipCase {
	simple := func(kind srcfact.SlipKind, l srcfact.Lock, path string) func(string) srcfact.Slip {
		return func(src string) srcfact.Slip {
			return srcfact.Slip{Kind: kind, Path: script(t, src, l, path), Locks: []srcfact.Lock{l}, Confidence: model.High}
		}
	}
	peer := func(kind srcfact.SlipKind, l srcfact.Lock, path, peers string) func(string) srcfact.Slip {
		return func(src string) srcfact.Slip {
			s := simple(kind, l, path)(src)
			s.Peers = script(t, src, l, peers)
			return s
		}
	}
	return []slipCase{
		{"return in an if without braces", exitSrc,
			peer(srcfact.SlipExitHeld, mutexLock(), "acquire:1 set\nbranch:2 set n < 0\nreturn:3 set -EINVAL", "release:7 set mutex_unlock"),
			"missing-unlock set 7", []string{"set() returns with dev.lock held", "when n < 0", "Other paths of the function release it, in line 14"},
			[]string{"-	if (n < 0) /*2*/"}},
		{"return on the line of its if", exitSrc,
			peer(srcfact.SlipExitHeld, mutexLock(), "acquire:1 set\nbranch:4 set n > 9\nreturn:4 set -ERANGE", "release:7 set mutex_unlock"),
			"missing-unlock set 8", nil, nil},
		{"a jump past the release", exitSrc,
			peer(srcfact.SlipExitHeld, mutexLock(), "acquire:1 set\nbranch:5 set ret\nreturn:8 set ret", "release:7 set mutex_unlock"),
			"missing-unlock set 16", nil, []string{"+		mutex_unlock(&d->lock);"}},
		{"a label that releases", "static int f(struct dev *d)\n{\n\tint ret;\n\n\tmutex_lock(&d->lock); /*1*/\n\tret = g(d);\n\tif (ret) /*2*/\n\t\tgoto out;\n\tif (h(d))\n\t\tgoto unlock;\nunlock:\n\tmutex_unlock(&d->lock); /*3*/\nout:\n\treturn ret; /*4*/\n}\n",
			peer(srcfact.SlipExitHeld, mutexLock(), "acquire:1 f\nbranch:2 f ret\nreturn:4 f ret", "release:3 f mutex_unlock"),
			"missing-unlock f 14", nil, []string{"-\t\tgoto out;", "+\t\tgoto unlock;"}},
		{"released as it was taken", "static int get(struct dev *d)\n{\n\tunsigned long flags;\n\n\tspin_lock_irqsave(&d->lock, flags); /*1*/\n\tif (d->n) {\n\t\tdump(d);\n\t\treturn 1; /*2*/\n\t}\n\treturn 0;\n}\n",
			simple(srcfact.SlipExitHeld, spinLock("spin_lock_irqsave"), "acquire:1 get\nreturn:2 get 1"),
			"missing-unlock get 8", []string{"spins for ever"}, []string{"+\t\tspin_unlock_irqrestore(&d->lock, flags);"}},
		{"the end of a void function", "static void put(struct dev *d)\n{\n\tmutex_lock(&d->lock); /*1*/\n\td->n--;\n} /*2*/\n",
			simple(srcfact.SlipExitHeld, mutexLock(), "acquire:1 put\nreturn:2 put"),
			"missing-unlock put 5", nil, []string{"+\tmutex_unlock(&d->lock);"}},
		{"a return that reads under the lock", "static int get(struct dev *d)\n{\n\tmutex_lock(&d->lock); /*1*/\n\treturn d->n; /*2*/\n}\n",
			simple(srcfact.SlipExitHeld, mutexLock(), "acquire:1 get\nreturn:2 get d->n"), "missing-unlock get 4", nil, []string{""}},
		{"freed while held", "static void del(struct dev *d)\n{\n\tmutex_lock(&d->lock); /*1*/\n\tkfree(d); /*2*/\n}\n",
			simple(srcfact.SlipFreeHeld, mutexLock(), "acquire:1 del\ncall:2 del kfree"), "missing-unlock del 4", []string{"frees the memory"}, []string{""}},
		{"released twice", "static void f(struct dev *d)\n{\n\tmutex_lock(&d->lock); /*1*/\n\tif (d->n) {\n\t\tmutex_unlock(&d->lock); /*2*/\n\t\tgoto out;\n\t}\nout:\n\tmutex_unlock(&d->lock); /*3*/\n\tdone(d);\n}\n",
			simple(srcfact.SlipReleaseTwice, mutexLock(), "acquire:1 f\nrelease:2 f mutex_unlock\nrelease:3 f mutex_unlock"),
			"unlock-not-held f 9", []string{"released twice in f()"}, []string{"-\t\tmutex_unlock(&d->lock); /*2*/"}},
		{"never taken", "static void f(struct dev *d)\n{\n\td->n = 0;\n\tmutex_unlock(&d->lock); /*1*/\n}\n",
			simple(srcfact.SlipReleaseFree, mutexLock(), "release:1 f mutex_unlock"),
			"unlock-not-held f 4", []string{"not held"}, []string{""}},
		{"taken twice", "static void f(struct dev *d)\n{\n\tmutex_lock(&d->lock); /*1*/\n\td->n = 0;\n\tmutex_lock(&d->lock); /*2*/\n\tmutex_unlock(&d->lock);\n}\n",
			simple(srcfact.SlipReacquire, mutexLock(), "acquire:1 f\nacquire:2 f"),
			"recursive-lock f 5", []string{"dev.lock is taken twice in f()", "not recursive"}, []string{"-\tmutex_lock(&d->lock); /*2*/"}},
		{"taken again in a call", "static void g(struct dev *p)\n{\n\tmutex_lock(&p->lock); /*3*/\n}\n\nstatic void f(struct dev *d)\n{\n\tmutex_lock(&d->lock); /*1*/\n\tg(d); /*2*/\n\tmutex_unlock(&d->lock);\n}\n",
			simple(srcfact.SlipReacquire, mutexLock(), "acquire:1 f\ncall:2 f g\nacquire:3 g"),
			"recursive-lock f 9", []string{"f() holds dev.lock and calls g(), which takes it again", "called from f()"}, []string{""}},
		{"upgraded", "static void f(struct dev *d)\n{\n\tdown_read(&d->lock); /*1*/\n\tdown_write(&d->lock); /*2*/\n}\n",
			simple(srcfact.SlipUpgrade, lk("dev.lock", model.RWSem, "down_read"), "acquire:1 f\nacquire:2 f down_write"),
			"recursive-lock f 4", []string{"downgrade_write"}, nil},
		{"allocates under a spinlock", "static void f(struct dev *d)\n{\n\tspin_lock(&d->lock); /*1*/\n\td->p = kmalloc(sizeof(*d->p), /*2*/\n\t\t       GFP_KERNEL);\n\tspin_unlock(&d->lock);\n}\n",
			func(src string) srcfact.Slip {
				s := simple(srcfact.SlipSleep, spinLock("spin_lock"), "acquire:1 f\nsleep:2 f kmalloc(GFP_KERNEL)")(src)
				s.Atomic = "spinlock dev.lock held"
				return s
			}, "sleep-in-atomic f 4", []string{"f() calls kmalloc(GFP_KERNEL), which may sleep, with spinlock dev.lock held"}, []string{"-\t\t       GFP_KERNEL);", "+\t\t       GFP_ATOMIC);"}},
		{"sleeps in a call", "static void g(void)\n{\n\tmsleep(1); /*3*/\n}\n\nstatic void f(struct dev *d)\n{\n\tspin_lock(&d->lock); /*1*/\n\tg(); /*2*/\n\tspin_unlock(&d->lock);\n}\n",
			simple(srcfact.SlipSleep, spinLock("spin_lock"), "acquire:1 f\ncall:2 f g\nsleep:3 g msleep"),
			"sleep-in-atomic f 9", []string{"f() calls g(), which may sleep, with dev.lock held", "called from f()"}, []string{""}},
		{"waits under a lock", "static void work(struct dev *d)\n{\n\tmutex_lock(&d->lock); /*4*/\n}\n\nstatic void stop(struct dev *d)\n{\n\tmutex_lock(&d->lock); /*1*/\n\td->on = 0;\n\tcancel_work_sync(&d->work); /*2*/\n\tmutex_unlock(&d->lock); /*3*/\n}\n",
			func(src string) srcfact.Slip {
				s := peer(srcfact.SlipWait, mutexLock(), "acquire:1 stop\nwait:2 stop waits for the work to end", "release:3 stop mutex_unlock")(src)
				s.Other = script(t, src, mutexLock(), "entry:4 work work function\nacquire:4 work")
				return s
			}, "wait-under-lock stop 10", []string{"stop() waits for work() with dev.lock held"}, []string{"-\tcancel_work_sync(&d->work); /*2*/", "+\tmutex_unlock(&d->lock); /*3*/"}},
		{"waits inside a reader", "static void f(struct dev *d)\n{\n\trcu_read_lock();\n\tsynchronize_rcu(); /*1*/\n\trcu_read_unlock();\n}\n",
			func(src string) srcfact.Slip {
				return srcfact.Slip{Kind: srcfact.SlipWait, Path: script(t, src, mutexLock(), "wait:1 f synchronize_rcu()"), Atomic: "inside an RCU read-side critical section", Confidence: model.High}
			}, "wait-under-lock f 4", []string{"inside an RCU read-side critical section", "leaves the section only after the wait"}, []string{""}},
		{"enables interrupts", "static void inner(struct dev *d)\n{\n\tspin_lock_irq(&d->lock); /*1*/\n\td->n++;\n\tspin_unlock_irq(&d->lock); /*2*/\n}\n",
			simple(srcfact.SlipIRQEnable, spinLock("spin_lock_irq"), "irq:1 inner runs with interrupts off\nacquire:1 inner\nrelease:2 inner spin_unlock_irq"),
			"irq-flags-misuse inner 5", []string{"enables interrupts"}, []string{"+\tunsigned long flags;", "+", "-\tspin_lock_irq(&d->lock); /*1*/", "+\tspin_lock_irqsave(&d->lock, flags); /*1*/"}},
		{"called with interrupts off", "static void inner(struct dev *d)\n{\n\tspin_lock_irq(&d->lock); /*1*/\n\td->n++;\n\tspin_unlock_irq(&d->lock); /*2*/\n}\n",
			simple(srcfact.SlipIRQContext, spinLock("spin_lock_irq"), "acquire:1 inner\nrelease:2 inner spin_unlock_irq"),
			"irq-flags-misuse inner 5", []string{"runs with them off"}, []string{"+\tunsigned long flags;"}},
		{"left with interrupts off", "static void f(struct dev *d)\n{\n\tunsigned long flags;\n\n\tspin_lock_irqsave(&d->lock, flags); /*1*/\n\td->n++;\n\tspin_unlock(&d->lock); /*2*/\n} /*3*/\n",
			simple(srcfact.SlipIRQLeft, spinLock("spin_lock_irqsave"), "acquire:1 f\nrelease:2 f spin_unlock\nreturn:3 f"),
			"irq-flags-misuse f 8", []string{"returns with interrupts off"}, []string{"-\tspin_unlock(&d->lock); /*2*/", "+\tspin_unlock_irqrestore(&d->lock, flags); /*2*/"}},
		{"flags used twice", "static void f(struct dev *d)\n{\n\tunsigned long flags;\n\n\tspin_lock_irqsave(&d->a, flags); /*1*/\n\tspin_lock_irqsave(&d->lock, flags); /*2*/\n\tspin_unlock_irqrestore(&d->lock, flags);\n\tspin_unlock_irqrestore(&d->a, flags);\n}\n",
			simple(srcfact.SlipFlagsReused, spinLock("spin_lock_irqsave"), "irq:1 f spin_lock_irqsave(&d->a, flags) saves flags\nacquire:2 f"),
			"irq-flags-misuse f 6", []string{"overwrites saved interrupt flags"}, []string{"-\tspin_lock_irqsave(&d->lock, flags); /*2*/", "-\tspin_unlock_irqrestore(&d->lock, flags);", "+\tspin_lock(&d->lock); /*2*/"}},
		{"flags restored in the wrong order", "static void f(struct dev *d)\n{\n\tunsigned long f1, f2;\n\n\tspin_lock_irqsave(&d->lock, f1); /*1*/\n\tspin_lock_irqsave(&d->b, f2);\n\tspin_unlock_irqrestore(&d->lock, f1); /*2*/\n\tspin_unlock_irqrestore(&d->b, f2);\n}\n",
			simple(srcfact.SlipFlagsOrder, spinLock("spin_lock_irqsave"), "acquire:1 f\nirq:2 f f1"),
			"irq-flags-misuse f 7", []string{", f1, while the section that began last is still open"}, []string{"-\tspin_unlock_irqrestore(&d->lock, f1); /*2*/", "+\tspin_unlock_irqrestore(&d->b, f2);"}},
		{"saved and never restored", "static int f(struct dev *d)\n{\n\tunsigned long flags;\n\n\tlocal_irq_save(flags); /*1*/\n\tif (d->n)\n\t\treturn 1; /*2*/\n\tlocal_irq_restore(flags);\n\treturn 0;\n}\n",
			func(src string) srcfact.Slip {
				return srcfact.Slip{Kind: srcfact.SlipIRQLeft, Path: script(t, src, mutexLock(), "irq:1 f local_irq_save()\nreturn:2 f flags"), Confidence: model.High}
			}, "irq-flags-misuse f 7", nil, []string{"+\t\tlocal_irq_restore(flags);"}},
		{"taken by the caller", "static int f(struct dev *d)\n{\n\tmutex_lock(&d->lock); /*1*/\n}\n",
			func(src string) srcfact.Slip {
				s := simple(srcfact.SlipReacquire, mutexLock(), "entry:1 f called through dev_ops.open; the caller holds dev.lock\nacquire:1 f")(src)
				return s
			}, "recursive-lock f 3", []string{"f() takes dev.lock, which its caller holds", "f() is called through dev_ops.open"}, []string{""}},
		{"flags of another lock", "static void f(struct dev *d)\n{\n\tunsigned long f1, f2;\n\n\tspin_lock_irqsave(&d->lock, f1); /*1*/\n\tspin_lock_irqsave(&d->b, f2);\n\tspin_unlock_irqrestore(&d->b, f2);\n\tspin_unlock_irqrestore(&d->lock, f2); /*2*/\n}\n",
			simple(srcfact.SlipFlagsOrder, spinLock("spin_lock_irqsave"), "acquire:1 f\nrelease:2 f spin_unlock_irqrestore"),
			"irq-flags-misuse f 8", []string{"belong to another section"}, []string{"-\tspin_unlock_irqrestore(&d->lock, f2); /*2*/", "+\tspin_unlock_irqrestore(&d->lock, f1); /*2*/"}},
	}
}

func TestSlips(t *testing.T) {
	for _, tt := range slipCases(t) {
		t.Run(tt.name, func(t *testing.T) {
			text := srcText{"drivers/x.c": tt.src}
			fs := Source(t.Context(), nil, &srcfact.Facts{Slips: []srcfact.Slip{tt.slip(tt.src)}}, text)
			if len(fs) != 1 {
				t.Fatalf("%d findings", len(fs))
			}
			f := fs[0]
			if got := f.Rule + " " + f.Function + " " + itoa(f.Line); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			for _, s := range tt.say {
				if !strings.Contains(f.Title+"\n"+f.Explanation, s) {
					t.Errorf("%q lacks %q", f.Title+"\n"+f.Explanation, s)
				}
			}
			wholeFinding(t, &f)
			checkDiff(t, &f, text, tt.diff)
		})
	}
}

// wholeFinding checks what every finding has to have.
func wholeFinding(t *testing.T, f *model.Finding) {
	t.Helper()
	if f.Title == "" || f.Explanation == "" || f.Fingerprint == "" || len(f.Locations) == 0 || len(f.Verify) == 0 || len(f.Fix) == 0 {
		t.Errorf("incomplete: %+v", f)
	}
	for _, l := range f.Locations {
		if l.Note == "" || l.Line == 0 || l.Function == "" && !strings.Contains(l.Note, "() ") {
			t.Errorf("place %+v", l)
		}
	}
	if strings.Contains(f.Explanation, "  ") || strings.Contains(f.Explanation, " .") || strings.Contains(f.Explanation, "..") {
		t.Errorf("explanation: %q", f.Explanation)
	}
}

// checkDiff checks the first diff: that it has the wanted lines, applies with
// git, and gives what the edits give.
func checkDiff(t *testing.T, f *model.Finding, text srcText, want []string) {
	t.Helper()
	i := slices.IndexFunc(f.Fix, func(x model.Fix) bool { return x.Diff != "" })
	if len(want) == 1 && want[0] == "" {
		if i >= 0 {
			t.Errorf("a diff:\n%s", f.Fix[i].Diff)
		}
		return
	}
	if i < 0 {
		if want != nil {
			t.Error("no diff")
		}
		return
	}
	lines := strings.Split(f.Fix[i].Diff, "\n")
	for _, w := range want {
		if !slices.Contains(lines, w) {
			t.Errorf("%q is not in\n%s", w, f.Fix[i].Diff)
		}
	}
	gitApply(t, f.Fix[i], text)
}

func gitApply(t *testing.T, x model.Fix, text srcText) {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed: whether diffs apply is not tested")
	}
	dir, file := t.TempDir(), x.Edits[0].File
	path := filepath.Join(dir, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text[file]), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(git, "apply", "-")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(x.Diff)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v\n%s%s", err, out, x.Diff)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	after := fileOf(text, file)
	want, err := after.Apply(x.Edits)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(joinLines(want)) {
		t.Errorf("git made\n%s\nthe edits make\n%s", got, joinLines(want))
	}
}
