package engine

import (
	"fmt"
	"strings"
)

// selftestRows generates the table.
func selftestRows() []row {
	var rows []row
	for _, part := range [][]row{orderRows(), readRows(), irqRows(), readRecursionRows(), wwRows(), queuedRows(),
		reclaimRows(), waitContextRows(), localLockRows(), semaphoreRows(), ownRows()} {
		rows = append(rows, part...)
	}
	return rows
}

// chain writes pairs of locks taken one under the other: "AB BA".
func chain(pairs string) string {
	var b strings.Builder
	for _, p := range strings.Fields(pairs) {
		fmt.Fprintf(&b, "lock:%c lock:%c unlock:%c unlock:%c ", p[0], p[1], p[1], p[0])
	}
	return b.String()
}

// with puts a primitive in the place of lock and unlock.
func with(prog, prim string) string {
	words := strings.Fields(prog)
	for i, w := range words {
		if v, ok := strings.CutPrefix(w, "lock:"); ok {
			words[i] = prim + ":" + v
		} else if v, ok := strings.CutPrefix(w, "unlock:"); ok {
			words[i] = "un" + prim + ":" + v
		}
	}
	return strings.Join(words, " ")
}

func exclusivePrims() []string { return []string{"spin", "wlock", "mutex", "wsem", "rsem", "rtmutex"} }

// orderRows are the first two blocks: orders over 1 to 4 locks for each
// primitive, then misuse of a single lock.
func orderRows() []row {
	type order struct {
		name, prog, want string
	}
	orders := []order{
		{"AA", "lock:X1 lock:X2", "recursive-lock"},
		{"ABBA", chain("AB BA"), "inversion-2"},
		{"ABBCCA", chain("AB BC CA"), "inversion-3"},
		{"ABCABC", chain("AB CA BC"), "inversion-3"},
		{"ABBCCDDA", chain("AB BC CD DA"), "inversion-4"},
		{"ABCDBDDA", chain("AB CD BD DA"), "inversion-3"},
		{"ABCDBCDA", chain("AB CD BC DA"), "inversion-4"},
	}
	misuse := []order{
		{"double unlock", "lock:A unlock:A unlock:A", "unlock-not-held"},
		{"initialise held", "lock:A init:A", "held-lock-reinitialised"},
	}
	var rows []row
	for _, o := range orders {
		for _, p := range exclusivePrims() {
			rows = append(rows, row{o.name, p, 1, with(o.prog, p), o.want})
		}
		rows = append(rows, row{o.name, "rlock", 1, with(o.prog, "rlock"), ""})
	}
	for _, o := range misuse {
		for _, p := range append(exclusivePrims(), "rlock") {
			rows = append(rows, row{o.name, p, 1, with(o.prog, p), o.want})
		}
	}
	return rows
}

// readRows mix readers and writers. An rwlock's readers recurse here, an
// rwsem's never do.
func readRows() []row {
	both := func(name, prog, other, wantLock, wantSem string) []row {
		lock := strings.NewReplacer("R", "rlock", "W", "wlock", "M", other).Replace(prog)
		sem := strings.NewReplacer("R", "rsem", "W", "wsem", "M", "mutex").Replace(prog)
		return []row{{"read and write", name + ", rwlock", 1, lock, wantLock}, {"read and write", name + ", rwsem", 1, sem, wantSem}}
	}
	var rows []row
	rows = append(rows, both("reader twice, one lock", "R:X1 R:X1", "spin", "", "recursive-lock")...)
	rows = append(rows, both("reader twice, one class", "R:X1 R:X2", "spin", "", "recursive-lock")...)
	rows = append(rows, both("reader then writer", "R:X1 W:X2", "spin", "recursive-lock", "recursive-lock")...)
	rows = append(rows, both("writer then reader", "W:X1 R:X2", "spin", "recursive-lock", "recursive-lock")...)
	rows = append(rows, both("ABBA read/write", "R:X M:Y unM:Y unR:X M:Y W:X unW:X unM:Y", "spin", "inversion-2", "inversion-2")...)
	rows = append(rows, both("ABBA read/read", "R:X M:Y unM:Y unR:X M:Y R:X unR:X unM:Y", "spin", "", "inversion-2")...)
	rows = append(rows, both("ABBA write/write", "W:X M:Y unM:Y unW:X M:Y W:X unW:X unM:Y", "spin", "inversion-2", "inversion-2")...)
	rows = append(rows, row{"read and write", "ABBA read/write after a harmless read/read", 1,
		"rlock:X spin:Y unspin:Y unrlock:X spin:Y rlock:X unrlock:X unspin:Y spin:Y wlock:X unwlock:X unspin:Y", "inversion-2"})
	return append(rows, threeLockReads()...)
}

// nested writes "first mode+class, second mode+class": "WX RY".
func nested(a, b string) string {
	prim := map[byte]string{'W': "wlock", 'R': "rlock"}
	return fmt.Sprintf("%s:%s %s:%s un%s:%s un%s:%s", prim[a[0]], a[1:], prim[b[0]], b[1:], prim[b[0]], b[1:], prim[a[0]], a[1:])
}

func threeLockReads() []row {
	cases := []struct {
		name   string
		events [3]string
		want   string
	}{
		{"W1R2 W2R3 W3R1", [3]string{nested("WX", "RY"), nested("WY", "RZ"), nested("WZ", "RX")}, "inversion-3"},
		{"W1W2 R2R3 W3R1", [3]string{nested("WX", "WY"), nested("RY", "RZ"), nested("WZ", "RX")}, "inversion-3"},
		{"W1W2 R2R3 R3W1", [3]string{nested("WX", "WY"), nested("RY", "RZ"), nested("RZ", "WX")}, ""},
		{"W1R2 R2R3 W3W1", [3]string{nested("WX", "RY"), nested("RY", "RZ"), nested("WZ", "WX")}, ""},
	}
	var rows []row
	for _, c := range cases {
		rows = append(rows, permute(row{group: "three rwlocks", name: c.name, kernel: 1, want: c.want}, c.events[:])...)
	}
	return rows
}

// permute makes a row for each order of the events.
func permute(r row, events []string) []row {
	orders := [][]int{{0, 1}, {1, 0}}
	if len(events) == 3 {
		orders = [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
	}
	var rows []row
	for _, o := range orders {
		p, n := r, r.name+" "
		p.prog = ""
		for _, i := range o {
			p.prog += events[i] + " "
			n += fmt.Sprint(i + 1)
		}
		p.name = n
		rows = append(rows, p)
	}
	return rows
}

// irq writes a program for hard or soft interrupts: "in(" and ")in" bracket a
// handler, "off" and "on" switch the interrupt.
func irq(kind, prog string) string {
	r := strings.NewReplacer("in(", "hardirq", ")in", "unhardirq irqon", "off", "irqoff", "on", "irqon")
	if kind == "soft" {
		r = strings.NewReplacer("in(", "bhoff irqoff softirq", ")in", "unsoftirq irqon bhon", "off", "bhoff", "on", "bhon")
	}
	words := strings.Fields(prog)
	for i, w := range words {
		switch w {
		case "in(", ")in", "off", "on":
			words[i] = r.Replace(w)
		}
	}
	return strings.Join(words, " ")
}

// irqRows cross the use of locks in interrupts with uses that the interrupt
// can hit, for spinlocks, writers and readers.
func irqRows() []row {
	inIRQ := "in( lock:A unlock:A )in"
	cases := []struct {
		name   string
		events []string
		path   bool // the conflict is between two classes
	}{
		{"irqs on × irq-safe A", []string{inIRQ, "lock:A unlock:A"}, false},
		{"irqs enabled under irq-safe A", []string{inIRQ, "off lock:A on unlock:A"}, false},
		{"irq-safe A, unsafe B #1", []string{"lock:A lock:B unlock:B unlock:A", "lock:B unlock:B", inIRQ}, false},
		{"irq-safe A, unsafe B #2", []string{"off lock:A lock:B unlock:B unlock:A on", "lock:B unlock:B", inIRQ}, true},
		{"irq lock inversion", []string{"off wlock:A lock:B unlock:B unwlock:A on", "lock:B unlock:B", "in( rlock:A unrlock:A )in"}, true},
	}
	var rows []row
	for _, c := range cases {
		for _, kind := range []string{"hard", "soft"} {
			for _, p := range []string{"spin", "wlock", "rlock"} {
				want := "inconsistent-" + kind + "irq"
				if c.path {
					want = "unsafe-" + kind + "irq"
				}
				if p == "rlock" {
					want = ""
				}
				var events []string
				for _, e := range c.events {
					events = append(events, with(irq(kind, e), p))
				}
				rows = append(rows, permute(row{group: c.name, name: kind + " " + p, kernel: 1, want: want}, events)...)
			}
		}
	}
	return append(rows, irqOnRows()...)
}

// irqOnRows switch hard interrupts on under a softirq-safe lock, which lets
// softirqs in as well.
func irqOnRows() []row {
	var rows []row
	for _, p := range []string{"spin", "wlock", "rlock"} {
		want := "inconsistent-softirq"
		if p == "rlock" {
			want = ""
		}
		events := []string{with(irq("soft", "in( lock:A unlock:A )in"), p), with("irqoff lock:A irqon unlock:A", p)}
		rows = append(rows, permute(row{group: "irqs enabled under softirq-safe A", name: p, kernel: 1, want: want}, events)...)
	}
	return append(rows, row{"hardirq-unsafe behind softirq-safe", "four locks", 1,
		"mutex:A irqoff spin:C unspin:C irqon unmutex:A " +
			"hardirq spin:E unspin:E unhardirq irqon " +
			"irqoff spin:E spin:B unspin:B unspin:E irqon " +
			"irqoff spin:B spin:C unspin:C unspin:B irqon " +
			"bhoff irqoff softirq spin:D unspin:D unsoftirq irqon bhon " +
			"bhoff spin:D unspin:D bhon " +
			"irqoff spin:C spin:D unspin:D unspin:C irqon", "unsafe-hardirq"})
}

// readRecursionRows let readers meet the interrupts that readers permit.
func readRecursionRows() []row {
	cases := []struct {
		name   string
		events []string
		want   map[string]string // by the primitive of lock:A
	}{
		{"irq read recursion", []string{"off wlock:A unwlock:A on", "rlock:A unrlock:A", "in( lock:A spin:B unspin:B unlock:A )in"},
			map[string]string{"rlock": "", "wlock": "inconsistent-"}},
		{"irq read recursion #2", []string{"off spin:B lock:A unlock:A unspin:B on", "rlock:A unrlock:A", "in( spin:B unspin:B )in"},
			map[string]string{"rlock": "", "wlock": "unsafe-"}},
		{"irq read recursion #3", []string{"off wlock:B lock:A unlock:A unwlock:B on", "rlock:A unrlock:A", "in( rlock:B unrlock:B )in"},
			map[string]string{"rlock": "", "wlock": "unsafe-"}},
	}
	var rows []row
	for _, c := range cases {
		for _, kind := range []string{"hard", "soft"} {
			for _, p := range []string{"rlock", "wlock"} {
				want := c.want[p]
				if want != "" {
					want += kind + "irq"
				}
				var events []string
				for _, e := range c.events {
					events = append(events, with(irq(kind, e), p))
				}
				rows = append(rows, permute(row{group: c.name, name: kind + " " + p, kernel: 1, want: want}, events)...)
			}
		}
	}
	return rows
}
