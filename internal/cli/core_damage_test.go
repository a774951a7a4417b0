package cli

import (
	"context"
	"debug/elf"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/therootcompany/xz"

	"gordian/internal/check"
	"gordian/internal/evidence"
	"gordian/internal/kcore"
	"gordian/internal/kmem"
	"gordian/internal/model"
)

// dumpFixture unpacks the dump that the tests of kcore are made on.
func dumpFixture(t *testing.T) string {
	t.Helper()
	return unpackedDump(t, filepath.Join("..", "kcore", "testdata", "pumpctl-lockdep.elf.xz"))
}

func unpackedDump(t *testing.T, packed string) string {
	t.Helper()
	f, err := os.Open(packed)
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

// damaged is a dump that is damaged at one place after the other.
type damaged struct {
	path  string
	file  *os.File
	whole []byte
	reads func(at int64) bool // whether a diagnosis reads a byte of the file
	known map[string]bool     // what is found in the whole dump
	// What came of it.
	same, missed, failed, skipped, wrong int
	longest                              time.Duration
}

// TestDamagedDump: with single bits turned, or with its end cut off, a dump
// gives a finding, a note of what is missing, or an error; never a panic, a
// hang, or a deadlock that is called certain and is not there.
//
// DUMPS names further dumps (a pattern), and DAMAGE how many bits to turn in
// each; a fifth as often a dump is cut.
func TestDamagedDump(t *testing.T) {
	flips := 60
	if n, err := strconv.Atoi(os.Getenv("DAMAGE")); err == nil {
		flips = n
	}
	paths, err := filepath.Glob(os.Getenv("DUMPS"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range append([]string{filepath.Join("..", "kcore", "testdata", "pumpctl-lockdep.elf.xz")}, paths...) {
		t.Run(strings.TrimSuffix(filepath.Base(p), ".elf.xz"), func(t *testing.T) {
			d := newDamaged(t, p)
			r := rand.New(rand.NewPCG(1, 2))
			for range flips {
				d.flip(t, r.Int64N(int64(len(d.whole))), 1<<r.IntN(8))
			}
			for range flips / 5 {
				d.cut(t, r.Int64N(int64(len(d.whole))))
			}
			t.Logf("same findings %d, of which %d in bytes that are not read; fewer %d; errors %d; other deadlocks called certain %d; longest %v",
				d.same, d.skipped, d.missed, d.failed, d.wrong, d.longest.Round(time.Millisecond))
		})
	}
}

func newDamaged(t *testing.T, path string) *damaged {
	d := &damaged{path: unpackedDump(t, path), known: map[string]bool{}}
	var err error
	if d.whole, err = os.ReadFile(d.path); err != nil {
		t.Fatal(err)
	}
	if d.file, err = os.OpenFile(d.path, os.O_RDWR, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.file.Close() }) //nolint:errcheck // of no use any more
	findings, _, err := diagnoseFile(t.Context(), d.path)
	if err != nil {
		t.Fatal(err)
	}
	deadlocks := 0
	for _, x := range findings {
		d.known[x.Title] = true
		if x.Verdict == model.Deadlocked {
			deadlocks++
		}
	}
	if deadlocks != 1 {
		t.Fatalf("the undamaged dump gives %d deadlocks", deadlocks)
	}
	d.reads = bytesRead(t, d.path)
	return d
}

// bytesRead says which bytes of an ELF dump a diagnosis reads. Damage elsewhere
// changes nothing, which need not be tried.
func bytesRead(t *testing.T, path string) func(at int64) bool {
	k, err := kcore.Open(t.Context(), []string{path}, kmem.Options{Record: true})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close() //nolint:errcheck // opened for reading
	if _, err := k.Trim(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	touched := map[uint64]bool{}
	for _, pfn := range k.Image.Touched() {
		touched[pfn] = true
	}
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // opened for reading
	return func(at int64) bool {
		for _, p := range f.Progs {
			if off := uint64(at) - p.Off; p.Type == elf.PT_LOAD && uint64(at) >= p.Off && off < p.Filesz {
				return touched[(p.Paddr+off)/kmem.PageSize]
			}
		}
		return true
	}
}

func (d *damaged) flip(t *testing.T, at int64, bit byte) {
	if !d.reads(at) {
		d.same++
		d.skipped++
		return
	}
	if _, err := d.file.WriteAt([]byte{d.whole[at] ^ bit}, at); err != nil {
		t.Fatal(err)
	}
	d.look(t, "bit turned at", at)
	if _, err := d.file.WriteAt(d.whole[at:at+1], at); err != nil {
		t.Fatal(err)
	}
}

func (d *damaged) cut(t *testing.T, n int64) {
	if err := d.file.Truncate(n); err != nil {
		t.Fatal(err)
	}
	d.look(t, "cut at", n)
	if _, err := d.file.WriteAt(d.whole[n:], n); err != nil {
		t.Fatal(err)
	}
}

func (d *damaged) look(t *testing.T, what string, at int64) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	start := time.Now()
	findings, facts, err := diagnoseFile(ctx, d.path)
	d.longest = max(d.longest, time.Since(start))
	if ctx.Err() != nil {
		t.Fatalf("%s %d: took more than a minute", what, at)
	}
	if err == nil && len(findings) == 0 && len(facts.Incomplete) == 0 {
		t.Errorf("%s %d: no finding, and no word that something is missing", what, at)
	}
	found := 0
	for _, x := range findings {
		if d.known[x.Title] {
			found++
		} else if x.Verdict == model.Deadlocked && x.Confidence == model.High {
			d.wrong++
			t.Errorf("%s %d: found %s", what, at, x.Title)
		}
	}
	switch {
	case err != nil:
		d.failed++
	case found == len(d.known):
		d.same++
	default:
		d.missed++
	}
}
