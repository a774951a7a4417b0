package flow

// heap is the list of states to look at, those of earlier blocks first.
type heap struct {
	rank  []int32
	items []item
}

// item is a state at the start of a block.
type item struct {
	s     *state
	block int32
	rank  int32
	seq   int32
}

func (h *heap) less(i, j int) bool {
	if h.items[i].rank != h.items[j].rank {
		return h.items[i].rank < h.items[j].rank
	}
	return h.items[i].seq < h.items[j].seq
}

func (h *heap) push(b int32, s *state) {
	if s.queued {
		return
	}
	s.queued = true
	j := len(h.items)
	h.items = append(h.items, item{s: s, block: b, rank: h.rank[b], seq: int32(j)})
	for j > 0 {
		i := (j - 1) / 2
		if !h.less(j, i) {
			break
		}
		h.items[i], h.items[j] = h.items[j], h.items[i]
		j = i
	}
}

func (h *heap) pop() (int32, *state) {
	n := len(h.items) - 1
	h.items[0], h.items[n] = h.items[n], h.items[0]
	for i := 0; ; {
		j := 2*i + 1
		if j >= n {
			break
		}
		if j+1 < n && h.less(j+1, j) {
			j++
		}
		if !h.less(j, i) {
			break
		}
		h.items[i], h.items[j] = h.items[j], h.items[i]
		i = j
	}
	x := h.items[n]
	h.items = h.items[:n]
	x.s.queued = false
	return x.block, x.s
}
