package kmem

import (
	"maps"
	"slices"
	"sync"
)

// frameCache keeps page frames, as many as fit, and throws out the one that
// came first (first in, first out: what is read often is kept by the Space
// above, so recency says little here).
type frameCache struct {
	mu      sync.Mutex
	frames  map[uint64][]byte
	order   []uint64 // ring of what is in frames, oldest at next
	next    int
	limit   int
	touched map[uint64]struct{} // nil: not recorded
}

// minFrames is what even a small limit keeps: below it, a walk through page
// tables would throw out its own tables.
const minFrames = 256

// frameCost is what one kept frame takes: the page, its slot in the map and in
// the ring.
const frameCost = PageSize + 64

func newFrameCache(maxMemory int64, record bool) *frameCache {
	c := &frameCache{frames: map[uint64][]byte{}, limit: max(minFrames, int(maxMemory/frameCost))}
	if record {
		c.touched = map[uint64]struct{}{}
	}
	return c
}

func (c *frameCache) get(pfn uint64) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frames[pfn]
}

// touch notes that a frame is wanted.
func (c *frameCache) touch(pfn uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.touched != nil {
		c.touched[pfn] = struct{}{}
	}
}

func (c *frameCache) put(pfn uint64, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.frames[pfn]; ok { // another reader was faster
		return
	}
	c.frames[pfn] = b
	if len(c.order) < c.limit {
		c.order = append(c.order, pfn)
		return
	}
	delete(c.frames, c.order[c.next])
	c.order[c.next] = pfn
	c.next = (c.next + 1) % c.limit
}

func (c *frameCache) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.frames)
	c.order, c.next = c.order[:0], 0
}

func (c *frameCache) touchedFrames() []uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.touched))
}
