package ksym

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const linesSource = `int other(int);
static inline __attribute__((always_inline)) int twice(int x)
{
	return other(x) + other(x + 1);
}
int outer(int x)
{
	x = twice(x) * 3;
	return other(x);
}
int other(int x) { return x ^ 7; }
int main(void) { return outer(1); }
`

// program compiles the source with debug information.
func program(t *testing.T) string {
	t.Helper()
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("needs gcc (Debian: gcc)")
	}
	dir := t.TempDir()
	src, out := filepath.Join(dir, "prog.c"), filepath.Join(dir, "prog")
	if err := os.WriteFile(src, []byte(linesSource), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(gcc, "-g", "-O2", "-fno-inline", "-no-pie", "-Wl,--build-id=sha1", "-o", out, src)
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return out
}

func TestLines(t *testing.T) {
	path := program(t)
	e, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close() //nolint:errcheck // opened for reading
	id := elfBuildID(e)
	if len(id) != 40 {
		t.Fatalf("build id %q", id)
	}
	const kaslr = 0x1000000
	lines, err := OpenLines(path, strings.ToUpper(id), kaslr)
	if err != nil {
		t.Fatal(err)
	}
	defer lines.Close() //nolint:errcheck // opened for reading
	syms, err := e.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range syms {
		if s.Name != "outer" && s.Name != "other" {
			continue
		}
		for pc := s.Value; pc < s.Value+s.Size; pc++ {
			at := lines.At(pc + kaslr)
			if len(at) == 0 {
				t.Fatalf("nothing at %#x in %s", pc, s.Name)
			}
			var place []string
			for _, p := range at {
				if filepath.Base(p.File) != "prog.c" {
					t.Fatalf("file %q", p.File)
				}
				place = append(place, p.Func)
			}
			if place[len(place)-1] != s.Name {
				t.Fatalf("%#x of %s is in %v", pc, s.Name, place)
			}
			if len(at) == 2 && (at[0].Line != 4 || at[1].Line != 8 || !at[0].Inlined || at[1].Inlined) {
				t.Errorf("inlined at %#x: %+v", pc, at)
			}
			seen[strings.Join(place, " in ")] = true
		}
	}
	if !seen["twice in outer"] || !seen["outer"] || !seen["other"] {
		t.Errorf("seen %v", seen)
	}
	if at := lines.At(0x10); at != nil {
		t.Errorf("outside of all code: %+v", at)
	}
}

func TestWrongVmlinux(t *testing.T) {
	path := program(t)
	if _, err := OpenLines(path, "00ff", 0); err == nil || !strings.Contains(err.Error(), "another kernel's vmlinux") {
		t.Errorf("error %v", err)
	}
	if err := exec.Command("strip", "-g", path).Run(); err != nil {
		t.Skip("needs strip (Debian: binutils)")
	}
	if _, err := OpenLines(path, "", 0); err == nil || !strings.Contains(err.Error(), "has no debug information") {
		t.Errorf("error %v", err)
	}
	text := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(text, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{text, "/dev/null", "/nowhere"} {
		if _, err := OpenLines(p, "", 0); err == nil {
			t.Errorf("%s was opened", p)
		}
	}
}

func FuzzAranges(f *testing.F) {
	f.Add([]byte{44, 0, 0, 0, 2, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0}, make([]byte, 64))
	f.Fuzz(func(t *testing.T, b, info []byte) {
		for _, r := range parseAranges(b, info) {
			if r.end <= r.start {
				t.Errorf("%+v", r)
			}
		}
		noteBuildID(b)
	})
}
