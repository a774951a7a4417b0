package trace

import (
	"cmp"
	"slices"
	"strings"

	"gordian/internal/model"
)

// SavedClass is a lock class as a saved graph has it. Two classes of equal
// fields are one, on whatever host they were seen.
type SavedClass struct {
	Name   string         `json:"name"`
	Type   model.LockType `json:"type,omitempty"`
	Module string         `json:"module,omitempty"`
	Init   string         `json:"init,omitempty"`   // the function that initialised its locks
	Static bool           `json:"static,omitempty"` // there is one lock of this class
	// Guessed says that the name comes from where its locks are taken or from
	// their slab cache: they may be of several classes.
	Guessed bool `json:"guessed,omitempty"`
	// HandedOver says that tasks release it that did not take it.
	HandedOver bool `json:"handed_over,omitempty"`
}

// namer turns the numbers of classes into classes that mean the same in any
// boot.
type namer struct {
	c      *Collector
	bySite map[uint64][]uint64 // place that takes locks → classes known by their initialiser
	bySlab map[slabPlace][]uint64
}

type slabPlace struct {
	cache string
	off   uint64
}

// newNamer learns from the locks whose initialiser was seen what the others
// are, that were made before the programs started.
func newNamer(c *Collector) *namer {
	n := &namer{c, map[uint64][]uint64{}, map[slabPlace][]uint64{}}
	for _, o := range c.orders {
		for _, l := range append(slices.Clone(o.Held), o.To) {
			if l.From == Init {
				n.bySite[l.Site] = add(n.bySite[l.Site], l.Class)
			}
		}
	}
	for _, k := range c.class {
		if k.From == Init && k.Slab != "" {
			p := slabPlace{k.Slab, k.SlabOff}
			n.bySlab[p] = add(n.bySlab[p], k.Class.Class)
		}
	}
	return n
}

func add(list []uint64, x uint64) []uint64 {
	if slices.Contains(list, x) {
		return list
	}
	return append(list, x)
}

// name says what a class is.
func (n *namer) name(number uint64) SavedClass {
	k := n.c.class[number]
	s := SavedClass{Type: k.kind.Type(), Module: k.module, HandedOver: n.c.stray[number]}
	switch {
	case k.From == Static && k.name != "":
		s.Name, s.Static = k.name, s.Type != model.Work
	case k.From == Static:
		s.Name, s.Module, s.Guessed = "lock taken in "+cmp.Or(k.siteFunc, "a module that is gone"), k.siteMod, true
	case k.From == Init:
		s.Name, s.Init = cmp.Or(k.Name, "lock made in "+k.initFunc), k.initFunc
	case len(n.bySite[number]) == 1:
		return n.name(n.bySite[number][0])
	default:
		n.guess(k, &s)
	}
	return s
}

// guess names a lock that was made before the start and that is taken where no
// other lock of known class is: by its place in a slab cache of its own, or
// by the function that takes it.
func (n *namer) guess(k *class, s *SavedClass) {
	s.Guessed = true
	own := k.Slab != "" && !strings.HasPrefix(k.Slab, "kmalloc")
	if known := n.bySlab[slabPlace{k.Slab, k.SlabOff}]; own && len(known) == 1 {
		*s = n.name(known[0])
		s.Guessed = true
		return
	}
	if own {
		s.Name = k.Slab + "+0x" + hex(k.SlabOff)
		return
	}
	s.Name, s.Module = string(s.Type)+" taken in "+cmp.Or(k.siteFunc, "an unknown function"), k.siteMod
}
