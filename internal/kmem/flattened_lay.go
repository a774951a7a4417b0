package kmem

import (
	"cmp"
	"container/heap"
	"slices"
)

// lay makes pieces that do not overlap of records in the order of writing: of
// those that have a byte, the one that was written last counts. It sweeps over
// the offsets, with the records that reach there in a heap, so that records
// made to overlap cost no more than others.
func lay(recs []flatRecord) []flatRecord {
	slices.SortFunc(recs, func(a, b flatRecord) int {
		return cmp.Or(cmp.Compare(a.off, b.off), cmp.Compare(a.seq, b.seq))
	})
	out := make([]flatRecord, 0, len(recs))
	var here newestFirst
	at := int64(0)
	for i := 0; i < len(recs) || len(here) > 0; {
		if len(here) == 0 {
			at = max(at, recs[i].off)
		}
		for ; i < len(recs) && recs[i].off <= at; i++ {
			heap.Push(&here, recs[i])
		}
		top := here[0]
		end := top.end()
		if end <= at {
			heap.Pop(&here)
			continue
		}
		if i < len(recs) { // the next one may be newer
			end = min(end, recs[i].off)
		}
		if n := len(out); n > 0 && out[n-1].seq == top.seq && out[n-1].end() == at {
			out[n-1].size += end - at
		} else {
			out = append(out, flatRecord{off: at, size: end - at, at: top.at + at - top.off, seq: top.seq})
		}
		at = end
	}
	return out
}

// newestFirst is a heap of records.
type newestFirst []flatRecord

func (h newestFirst) Len() int           { return len(h) }
func (h newestFirst) Less(i, j int) bool { return h[i].seq > h[j].seq }
func (h newestFirst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *newestFirst) Push(x any)        { *h = append(*h, x.(flatRecord)) }
func (h *newestFirst) Pop() any {
	last := len(*h) - 1
	r := (*h)[last]
	*h = (*h)[:last]
	return r
}
