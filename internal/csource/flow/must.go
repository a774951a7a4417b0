package flow

import "gordian/internal/csource/ir"

// mustPass finds the blocks that lie on every way from the entry to a return,
// by the dominators of the returns (Cooper, Harvey, Kennedy: "A simple, fast
// dominance algorithm", 2001).
func mustPass(f *ir.Func) []bool {
	n := len(f.Blocks)
	out := make([]bool, n)
	if n == 1 {
		out[0] = true
		return out
	}
	rank := ranks(f)
	order := make([]int32, n)
	preds := make([][]int32, n)
	reached := make([]bool, n)
	reached[0] = true
	for b := range f.Blocks {
		order[b] = int32(b)
	}
	byRank(order, rank)
	for _, b := range order {
		if !reached[b] {
			continue
		}
		for _, t := range succs(&f.Blocks[b]) {
			preds[t] = append(preds[t], b)
			reached[t] = true
		}
	}
	idom := dominators(order, rank, preds)
	meet := int32(-1)
	for b := range f.Blocks {
		if f.Blocks[b].Term != ir.Return || !reached[b] {
			continue
		}
		if meet < 0 {
			meet = int32(b)
		} else {
			meet = intersect(idom, rank, meet, int32(b))
		}
	}
	for b := meet; b >= 0; b = idom[b] {
		out[b] = true
		if b == 0 {
			break
		}
	}
	return out
}

func succs(b *ir.Block) []int32 {
	switch b.Term {
	case ir.Jump:
		return []int32{b.Then}
	case ir.Branch:
		return []int32{b.Then, b.Else}
	}
	return nil
}

func byRank(order, rank []int32) {
	pos := make([]int32, len(order))
	for b, r := range rank {
		if int(r) < len(pos) {
			pos[r] = int32(b)
		}
	}
	// Blocks that nothing reaches share rank 0; they are never looked at.
	pos[0] = 0
	copy(order, pos)
}

func dominators(order, rank []int32, preds [][]int32) []int32 {
	idom := make([]int32, len(order))
	for i := range idom {
		idom[i] = -1
	}
	idom[0] = 0
	for changed := true; changed; {
		changed = false
		for _, b := range order {
			if b == 0 {
				continue
			}
			d := int32(-1)
			for _, p := range preds[b] {
				switch {
				case idom[p] < 0:
				case d < 0:
					d = p
				default:
					d = intersect(idom, rank, d, p)
				}
			}
			if d >= 0 && idom[b] != d {
				idom[b] = d
				changed = true
			}
		}
	}
	return idom
}

func intersect(idom, rank []int32, a, b int32) int32 {
	for a != b {
		for rank[a] > rank[b] {
			a = idom[a]
		}
		for rank[b] > rank[a] {
			b = idom[b]
		}
	}
	return a
}
