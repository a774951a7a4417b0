package kcore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gordian/internal/kmem"
	"gordian/internal/model"
)

// pumpctl is a trimmed dump of a kernel with lockdep and two semaphores taken
// in opposite orders (lab/modules/pumpctl).
const pumpctl = "pumpctl-lockdep.elf.xz"

func openFixture(t testing.TB, o kmem.Options) *Kernel {
	t.Helper()
	k, err := Open(context.Background(), []string{filepath.Join("testdata", pumpctl)}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() }) //nolint:errcheck // opened for reading
	return k
}

func TestOpen(t *testing.T) {
	k := openFixture(t, kmem.Options{})
	if len(k.Incomplete) > 0 {
		t.Errorf("incomplete: %q", k.Incomplete)
	}
	if !strings.HasPrefix(k.Release, "6.1.192-") || k.Image.Format != "ELF vmcore" || k.Image.Live || len(k.Image.CPUs) != 2 {
		t.Errorf("release %q, format %q, %d CPUs", k.Release, k.Image.Format, len(k.Image.CPUs))
	}
	for i, r := range k.Image.CPUs {
		if i >= len(k.PerCPU) || r.Base != k.PerCPU[i] {
			t.Errorf("CPU %d: per-CPU area at %#x, registers say %#x", i, k.PerCPU, r.Base)
		}
	}
	if addr, ok := k.OnCPU("runqueues", 1); !ok || addr < k.PerCPU[1] {
		t.Errorf("runqueue of CPU 1 at %#x", addr)
	}
	if f, ok := k.Types.Member("task_struct", "se.exec_start"); !ok || f.Size != 8 {
		t.Errorf("task_struct.se.exec_start: %+v", f)
	}
}

func TestModules(t *testing.T) {
	k := openFixture(t, kmem.Options{})
	i := slices.IndexFunc(k.Modules, func(m Module) bool { return m.Name == "pumpctl" })
	if i < 0 {
		t.Fatalf("modules: %+v", k.Modules)
	}
	m := k.Modules[i]
	s, ok := k.Sym.FindIn("pumpctl", "init_module")
	if !ok {
		s, ok = k.Sym.FindIn("pumpctl", "cleanup_module")
	}
	if !ok || s.Module != "pumpctl" || !m.holds(s.Addr) {
		t.Errorf("a symbol of the module: %+v", s)
	}
	if got, off, ok := k.Sym.Lookup(s.Addr + 1); !ok || off != 1 || got.Addr != s.Addr {
		t.Errorf("behind it: %+v + %d", got, off)
	}
	if name, ok := k.Sym.Module(s.Addr); !ok || name != "pumpctl" {
		t.Errorf("module of %#x: %q", s.Addr, name)
	}
	types, err := k.TypesOf("pumpctl")
	if err != nil || !types.Has("task_struct", "pid") {
		t.Errorf("types of the module: %v", err)
	}
	if got := k.SymbolAt(s.Addr); got != "<"+s.Name+" [pumpctl]>" && !strings.HasSuffix(got, "[pumpctl]>") {
		t.Errorf("its address reads as %s", got)
	}
}

func TestLog(t *testing.T) {
	k := openFixture(t, kmem.Options{})
	records, lost, err := k.Log()
	if err != nil || lost > 0 || len(records) < 100 {
		t.Fatalf("%d records, %d lost, %v", len(records), lost, err)
	}
	if !strings.HasPrefix(records[0].Text, "Linux version 6.1.192") {
		t.Errorf("first record %+v", records[0])
	}
	for i := range records {
		if i > 0 && records[i].Seq != records[i-1].Seq+1 {
			t.Fatalf("record %d follows record %d", records[i].Seq, records[i-1].Seq)
		}
	}
	if !slices.ContainsFunc(records, func(r LogRecord) bool { return strings.Contains(r.Text, "blocked for more than") }) {
		t.Error("the report of a hung task is not there")
	}
}

func TestLogText(t *testing.T) {
	r := LogRecord{Nsec: 12_345_678_900, Caller: "T106", Text: "one\x1b[2J\ntwo \\ caf\u00e9 \xff"}
	want := "[   12.345678][  T106] one\\x1b[2J\n[   12.345678][  T106] two \\x5c café \\xff\n"
	if got := string(r.AppendText(nil)); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestDegrades: without symbols or types, what is left is read, and it is said
// what is missing.
func TestDegrades(t *testing.T) {
	k := openFixture(t, kmem.Options{})
	btf, _ := k.Sym.Find("__start_BTF")
	names, _ := k.Image.Info.Symbol("kallsyms_num_syms")
	for what, va := range map[string]uint64{"BTF": btf.Addr, "kallsyms": names} {
		pa, err := k.Mem.Phys(va)
		if err != nil {
			t.Fatal(err)
		}
		touched := slices.DeleteFunc(allFrames(k), func(pfn uint64) bool { return pfn == pa/kmem.PageSize })
		path := filepath.Join(t.TempDir(), "dump")
		writeFrames(t, k, path, touched)
		less, err := Open(context.Background(), []string{path}, kmem.Options{})
		if err != nil {
			t.Fatalf("without %s: %v", what, err)
		}
		if len(less.Incomplete) == 0 || !strings.Contains(strings.Join(less.Incomplete, "\n"), what) {
			t.Errorf("without %s: incomplete %q", what, less.Incomplete)
		}
		if records, _, err := less.Log(); err != nil || len(records) < 100 {
			t.Errorf("without %s: %d records of the log, %v", what, len(records), err)
		}
		f := &model.Facts{}
		if err := less.AddFacts(context.Background(), f, 0, "b0"); err == nil || len(f.Incomplete) == 0 {
			t.Errorf("without %s: %v, incomplete %v", what, err, f.Incomplete)
		}
		less.Close() //nolint:errcheck // opened for reading
	}
}

func allFrames(k *Kernel) []uint64 {
	var out []uint64
	for _, r := range k.Image.Ranges() {
		for pa := r.Start; pa < r.End; pa += kmem.PageSize {
			out = append(out, pa/kmem.PageSize)
		}
	}
	return out
}

func writeFrames(t *testing.T, k *Kernel, path string, pfns []uint64) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(k.Image.WriteELF(f, pfns), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestTrim: a trimmed dump gives the same facts, and trimming it again the
// same dump.
func TestTrim(t *testing.T) {
	k := openFixture(t, kmem.Options{Record: true})
	path := filepath.Join(t.TempDir(), "small")
	once := trimInto(t, k, path)
	small, err := Open(context.Background(), []string{path}, kmem.Options{Record: true})
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close() //nolint:errcheck // opened for reading
	if twice := trimInto(t, small, path+"er"); !bytes.Equal(once, twice) {
		t.Errorf("trimmed once it has %d bytes, trimmed twice %d", len(once), len(twice))
	}
	want, got := &model.Facts{}, &model.Facts{}
	for k, f := range map[*Kernel]*model.Facts{k: want, small: got} {
		if err := k.AddFacts(context.Background(), f, 0, "b0"); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Error("the facts of the trimmed dump are others")
	}
}

func trimInto(t *testing.T, k *Kernel, path string) []byte {
	t.Helper()
	var b bytes.Buffer
	stats, err := k.Trim(context.Background(), &b)
	if err != nil || stats.Pages < 100 {
		t.Fatalf("%+v, %v", stats, err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestUserPages: pages of files and programs are told from the kernel's own.
func TestUserPages(t *testing.T) {
	k := openFixture(t, kmem.Options{Record: true})
	if _, err := k.Trim(context.Background(), io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, pfn := range k.Image.Touched() {
		if k.userPage(pfn) {
			t.Errorf("frame %#x, which the diagnosis reads, counts as a program's", pfn)
		}
	}
}
