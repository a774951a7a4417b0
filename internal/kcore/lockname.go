package kcore

import (
	"fmt"
	"strings"

	"gordian/internal/kmem"
	"gordian/internal/model"
)

// lockName names a lock for people, and returns its class: the static symbol
// or lockdep's name, which stay the same from boot to boot.
func (s *State) lockName(addr uint64, typ model.LockType) (name, class string) {
	if n, ok := s.names[addr]; ok {
		return n, n
	}
	if sym, in, ok := s.symbolAt(addr); ok && !isCode(in.Type) || ok && in.Type == 0 {
		return sym, sym
	}
	if c := s.lockdepName(addr, typ); c != "" {
		return c, c
	}
	word := strings.ReplaceAll(string(typ), "_", " ")
	if in := s.inside(addr); in != "" {
		return fmt.Sprintf("%s at %#x (%s)", word, addr, in), ""
	}
	return fmt.Sprintf("%s at %#x", word, addr), ""
}

// inside says what an address without a symbol lies in, "" if that is not known.
func (s *State) inside(addr uint64) string {
	if cache, off, ok := s.slabObject(addr); ok {
		return fmt.Sprintf("%s+%#x", cache, off)
	}
	for _, t := range s.Tasks {
		if s.onStack(t, addr) {
			return "stack of " + t.Name()
		}
	}
	return ""
}

// depMap is where a lock's lockdep_map lies: struct and member by type.
var depMap = map[model.LockType][][2]string{
	model.Mutex:       {{"mutex", "dep_map"}},
	model.WWMutex:     {{"mutex", "dep_map"}},
	model.RWSem:       {{"rw_semaphore", "dep_map"}},
	model.RTMutex:     {{"rt_mutex", "dep_map"}},
	model.Spinlock:    {{"raw_spinlock", "dep_map"}, {"spinlock", "dep_map"}},
	model.RWLock:      {{"rwlock_t", "dep_map"}},
	model.PercpuRWSem: {{"percpu_rw_semaphore", "dep_map"}},
	model.Work:        {{"work_struct", "lockdep_map"}},
	model.SRCU:        {{"srcu_struct", "dep_map"}},
}

// lockdepMap returns the address of a lock's lockdep_map.
func (s *State) lockdepMap(addr uint64, typ model.LockType) (uint64, bool) {
	for _, m := range depMap[typ] {
		if f, ok := s.field(m[0], m[1]); ok {
			return addr + f.Offset, true
		}
	}
	return 0, false
}

const maxClassName = 256

func (s *State) lockdepName(addr uint64, typ model.LockType) string {
	at, ok := s.lockdepMap(addr, typ)
	if !ok {
		return ""
	}
	p, err := s.get(at, "lockdep_map", "name")
	if err != nil || p == 0 {
		return ""
	}
	name, err := kmem.String(s.mem, p, maxClassName)
	if err != nil {
		return ""
	}
	return printable(name)
}

// slabObject returns the slab cache that an address is in, and where in its
// object (mm/slab.h, struct slab).
func (s *State) slabObject(addr uint64) (cache string, off uint64, ok bool) {
	page, linear, ok := s.headPage(addr)
	if !ok {
		return "", 0, false
	}
	var c uint64
	var err error
	if s.has("slab", "slab_cache") {
		c, err = s.get(page, "slab", "slab_cache")
	} else {
		c, err = s.get(page, "page", "slab_cache")
	}
	if err != nil || c == 0 {
		return "", 0, false
	}
	size, err1 := s.get(c, "kmem_cache", "size")
	at, err2 := s.get(c, "kmem_cache", "name")
	if err1 != nil || err2 != nil || uint32(size) == 0 || uint32(size) > 1<<26 {
		return "", 0, false
	}
	name, err := kmem.String(s.mem, at, 64)
	if err != nil || name == "" || printable(name) != name {
		return "", 0, false
	}
	return name, (addr - linear) % uint64(uint32(size)), true
}

// headPage returns the struct page of the (compound) page that an address of
// the direct map is in, and where that page begins.
func (s *State) headPage(addr uint64) (page, linear uint64, ok bool) {
	m, err := s.K.arch.pages(s.K)
	n, ok := m.page(addr)
	if err != nil || !ok {
		return 0, 0, false
	}
	page = m.array + n*m.size
	head, err := s.get(page, "page", "compound_head")
	if err != nil {
		return 0, 0, false
	}
	if head&1 == 1 {
		head--
		if head > page || (page-head)%m.size != 0 {
			return 0, 0, false
		}
		n -= (page - head) / m.size
		page = head
	}
	return page, m.offset + n<<m.shift, true
}
