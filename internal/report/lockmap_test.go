package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

func mapLockOf(name string, t model.LockType) srcfact.Lock {
	return srcfact.Lock{Class: model.ClassRef(name), Name: name, Type: t, Mode: model.Write}
}

// mapFacts is a small driver: a chain with a shortcut, a cycle that is a
// finding, a trylock, a lock on its own, and hostile names.
func mapFacts() (*srcfact.Facts, []model.Finding) {
	s := &srcfact.Facts{}
	types := map[string]model.LockType{"rtnl_mutex": model.Mutex, "dev.mutex": model.Mutex, "dev.lock": model.Spinlock, "tx.lock": model.Spinlock,
		"stats.lock": model.Seqlock, "alone": model.Mutex, `<b>&"evil`: model.Spinlock}
	for _, n := range []string{"rtnl_mutex", "dev.mutex", "dev.lock", "tx.lock", "stats.lock", "alone", `<b>&"evil`} {
		s.Classes = append(s.Classes, srcfact.Class{Ref: model.ClassRef(n), Name: n, Type: types[n], File: "d/x.c", Line: 10 + len(n), Sites: len(n), Checked: true})
	}
	for i, o := range [][2]string{{"rtnl_mutex", "dev.mutex"}, {"dev.mutex", "dev.lock"}, {"rtnl_mutex", "dev.lock"}, {"dev.lock", "tx.lock"},
		{"tx.lock", "dev.lock"}, {"dev.lock", "stats.lock"}, {"dev.mutex", `<b>&"evil`}, {"dev.lock", "dev.lock"}, {"dev.mutex", "dev.lock"}} {
		from, to := mapLockOf(o[0], types[o[0]]), mapLockOf(o[1], types[o[1]])
		fn := fmt.Sprintf("fn%d", i)
		s.Orders = append(s.Orders, srcfact.Order{From: from, To: to, Context: "process", Try: o[1] == "stats.lock",
			Path: []srcfact.Step{{Kind: srcfact.StepAcquire, Func: "outer", Lock: &from}, {Kind: srcfact.StepAcquire, Func: fn, File: "d/x.c", Line: 100 + i, Lock: &to}}})
	}
	s.Orders = append(s.Orders, srcfact.Order{From: mapLockOf("alone", model.Mutex), To: mapLockOf("dev.mutex", model.Mutex), Relation: srcfact.RelFreshObj})
	s.Uses = []srcfact.Use{{Lock: mapLockOf("dev.lock", model.Spinlock), Context: model.Hardirq}, {Lock: mapLockOf("tx.lock", model.Spinlock), Context: model.Softirq},
		{Lock: mapLockOf("tx.lock", model.Spinlock), Context: model.Hardirq, Enabled: true}}
	fs := []model.Finding{{Path: []model.PathStep{{Kind: model.Before, At: "fn3 (d/x.c:103)"}, {Kind: model.Before, At: "fn4 (d/x.c:104)"}}}}
	return s, fs
}

func smallMap() *LockMap {
	s, fs := mapFacts()
	return NewLockMap("d", s, fs)
}

func TestLockMap(t *testing.T) {
	m := smallMap()
	var bad, orders []string
	for _, o := range m.Orders {
		name := m.Locks[o.From].Name + ">" + m.Locks[o.To].Name
		orders = append(orders, name)
		if o.Bad {
			bad = append(bad, name)
		}
	}
	if got, want := strings.Join(orders, " "), `dev.lock>stats.lock dev.lock>tx.lock dev.mutex><b>&"evil dev.mutex>dev.lock rtnl_mutex>dev.lock rtnl_mutex>dev.mutex tx.lock>dev.lock`; got != want {
		t.Errorf("orders %s", got)
	}
	if got := strings.Join(bad, " "); got != "dev.lock>tx.lock tx.lock>dev.lock" {
		t.Errorf("bad %s", got)
	}
	drawn := 0
	for i, keep := range m.essential() {
		if keep {
			drawn++
		} else if m.Locks[m.Orders[i].From].Name != "rtnl_mutex" {
			t.Errorf("left out: %+v", m.Orders[i])
		}
	}
	if drawn != 6 {
		t.Errorf("%d drawn", drawn)
	}
}

// Orders of a cycle that is no finding are marked, and no order is left out
// because of another one that is left out for its sake.
func TestLockMapCycles(t *testing.T) {
	s := &srcfact.Facts{}
	for _, n := range []string{"a", "b", "x"} {
		s.Classes = append(s.Classes, srcfact.Class{Ref: model.ClassRef(n), Name: n, Type: model.Mutex, Checked: true})
	}
	s.Classes = append(s.Classes, srcfact.Class{Ref: model.ClassRef("y"), Name: "y"}, srcfact.Class{Ref: model.ClassRef("z"), Name: "z"})
	for _, o := range []string{"ab", "ba", "xa", "xb", "yz"} {
		s.Orders = append(s.Orders, srcfact.Order{From: mapLockOf(o[:1], model.Mutex), To: mapLockOf(o[1:], model.Mutex)})
	}
	m := NewLockMap("", s, nil)
	if len(m.Locks) != 3 {
		t.Errorf("locks of other files: %+v", m.Locks)
	}
	into := 0
	for i, keep := range m.essential() {
		o := m.Orders[i]
		if o.Back != (o.From < 2 && o.To < 2) {
			t.Errorf("%+v", o)
		}
		if keep && o.From == 2 {
			into++
		}
	}
	if into != 1 {
		t.Errorf("%d ways into the cycle", into)
	}
}

func TestLockMapGolden(t *testing.T) {
	m := smallMap()
	for name, write := range map[string]func(io.Writer) error{
		"locks.txt":  func(w io.Writer) error { return m.Table(w, Options{Width: 90}) },
		"locks.json": func(w io.Writer) error { return m.JSON(w, "gordian test") },
		"locks.svg":  func(w io.Writer) error { return m.SVG(w, "gordian test") },
		"locks.html": func(w io.Writer) error { return m.HTML(w, "gordian test") },
		"locks.dot":  m.DOT,
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", "golden", name)
		if *update {
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%s differs; look at it, then run go test -update", name)
		}
		if strings.HasSuffix(name, ".svg") {
			wellFormed(t, b.Bytes())
		}
		if bytes.Contains(b.Bytes(), []byte("<b>&")) && name != "locks.txt" && name != "locks.json" && name != "locks.dot" {
			t.Errorf("%s: a name is markup", name)
		}
	}
}

func wellFormed(t *testing.T, b []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A whole subsystem: bounded, quick, and the same each time.
func TestLockMapLarge(t *testing.T) {
	s := &srcfact.Facts{}
	next := uint32(1)
	for range 3000 {
		next = next*1664525 + 1013904223
		a, b := next>>8%600, next>>20%600
		from, to := mapLockOf(fmt.Sprintf("struct%d.lock", a), model.Mutex), mapLockOf(fmt.Sprintf("struct%d.lock", b), model.Spinlock)
		s.Classes = append(s.Classes, srcfact.Class{Ref: from.Class, Name: from.Name, Type: from.Type, Checked: true})
		s.Orders = append(s.Orders, srcfact.Order{From: from, To: to})
	}
	var one, two bytes.Buffer
	if err := NewLockMap("large", s, nil).SVG(&one, ""); err != nil {
		t.Fatal(err)
	}
	if err := NewLockMap("large", s, nil).SVG(&two, ""); err != nil || one.String() != two.String() {
		t.Error("two runs differ", err)
	}
	if n := strings.Count(one.String(), `<g class="node`); n > mapNodes+8 {
		t.Errorf("%d nodes", n)
	}
}
