package flow

import stdheap "container/heap"

// heap is the list of states to look at, those of earlier blocks first.
type heap struct {
	rank  []int32
	items items
	in    map[entry]bool
}

type entry struct {
	block int32
	key   uint64
}

type item struct {
	entry
	rank int32
	seq  int
}

type items []item

func (h items) Len() int { return len(h) }
func (h items) Less(i, j int) bool {
	if h[i].rank != h[j].rank {
		return h[i].rank < h[j].rank
	}
	return h[i].seq < h[j].seq
}
func (h items) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *items) Push(x any)   { *h = append(*h, x.(item)) }
func (h *items) Pop() any {
	x := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return x
}

func (h *heap) len() int { return len(h.items) }

func (h *heap) push(b int32, k uint64) {
	e := entry{b, k}
	if h.in == nil {
		h.in = map[entry]bool{}
	}
	if h.in[e] {
		return
	}
	h.in[e] = true
	stdheap.Push(&h.items, item{entry: e, rank: h.rank[b], seq: len(h.in)})
}

func (h *heap) pop() (int32, uint64) {
	x := stdheap.Pop(&h.items).(item)
	delete(h.in, x.entry)
	return x.block, x.key
}
