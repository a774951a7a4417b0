package trace

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
)

func contention(t *testing.T) *Contention {
	t.Helper()
	c := collector(t)
	var b [Buckets]int64
	b[20], b[24] = 3, 1
	sites := []ContendedSite{
		{Key: SiteKey{Lock: lockA, Flags: 32}, Stack: []uint64{0xffffffff81000105, one}, Count: 4, Total: 20 * time.Millisecond, Longest: 17 * time.Millisecond, Buckets: b},
		{Key: SiteKey{Flags: 4, Stack: 1}, Stack: []uint64{two}, Count: 1, Total: 30 * time.Millisecond, Longest: 30 * time.Millisecond},
		{Key: SiteKey{Flags: 4, Stack: 2}, Stack: []uint64{two}, Count: 2, Total: 5 * time.Millisecond, Longest: 3 * time.Millisecond},
		{Key: SiteKey{Flags: 1, Stack: -14}, Count: 1, Total: 3 * time.Microsecond},
	}
	owners := map[SiteKey]Owner{sites[0].Key: {PID: 9, Comm: "slow \"one\"\n", Stack: []string{"msleep+0x1/0x2", "drv_one+0x1/0x2 [drv]"}}}
	out := NewContention(c.syms, sites, owners)
	out.Took = time.Second
	return out
}

// TestContention compares all forms with golden files.
func TestContention(t *testing.T) {
	c := contention(t)
	for name, write := range map[string]func(*bytes.Buffer) error{
		"contention.txt":    func(b *bytes.Buffer) error { return c.WriteText(b, 2) },
		"contention.json":   func(b *bytes.Buffer) error { return c.WriteJSON(b) },
		"contention.folded": func(b *bytes.Buffer) error { return c.WriteFolded(b) },
		"contention.prom":   func(b *bytes.Buffer) error { return c.WritePrometheus(b) },
	} {
		var got bytes.Buffer
		if err := write(&got); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name)
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(path, got.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s:\n%s", name, &got)
		}
	}
}

func TestPprof(t *testing.T) {
	var b bytes.Buffer
	if err := contention(t).WritePprof(&b); err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Sample) != 3 || p.Sample[0].Value[1] != int64(35*time.Millisecond) || !strings.HasPrefix(p.Sample[0].Location[0].Line[0].Function.Name, "drv_two") {
		t.Errorf("%v", p)
	}
}
