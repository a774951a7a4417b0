package lockapi

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gordian/internal/model"
)

func kernel(t testing.TB) *Table {
	t.Helper()
	table, err := Kernel()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestEveryEntryHasASource(t *testing.T) {
	table := kernel(t)
	for _, api := range table.All() {
		if filepath.Ext(api.Source) == ".toml" {
			t.Errorf("%s has no source", api.Name)
		}
	}
	for _, op := range table.Ops() {
		if filepath.Ext(op.Source) == ".toml" {
			t.Errorf("%s.%s has no source", op.Struct, op.Field)
		}
	}
}

// TestNamesExist looks each name up in the file that its entry names.
func TestNamesExist(t *testing.T) {
	root := os.Getenv("KERNEL_SRC")
	if root == "" {
		t.Skip("set KERNEL_SRC to the source of Linux 6.1")
	}
	files := map[string][]byte{}
	look := func(source, name string) {
		text, ok := files[source]
		if !ok {
			var err error
			if text, err = os.ReadFile(filepath.Join(root, source)); err != nil {
				t.Error(err)
			}
			files[source] = text
		}
		if !hasWord(text, []byte(strings.TrimPrefix(name, "struct "))) {
			t.Errorf("%s does not mention %s", source, name)
		}
	}
	paths, err := filepath.Glob("kernel/*.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := parse(path, data)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			source, names := stated(e.form)
			for _, name := range names {
				look(source, name)
			}
		}
	}
}

// stated returns the names that the source of a form should have.
func stated(f form) (source string, names []string) {
	switch f := f.(type) {
	case *callForm:
		return f.source, f.names.names
	case *opForm:
		return f.source, append(f.names.names, f.op.Struct)
	case *typeForm:
		return f.source, f.names.names
	case *gfpForm:
		return f.source, f.names.names
	case *cleanupForm:
		return f.source, f.names.names
	case *predicateForm:
		return f.source, f.names.names
	}
	return "", nil
}

func hasWord(text, word []byte) bool {
	for from := 0; ; {
		i := bytes.Index(text[from:], word)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(word)
		if (start == 0 || !identByte(text[start-1])) && (end == len(text) || !identByte(text[end])) {
			return true
		}
		from = end
	}
}

// TestAcquiresHaveReleases: what can be taken by argument can be given back.
func TestAcquiresHaveReleases(t *testing.T) {
	type shape struct {
		typ    model.LockType
		mode   model.Mode
		member string
		global string
		irq    IRQ
	}
	released := map[shape]bool{}
	of := func(e *Effect) shape { return shape{e.Type, e.Mode, e.Member, e.Global, e.IRQ} }
	table := kernel(t)
	for _, api := range table.All() {
		for i := range api.Effects {
			if api.Effects[i].Kind == Release {
				released[of(&api.Effects[i])] = true
			}
		}
	}
	for _, api := range table.All() {
		for i := range api.Effects {
			if e := &api.Effects[i]; e.Kind == Acquire && !released[of(e)] {
				t.Errorf("%s takes what nothing releases: %+v", api.Name, *e)
			}
		}
	}
}

func BenchmarkKernel(b *testing.B) {
	for b.Loop() {
		kernel(b)
	}
}
