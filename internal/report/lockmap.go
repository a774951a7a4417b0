package report

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// LockMap is the lock hierarchy of source: its lock classes and which of them
// are taken while which others are held.
type LockMap struct {
	Title  string // what it is of: "drivers/net/foo"
	Locks  []MapLock
	Orders []MapOrder // sorted by From, then To
}

// MapLock is a lock class.
type MapLock struct {
	Name     string          `json:"name"`
	Type     model.LockType  `json:"type,omitempty"`
	File     string          `json:"file,omitempty"`
	Line     int             `json:"line,omitempty"`
	Sites    int             `json:"sites"`
	Contexts []model.Context `json:"contexts"`          // where it is taken
	IRQsOn   []model.Context `json:"irqs_on,omitempty"` // interrupts that are enabled somewhere when it is taken
	Outside  []string        `json:"outside"`           // held when it is taken
	Inside   []string        `json:"inside"`            // taken while it is held
	Nests    bool            `json:"nests,omitempty"`   // two locks of the class are held at once
}

// MapOrder says that lock To was taken with lock From held; both are indices.
type MapOrder struct {
	From, To int
	Paths    int             // ways on which that happens
	Try      bool            // only by trylock
	At       string          // one of them: "fn (file:line)"
	Via      string          // the function that holds From, if it is another one
	Bad      bool            // part of a finding
	Back     bool            // part of a cycle in which no finding was seen
	all      map[string]bool // all such places
}

// NewLockMap makes the map of what was read. findings tell which orders are
// wrong.
func NewLockMap(title string, s *srcfact.Facts, findings []model.Finding) *LockMap {
	b := &mapBuilder{m: &LockMap{Title: title}, at: map[model.Ref]int{}, orders: map[[2]int]*MapOrder{}, other: map[model.Ref]*srcfact.Class{}, contexts: map[model.Ref]map[model.Context]bool{}, irqsOn: map[model.Ref]map[model.Context]bool{}}
	for i := range s.Classes {
		c := &s.Classes[i]
		if !c.Checked {
			b.other[c.Ref] = c // of interest if it nests with those of the files that were checked
			continue
		}
		b.lock(c.Ref, MapLock{Name: c.Name, Type: c.Type, File: c.File, Line: c.Line, Sites: c.Sites})
	}
	for i := range s.Orders {
		b.order(&s.Orders[i])
	}
	for i := range s.Uses {
		b.use(&s.Uses[i])
	}
	b.finish(findings)
	return b.m
}

type mapBuilder struct {
	m                *LockMap
	at               map[model.Ref]int
	orders           map[[2]int]*MapOrder
	other            map[model.Ref]*srcfact.Class
	contexts, irqsOn map[model.Ref]map[model.Context]bool
}

func (b *mapBuilder) lock(ref model.Ref, l MapLock) int {
	if i, ok := b.at[ref]; ok {
		return i
	}
	if l.Name == "" {
		l.Name = ref.Name()
	}
	b.at[ref] = len(b.m.Locks)
	b.m.Locks = append(b.m.Locks, l)
	return b.at[ref]
}

func (b *mapBuilder) of(l *srcfact.Lock) int {
	name, _, _ := strings.Cut(l.Name, "/") // subclasses are levels of one class
	m := MapLock{Name: name, Type: l.Type}
	if c := b.other[l.Class]; c != nil {
		m.Sites, m.File, m.Line = c.Sites, c.File, c.Line
	}
	return b.lock(l.Class, m)
}

func (b *mapBuilder) order(o *srcfact.Order) {
	_, from := b.at[o.From.Class]
	_, to := b.at[o.To.Class]
	switch {
	case !from && !to:
		return // both are elsewhere
	case o.Relation == srcfact.RelFreshObj:
		return // nobody else can see the lock: it orders nothing
	case o.From.Type == model.RCU || o.To.Type == model.RCU:
		return // its readers wait for nobody
	}
	b.add(o, b.of(&o.From), b.of(&o.To))
}

func (b *mapBuilder) add(o *srcfact.Order, from, to int) {
	for c := range strings.SplitSeq(o.Context, ",") {
		for _, l := range []model.Ref{o.From.Class, o.To.Class} {
			b.context(b.contexts, l, model.Context(strings.TrimSpace(c)))
		}
	}
	if from == to {
		b.m.Locks[from].Nests = true
		return
	}
	key := [2]int{from, to}
	have := b.orders[key]
	if have == nil {
		have = &MapOrder{From: from, To: to, Try: true, all: map[string]bool{}}
		b.orders[key] = have
	}
	have.Paths++
	have.Try = have.Try && o.Try
	at, via := takenAt(o)
	if have.At == "" {
		have.At, have.Via = at, via
	}
	have.all[at] = true
}

// takenAt says where an order's second lock is taken, and in which other
// function the first one was.
func takenAt(o *srcfact.Order) (at, via string) {
	if len(o.Path) == 0 {
		return "", ""
	}
	last := o.Path[len(o.Path)-1]
	at = last.Func + " (" + last.File + ":" + strconv.Itoa(last.Line) + ")"
	for _, s := range o.Path {
		if s.Kind == srcfact.StepAcquire && s.Lock != nil && s.Lock.Class == o.From.Class {
			via = s.Func
		}
	}
	if via == last.Func {
		via = ""
	}
	return at, via
}

func (b *mapBuilder) context(m map[model.Ref]map[model.Context]bool, ref model.Ref, c model.Context) {
	switch c {
	case model.Process, model.Softirq, model.Hardirq, model.NMI:
	default:
		return
	}
	if m[ref] == nil {
		m[ref] = map[model.Context]bool{}
	}
	m[ref][c] = true
}

func (b *mapBuilder) use(u *srcfact.Use) {
	if u.Enabled {
		b.context(b.irqsOn, u.Lock.Class, u.Context)
		b.context(b.contexts, u.Lock.Class, model.Process)
		return
	}
	b.context(b.contexts, u.Lock.Class, u.Context)
}

// finish sorts, fills the lists and marks what is wrong.
func (b *mapBuilder) finish(findings []model.Finding) {
	for ref, i := range b.at {
		l := &b.m.Locks[i]
		l.Contexts, l.IRQsOn = sortedContexts(b.contexts[ref]), sortedContexts(b.irqsOn[ref])
		if len(l.Contexts) == 0 {
			l.Contexts = []model.Context{model.Process}
		}
	}
	for _, o := range b.orders {
		b.m.Orders = append(b.m.Orders, *o)
	}
	b.m.shorten()
	b.tellApart()
	b.m.sort()
	b.m.mark(findings)
	for _, o := range b.m.Orders {
		from, to := &b.m.Locks[o.From], &b.m.Locks[o.To]
		from.Inside = append(from.Inside, to.Name)
		to.Outside = append(to.Outside, from.Name)
	}
	for i := range b.m.Locks {
		l := &b.m.Locks[i]
		slices.Sort(l.Inside)
		slices.Sort(l.Outside)
	}
}

func sortedContexts(m map[model.Context]bool) []model.Context {
	rank := []model.Context{model.Process, model.Softirq, model.Hardirq, model.NMI}
	return slices.SortedFunc(maps.Keys(m), func(a, b model.Context) int {
		return cmp.Compare(slices.Index(rank, a), slices.Index(rank, b))
	})
}

// shorten leaves the file out of the name of a lock that only one file knows,
// where no other lock has the rest of the name.
func (m *LockMap) shorten() {
	short := func(name string) string {
		file, rest, ok := strings.Cut(name, ":")
		if ok && (strings.HasSuffix(file, ".c") || strings.HasSuffix(file, ".h")) {
			return rest
		}
		return name
	}
	used := map[string]int{}
	for i := range m.Locks {
		used[short(m.Locks[i].Name)]++
	}
	for i := range m.Locks {
		if s := short(m.Locks[i].Name); used[s] == 1 {
			m.Locks[i].Name = s
		}
	}
}

// tellApart adds the folder to names that several locks have: a structure of
// all the kernel has a class of its own in each driver.
func (b *mapBuilder) tellApart() {
	used := map[string]int{}
	for i := range b.m.Locks {
		used[b.m.Locks[i].Name]++
	}
	for ref, i := range b.at {
		_, dir, ok := strings.Cut(string(ref), "@")
		if l := &b.m.Locks[i]; used[l.Name] > 1 && ok {
			l.Name += " (" + path.Base(dir) + ")"
		}
	}
}

// sort puts locks in the order of their names, and orders by their ends.
func (m *LockMap) sort() {
	order := make([]int, len(m.Locks))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := &m.Locks[a], &m.Locks[b]
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Type, y.Type))
	})
	now := make([]int, len(order))
	locks := make([]MapLock, len(order))
	for to, from := range order {
		now[from], locks[to] = to, m.Locks[from]
	}
	m.Locks = locks
	for i := range m.Orders {
		o := &m.Orders[i]
		o.From, o.To = now[o.From], now[o.To]
	}
	slices.SortFunc(m.Orders, func(a, b MapOrder) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
}

// mark finds the orders that findings are about, and those in other cycles:
// both orders of two locks were seen, and nothing says that they can meet.
func (m *LockMap) mark(findings []model.Finding) {
	bad := map[string]bool{} // places where an order of a finding comes about
	for i := range findings {
		for _, s := range findings[i].Path {
			bad[s.At] = bad[s.At] || s.Kind == model.Before && s.At != ""
		}
	}
	group := m.cycles()
	for i := range m.Orders {
		o := &m.Orders[i]
		for at := range o.all {
			o.Bad = o.Bad || bad[at]
		}
		o.Back = !o.Bad && !o.Try && group[o.From] == group[o.To]
	}
}
