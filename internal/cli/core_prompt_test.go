package cli

import (
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"gordian/internal/kcore"
	"gordian/internal/kmem"
)

func promptOn(t *testing.T, out io.Writer) *corePrompt {
	t.Helper()
	k, err := kcore.Open(t.Context(), []string{filepath.Join("..", "kcore", "testdata", "pumpctl-lockdep.elf.xz")}, kmem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() }) //nolint:errcheck // opened for reading
	return &corePrompt{Streams: Streams{Out: out, Err: out}, s: &coreSession{k: k, out: out}}
}

func TestCompletion(t *testing.T) {
	p := promptOn(t, io.Discard)
	tests := map[string]string{
		"st": "struct ", "l": "lo", "lock": "lock", "sym gauge_s": "sym gauge_sem ", "struct semaphore_w": "struct semaphore_waiter ",
		"zz": "", "sym no_such_symb": "", "sym ": "",
	}
	for line, want := range tests {
		got, pos, ok := p.complete(io.Discard, line, len(line), '\t')
		if got != want || ok != (want != "") || pos != len(want) {
			t.Errorf("%q becomes %q at %d, want %q", line, got, pos, want)
		}
	}
	if _, _, ok := p.complete(io.Discard, "st", 2, 'x'); ok {
		t.Error("a letter completes")
	}
	var list strings.Builder
	if p.complete(&list, "lo", 2, '\t'); list.String() != "locks  lock  log\n" {
		t.Errorf("what fits: %q", list.String())
	}
}

// TestAbandon: Ctrl-C empties and ends the line, however little is read at once.
func TestAbandon(t *testing.T) {
	for _, size := range []int{1, 2, 100} {
		r := &abandon{keys: iotest.OneByteReader(strings.NewReader("ab\x03cd"))}
		var got []byte
		buf := make([]byte, size)
		for {
			n, err := r.Read(buf)
			got = append(got, buf[:n]...)
			if err != nil {
				break
			}
		}
		if string(got) != "ab\x0b\x15\rcd" {
			t.Errorf("read %d at once: %q", size, got)
		}
	}
}

// TestPromptLoop: mistakes end nothing, the end of the input does.
func TestPromptLoop(t *testing.T) {
	var out strings.Builder
	p := promptOn(t, &out)
	lines := []string{"", "help", "nonsense", "sym schedule", "bt --nonsense"}
	p.read = func() (string, error) {
		if len(lines) == 0 {
			return "", io.EOF
		}
		defer func() { lines = lines[1:] }()
		return lines[0], nil
	}
	if err := p.loop(t.Context()); err != nil || !p.failed {
		t.Errorf("error %v, failed %v", err, p.failed)
	}
	for _, want := range []string{"help, quit", "unknown command \"nonsense\"", " T schedule (", "bt: unknown flag: --nonsense"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output has no %q:\n%s", want, out.String())
		}
	}
	p.read = func() (string, error) { return "", errors.New("no more") }
	if err := p.loop(t.Context()); err == nil || !strings.Contains(err.Error(), "no more") {
		t.Errorf("error %v", err)
	}
}

func TestByteSize(t *testing.T) {
	for text, want := range map[string]int64{"512M": 512 << 20, "2G": 2 << 30, "2gib": 2 << 30, "65536k": 64 << 20, "33554432": 32 << 20, "1T": 1 << 40} {
		var b byteSize
		if err := b.Set(text); err != nil || int64(b) != want {
			t.Errorf("%s is %d, want %d (%v)", text, b, want, err)
		}
		if again := b; again.Set(b.String()) != nil || again != b {
			t.Errorf("%s prints as %s", text, &b)
		}
	}
	var b byteSize
	bad := []string{"", "M", "-1G", "1M", "12X", "99999999999T", "1.5G"}
	if i := slices.IndexFunc(bad, func(s string) bool { return b.Set(s) == nil }); i >= 0 {
		t.Errorf("%q is taken as %d", bad[i], b)
	}
}
