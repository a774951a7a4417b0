package csource_test

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"gordian/internal/csource"
	"gordian/internal/csource/lockapi"
	"gordian/internal/csource/tree"
)

const twoPaths = `#include <linux/mutex.h>
static DEFINE_MUTEX(m);
int f(int x)
{
	mutex_lock(&m);
	if (x)
		return -1;
	mutex_unlock(&m);
	return 0;
}
`

// A second look at a file sees its new text and all that was seen before.
func TestSession(t *testing.T) {
	apis, err := lockapi.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"a.c": twoPaths, "b.c": strings.ReplaceAll(twoPaths, "f(", "g(")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	s, first, err := csource.Open(t.Context(), csource.Options{Tree: tree.Options{Paths: []string{"."}, NoRoot: true}, APIs: apis})
	if err != nil {
		t.Fatal(err)
	}
	if len(first.Slips) != 2 {
		t.Fatalf("%+v", first.Slips)
	}
	same, err := s.With(t.Context(), "a.c", twoPaths)
	if err != nil || !reflect.DeepEqual(first.Slips, same.Slips) || !reflect.DeepEqual(first.Classes, same.Classes) {
		t.Errorf("the same text: %v\n%+v\n%+v", err, first.Slips, same.Slips)
	}
	fixed, err := s.With(t.Context(), "a.c", strings.Replace(twoPaths, "if (x)\n\t\treturn -1;\n", "", 1))
	if err != nil || len(fixed.Slips) != 1 || fixed.Slips[0].Path[0].File != "b.c" {
		t.Errorf("fixed: %v %+v", err, fixed.Slips)
	}
	if again, err := s.With(t.Context(), "a.c", twoPaths); err != nil || len(again.Slips) != 2 {
		t.Errorf("once more: %v", err)
	}
	if _, err := s.With(t.Context(), "c.c", ""); err == nil {
		t.Error("no such file")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.With(ctx, "a.c", twoPaths); err == nil {
		t.Error("cancelled")
	}
}
