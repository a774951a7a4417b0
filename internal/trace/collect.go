package trace

import (
	"slices"
	"strconv"
	"strings"

	"gordian/internal/model"
)

const (
	// maxOrders bounds what is kept: the programs' own table is as large.
	maxOrders = 1 << 15
	// maxSamples bounds the pairs of instances that are kept of one order.
	maxSamples = 16
)

// Collector gathers the orders of one running kernel. Names are looked up as
// events come in, because a module may be gone a moment later. Not for
// concurrent use.
type Collector struct {
	syms    *Symbols
	caches  map[string]bool // slab caches that exist; nil: unknown
	class   map[uint64]*class
	orders  map[OrderKey]*order
	stray   map[uint64]bool // classes of locks that others release
	fromIRQ int64
	beyond  int64
	version int
	saved   []OrderKey // of Saved.Orders, in parallel
}

// class is one number that the programs use, with what is known of it.
type class struct {
	Class
	kind     Kind
	name     string // of a static lock or a work function
	module   string
	initFunc string
	siteFunc string
	siteMod  string
	siteOff  uint64
}

// order is one order with its first sighting.
type order struct {
	Order
	frames  []model.Frame
	sites   []model.Frame // of Held, in parallel
	samples [][]uint64    // addresses of Held and To
	count   int64
}

// NewCollector starts with the symbols of the kernel, and the names of its
// slab caches (nil if they are not known).
func NewCollector(s *Symbols, caches map[string]bool) *Collector {
	return &Collector{syms: s, caches: caches, class: map[uint64]*class{}, orders: map[OrderKey]*order{}, stray: map[uint64]bool{}}
}

// SetSymbols replaces the symbols after a module was loaded.
func (c *Collector) SetSymbols(s *Symbols) { c.syms = s }

// Version grows with each new order: what was computed from an older one is out of date.
func (c *Collector) Version() int { return c.version }

// Class takes what is known of a class.
func (c *Collector) Class(e *Class) {
	if old := c.class[e.Class]; old != nil && old.From <= e.From {
		return
	}
	k := &class{Class: *e}
	if e.From == Static {
		if k.name, k.module = c.syms.Data(e.Class); k.name == "" {
			k.name, k.module = c.syms.Func(e.Class)
		}
	}
	if !c.caches[e.Slab] {
		k.Slab = ""
	}
	if f := c.syms.Frame(e.Site); !f.Unreliable {
		k.siteFunc, k.siteMod, k.siteOff = f.Func, f.Module, f.Offset
	}
	k.initFunc, _ = c.syms.Func(e.Init)
	if e.From == Init {
		_, k.module = c.syms.Func(e.Init)
	}
	c.class[e.Class] = k
}

// Order takes one order or one more sample of it, and reports whether it is
// new.
func (c *Collector) Order(e *Order) {
	old := c.orders[e.Key]
	if old != nil {
		old.sample(e)
		c.places(old, e)
		return
	}
	frames := c.frames(e.Stack)
	if inInterrupt(frames) {
		c.fromIRQ++ // what the interrupted task holds has nothing to do with it
		return
	}
	if len(c.orders) >= maxOrders {
		c.beyond++
		return
	}
	o := &order{Order: *e, frames: frames}
	for _, h := range e.Held {
		c.note(h)
		o.sites = append(o.sites, c.syms.Frame(h.Site))
	}
	c.note(e.To)
	o.sample(e)
	c.orders[e.Key] = o
	c.version++
}

// places takes from one more sample where the locks held were taken, as far as
// the first one did not tell: the programs do not always look.
func (c *Collector) places(o *order, e *Order) {
	if len(e.Held) != len(o.Held) {
		return
	}
	for i, h := range e.Held {
		if old := &o.Held[i]; old.Site == 0 && h.Site != 0 && old.Class == h.Class {
			old.Site, o.sites[i] = h.Site, c.syms.Frame(h.Site)
			c.version++
		}
	}
}

func (c *Collector) note(l Lock) {
	k := c.class[l.Class]
	if k == nil { // its event was lost
		c.Class(&Class{Class: l.Class, From: l.From, Addr: l.Addr, Site: l.Site})
		k = c.class[l.Class]
	}
	k.kind |= l.Kind
	if k.kind&kindMask == 0 {
		k.kind |= l.Kind & kindMask
	}
}

func (o *order) sample(e *Order) {
	var s []uint64
	for _, h := range e.Held {
		s = append(s, h.Addr)
	}
	s = append(s, e.To.Addr)
	if len(s) == len(o.Held)+1 && len(o.samples) < maxSamples && !slices.ContainsFunc(o.samples, func(x []uint64) bool { return slices.Equal(x, s) }) {
		o.samples = append(o.samples, s)
	}
}

// HandedOver says that class is released by tasks that did not take it: a semaphore
// used as a signal, or a lock that is handed over. Nothing follows from its
// being "held".
func (c *Collector) HandedOver(class uint64) {
	if !c.stray[class] {
		c.stray[class] = true
		c.version++
	}
}

// SetCounts takes how often each order was seen.
func (c *Collector) SetCounts(n map[OrderKey]int64) {
	for k, o := range c.orders {
		o.count = max(o.count, n[k])
	}
}

// Behind returns the orders that a finding about the graph saved last rests
// on, as far as more samples of them can tell more.
func (c *Collector) Behind(f *model.Finding) []OrderKey {
	var out []OrderKey
	for _, p := range f.Evidence {
		n, err := strconv.Atoi(strings.TrimPrefix(p.Locator, "order "))
		if err != nil || n < 0 || n >= len(c.saved) {
			continue
		}
		if k := c.saved[n]; len(c.orders[k].samples) < maxSamples && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// frames resolves a stack, without the programs' own frames and the lock
// function that was stopped at.
func (c *Collector) frames(stack []uint64) []model.Frame {
	var out []model.Frame
	for _, a := range stack {
		f := c.syms.Frame(a)
		if f.Unreliable || strings.HasPrefix(f.Func, "bpf_") {
			if len(out) == 0 {
				continue
			}
		}
		out = append(out, f)
	}
	return out
}

// inInterrupt reports whether a stack passes through the entry of an interrupt
// or through softirqs: arch/x86/include/asm/idtentry.h, kernel/softirq.c.
func inInterrupt(frames []model.Frame) bool {
	return slices.ContainsFunc(frames, func(f model.Frame) bool {
		return strings.HasPrefix(f.Func, "asm_sysvec_") || strings.HasPrefix(f.Func, "sysvec_") || strings.HasPrefix(f.Func, "asm_common_interrupt") ||
			f.Func == "common_interrupt" || f.Func == "__do_softirq" || f.Func == "handle_softirqs" || f.Func == "do_softirq" || f.Func == "irq_exit_rcu" || strings.HasSuffix(f.Func, "exc_nmi")
	})
}
