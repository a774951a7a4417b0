package verify

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What a module's object looks like: functions with and without a place for
// ftrace, calls of locking functions and of others, a name that is there twice.
const objectSource = `
extern void mutex_lock(void *), mutex_unlock(void *), _raw_spin_lock(void *), printk(const char *), flush_work(void *);
extern char a, b;
__attribute__((noinline)) static int work(int x) { mutex_lock(&a); printk("x"); mutex_unlock(&a); return x + 1; }
int both(int x) { _raw_spin_lock(&b); flush_work(&a); return work(x) + 1; }
__attribute__((no_instrument_function, noinline)) int quiet(int x) { mutex_lock(&b); return x + 2; }
__attribute__((section(".init.text"))) int start(void) { mutex_lock(&a); return both(1) + quiet(2); }
`

func object(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	src := filepath.Join(dir, "x.c")
	if err := os.WriteFile(src, []byte(objectSource), 0o666); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "x.ko")
	// The flags of CONFIG_DYNAMIC_FTRACE on x86 (Makefile, CC_FLAGS_FTRACE, 6.1).
	c := exec.Command("gcc", "-m64", "-O1", "-fno-pie", "-fcf-protection=none", "-pg", "-mfentry", "-mrecord-mcount", "-fno-optimize-sibling-calls", "-c", "-o", out, src)
	if b, err := c.CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("gcc for x86-64: apt-get install gcc: %v\n%s", err, b)
		}
		t.Skipf("gcc for x86-64: apt-get install gcc: %v\n%s", err, b)
	}
	return out
}

func TestPlaces(t *testing.T) {
	ps, err := places(object(t), "x")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range ps {
		name, call, _ := strings.Cut(p.String(), ", ")
		name, _, _ = strings.Cut(name, "+") // offsets are the compiler's
		got = append(got, strings.TrimSuffix(name+" "+call, " "))
		if (p.call != "") != (p.off != 0) || p.module != "x" {
			t.Errorf("%+v", p)
		}
	}
	slices.Sort(got)
	want := []string{"both", "both _raw_spin_lock", "both flush_work", "start", "start mutex_lock", "work", "work mutex_lock"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestPlacesOfWhatIsNoModule(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.ko")
	for _, text := range []string{"", "\x7fELF", "text"} {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := places(file, "x"); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

func TestCover(t *testing.T) {
	ps := []place{{module: "m", fn: "f"}, {module: "m", fn: "g"}, {module: "m", fn: "f", off: 12, call: "mutex_lock"},
		{module: "m", fn: "g", off: 3, call: "down"}, {module: "m", fn: "h"}}
	if d := strings.Split(definitions(ps), "\n"); d[2] != "p:gordian/p2 m:f+12" || len(d) != 6 {
		t.Errorf("%q", d)
	}
	profile := "  p0                                     12               0\n  p1       0    0\n  p2  3 0\n p3 0 0\np4 0 0\n other 7 0\n pX 1 1\n"
	c := cover(ps, ps[4].definition(4)+"\n", profile)
	if c.Functions != (Count{1, 2}) || c.Sites != (Count{1, 2}) || !slices.Equal(c.Never, []string{"g", "g+0x3, down"}) || c.Why != "" {
		t.Errorf("%+v", c)
	}
	if c := cover(ps, "", ""); c.Why == "" || c.Functions.Of != 0 {
		t.Errorf("no profile: %+v", c)
	}
}
