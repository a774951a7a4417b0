package check

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"gordian/internal/model"
	"gordian/internal/report"
	"gordian/internal/srcfact"
)

var update = flag.Bool("update", false, "write the golden files")

// sourceWorld is one of each: a cycle, an interrupt conflict, slips that merge.
func sourceWorld(t *testing.T) (*srcfact.Facts, srcText) {
	t.Helper()
	a, b := mutexLock(), lk("bus_lock", model.Mutex, "mutex_lock")
	a.Expr = "&d->lock"
	back := order("g", "s.c", 11, b, a, srcfact.RelGlobal)
	back.Path[1].Line = 13
	s := &srcfact.Facts{Orders: []srcfact.Order{order("f", "s.c", 3, a, b, srcfact.RelGlobal), back}}
	l := spinLock("spin_lock")
	s.Uses = []srcfact.Use{use(t, "tx", "1", l, model.Hardirq, true, model.High), use(t, "handler", "2", l, model.Hardirq, false, model.High)}
	for _, c := range slipCases(t)[:3] { // three ways out of one function
		x := c.slip(c.src)
		for _, p := range [][]srcfact.Step{x.Path, x.Peers} {
			for i := range p {
				p[i].File = "drivers/exit.c"
			}
		}
		s.Slips = append(s.Slips, x)
	}
	return s, srcText{"s.c": swapSrc, "drivers/x.c": irqSrc, "drivers/exit.c": exitSrc}
}

func TestSourceGolden(t *testing.T) {
	s, text := sourceWorld(t)
	in := &model.Facts{Inputs: []model.Input{{Path: "drivers/exit.c", Kind: model.InputSource}, {Path: "s.c", Kind: model.InputSource}, {Path: "drivers/x.c", Kind: model.InputSource}}}
	d := &model.Document{Schema: model.Schema, Tool: "gordian test", Inputs: in.Inputs, Findings: Source(t.Context(), in, s, text)}
	for name, r := range map[string]report.Renderer{"text": report.Text(), "json": report.JSON(), "sarif": report.SARIF(nil)} {
		var b bytes.Buffer
		if err := r.Render(&b, d, report.Options{Width: 100}); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", "source", "all."+name)
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(file); err != nil || !bytes.Equal(want, b.Bytes()) {
			t.Errorf("%s differs (%v); look at it, then run go test -update\n%s", file, err, b.String())
		}
	}
}
