package vm

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// monitor plays QEMU's side: it says greeting, and answers each command with
// the next of answers.
func monitor(t *testing.T, greeting string, answers ...string) (ours *os.File, commands <-chan string) {
	t.Helper()
	p, err := socketPairs(1)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, len(answers))
	go func() {
		theirs := p[0].theirs
		defer theirs.Close() //nolint:errcheck // the test looks at our end
		if _, err := theirs.WriteString(greeting); err != nil {
			return
		}
		lines := bufio.NewScanner(theirs)
		for _, a := range answers {
			if !lines.Scan() {
				return
			}
			got <- lines.Text()
			if _, err := theirs.WriteString(a); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { p[0].ours.Close() }) //nolint:errcheck // nothing was kept
	return p[0].ours, got
}

const (
	hello = `{"QMP":{"version":{},"capabilities":[]}}` + "\n"
	fine  = `{"return":{}}` + "\n"
)

func TestQMP(t *testing.T) {
	f, commands := monitor(t, hello, fine,
		`{"event":"RESUME"}`+"\n"+fine,
		`{"error":{"class":"GenericError","desc":"No space left on device"}}`+"\n", "cut")
	q, err := dialQMP(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Do("inject-nmi", nil, time.Second); err != nil {
		t.Errorf("an event before the answer: %v", err)
	}
	err = q.Do("dump-guest-memory", map[string]any{"protocol": "file:/x\"y"}, time.Second)
	if err == nil || err.Error() != "qmp dump-guest-memory: No space left on device" {
		t.Errorf("%v", err)
	}
	if err := q.Do("quit", nil, time.Second); err == nil {
		t.Error("half an answer was taken for one")
	}
	want := []string{`{"execute":"qmp_capabilities"}`, `{"execute":"inject-nmi"}`, `{"arguments":{"protocol":"file:/x\"y"},"execute":"dump-guest-memory"}`, `{"execute":"quit"}`}
	for _, w := range want {
		if got := <-commands; got != w {
			t.Errorf("sent %s, want %s", got, w)
		}
	}
}

func TestQMPThatDoesNotAnswer(t *testing.T) {
	f, _ := monitor(t, hello, fine, "")
	q, err := dialQMP(f)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := q.Do("query-status", nil, 50*time.Millisecond); err == nil || time.Since(begin) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(begin))
	}
}

func TestQMPOfSomethingElse(t *testing.T) {
	for _, greeting := range []string{"", "SSH-2.0\r\n", "{}\n"} {
		f, _ := monitor(t, greeting)
		if _, err := dialQMP(f); err == nil {
			t.Errorf("%q was taken for a monitor", greeting)
		}
	}
}

func TestDumpOfAFailedMonitorLeavesNothing(t *testing.T) {
	f, _ := monitor(t, hello, fine, `{"error":{"desc":"no"}}`)
	q, err := dialQMP(f)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	m := &Machine{QMP: q}
	if err := m.Dump(dir+"/core", "elf"); err == nil || !strings.Contains(err.Error(), "dump: ") {
		t.Errorf("%v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestFlags(t *testing.T) {
	info := []byte("processor\t: 0\nflags\t\t: fpu vmx sse\nprocessor\t: 1\nflags\t\t: svm\n")
	if !hasFlag(info, "vmx", "svm") || hasFlag(info, "svm") || hasFlag(info, "vm") || hasFlag(nil, "vmx") {
		t.Error("flags of the first CPU")
	}
}

func TestArgs(t *testing.T) {
	args := Config{Kernel: "/k", Append: "a b", CPUs: 3, MemoryMB: 64, Accel: TCG}.args()
	for _, want := range []string{"/k", "a b", "3", "64M", "tcg,thread=multi"} {
		if !slices.Contains(args, want) {
			t.Errorf("no %q in %q", want, args)
		}
	}
	if slices.Contains(args, "-enable-kvm") || !slices.Contains(Config{Accel: KVM}.args(), "kvm") {
		t.Error("the accelerator")
	}
}

func TestTail(t *testing.T) {
	var s tail
	if s.err() != nil {
		t.Error("an error of nothing")
	}
	for range 100 {
		if n, err := s.Write([]byte(strings.Repeat("x", 100))); n != 100 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if n := len(s.err().Error()); n != 4096 {
		t.Errorf("%d bytes kept", n)
	}
}

// TestConsoleHasRoom: what QEMU prints byte by byte fits in before anybody
// reads it.
func TestConsoleHasRoom(t *testing.T) {
	in, out, err := consolePipes()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []pair{in, out} {
		defer p.ours.Close()   //nolint:errcheck // the test is over
		defer p.theirs.Close() //nolint:errcheck // the test is over
	}
	if err := out.theirs.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	const boot = 60 << 10 // bytes of a boot and its reports
	for i := range boot {
		if _, err := out.theirs.Write([]byte{'x'}); err != nil {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
}
