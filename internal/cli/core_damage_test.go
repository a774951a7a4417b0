package cli

import (
	"context"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/therootcompany/xz"

	"gordian/internal/check"
	"gordian/internal/evidence"
	"gordian/internal/model"
)

// dumpFixture unpacks the dump that the tests of kcore are made on.
func dumpFixture(t *testing.T) string {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "kcore", "testdata", "pumpctl-lockdep.elf.xz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // opened for reading
	z, err := xz.NewReader(f, 0)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "vmcore")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// diagnoseFile is gordian diagnose up to the findings.
func diagnoseFile(ctx context.Context, path string) ([]model.Finding, *model.Facts, error) {
	facts, err := evidence.Read(ctx, []string{path}, evidence.Options{})
	if facts == nil {
		return nil, nil, err
	}
	return check.Run(ctx, facts), facts, err
}

// TestDamagedDump: with single bits turned, or with its end cut off, a dump
// gives a finding, a note of what is missing, or an error; never a panic, a
// hang, or a deadlock that is called certain and is not there.
func TestDamagedDump(t *testing.T) {
	path := dumpFixture(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // of no use any more
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	findings, _, err := diagnoseFile(t.Context(), path)
	must(err)
	known := map[string]bool{}
	deadlocks := 0
	for _, x := range findings {
		known[x.Title] = true
		if x.Verdict == model.Deadlocked {
			deadlocks++
		}
	}
	if deadlocks != 1 {
		t.Fatalf("the undamaged dump gives %d deadlocks", deadlocks)
	}
	look := func(what string, at int64) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		findings, facts, err := diagnoseFile(ctx, path)
		if ctx.Err() != nil {
			t.Fatalf("%s %d: took more than a minute", what, at)
		}
		if err == nil && len(findings) == 0 && len(facts.Incomplete) == 0 {
			t.Errorf("%s %d: no finding, and no word that something is missing", what, at)
		}
		for _, x := range findings {
			if x.Verdict == model.Deadlocked && x.Confidence == model.High && !known[x.Title] {
				t.Errorf("%s %d: found %s", what, at, x.Title)
			}
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		at := r.Int64N(int64(len(whole)))
		_, err := f.WriteAt([]byte{whole[at] ^ 1<<r.IntN(8)}, at)
		must(err)
		look("bit turned at", at)
		_, err = f.WriteAt(whole[at:at+1], at)
		must(err)
	}
	for range 15 {
		n := r.Int64N(int64(len(whole)))
		must(f.Truncate(n))
		look("cut at", n)
		_, err = f.WriteAt(whole[n:], n)
		must(err)
	}
}
