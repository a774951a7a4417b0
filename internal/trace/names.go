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
	joined map[uint64]uint64   // class of a place → another that is the same
	group  map[uint64][]uint64 // all that are the same, by the one that stands for them
}

// instance is one lock. Memory that was used again counts as another only if
// another kind of lock is in it; but a lock whose initialiser was seen has no
// class of a place any more.
type instance struct {
	addr uint64
	kind Kind
}

type slabPlace struct {
	cache string
	off   uint64
}

// newNamer learns from the locks whose initialiser was seen what the others
// are, that were made before the programs started.
func newNamer(c *Collector) *namer {
	n := &namer{c, map[uint64][]uint64{}, map[slabPlace][]uint64{}, map[uint64]uint64{}, map[uint64][]uint64{}}
	n.join()
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

// join makes one class of the places at which one lock was taken: a path that
// takes b under a, and another that takes a under b, do so at four places.
func (n *namer) join() {
	first := map[instance]uint64{}
	for _, o := range n.c.orders {
		locks := append(slices.Clone(o.Held), o.To)
		for _, row := range o.samples {
			for i, addr := range row {
				if locks[i].From != Site {
					continue
				}
				at := instance{addr, locks[i].Kind & kindMask}
				if other, ok := first[at]; ok {
					n.joined[n.root(locks[i].Class)] = n.root(other)
				} else {
					first[at] = locks[i].Class
				}
			}
		}
	}
	for number, k := range n.c.class {
		if k.From == Site {
			r := n.root(number)
			n.group[r] = append(n.group[r], number)
		}
	}
}

func (n *namer) root(number uint64) uint64 {
	for {
		up, ok := n.joined[number]
		if !ok || up == number {
			return number
		}
		number = up
	}
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
	if k.From == Site {
		return n.nameGroup(n.group[n.root(number)])
	}
	s := SavedClass{Type: k.kind.Type(), Module: k.module, HandedOver: n.c.stray[number]}
	switch {
	case k.From == Static && k.name != "":
		s.Name, s.Static = k.name, s.Type != model.Work
	case k.From == Static:
		s.Name, s.Module, s.Guessed = "lock taken in "+cmp.Or(k.siteFunc, "a module that is gone"), k.siteMod, true
	default:
		s.Name, s.Init = cmp.Or(k.Name, "lock made in "+k.initFunc), k.initFunc
	}
	return s
}

// nameGroup names the class of one or more places: by the one class that is
// known to be taken there, or by the first guess, in alphabetical order.
func (n *namer) nameGroup(members []uint64) SavedClass {
	var known []uint64
	var guesses []SavedClass
	stray := false
	for _, m := range members {
		for _, k := range n.bySite[m] {
			known = add(known, k)
		}
		k := n.c.class[m]
		s := SavedClass{Type: k.kind.Type(), Module: k.module}
		n.guess(k, &s)
		guesses = append(guesses, s)
		stray = stray || n.c.stray[m]
	}
	s := slices.MinFunc(guesses, compareClasses)
	if len(known) == 1 {
		s = n.name(known[0])
	}
	s.HandedOver = s.HandedOver || stray
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
	where := "an unknown function"
	if k.siteFunc != "" {
		where = k.siteFunc + "+0x" + hex(k.siteOff) // one function may take locks of several classes
	}
	s.Name, s.Module = string(s.Type)+" taken in "+where, k.siteMod
}
