package arena

import "testing"

func TestPool(t *testing.T) {
	var p Pool[int]
	for range 2 {
		seen := map[*int]bool{}
		for i := range 3 * chunk {
			x := p.Next()
			if *x != 0 || seen[x] {
				t.Fatalf("value %d is %d, or was handed out before", i, *x)
			}
			seen[x], *x = true, i+1
		}
		p.Reset()
	}
}

func TestPoolGivesUpMuch(t *testing.T) {
	var p Pool[byte]
	for range 4 * kept {
		p.Next()
	}
	if p.Reset(); len(p.chunks)*chunk != kept {
		t.Errorf("%d values stay, want %d", len(p.chunks)*chunk, kept)
	}
}

func TestLists(t *testing.T) {
	var l Lists[int]
	for range 2 {
		var all [][]int
		for i := range 200 {
			list := l.Make(10)
			for range 10 {
				list = append(list, i)
			}
			all = append(all, list)
		}
		for i, list := range all {
			for _, x := range list {
				if x != i {
					t.Fatalf("list %d has %d: another one was written over it", i, x)
				}
			}
		}
		l.Reset()
	}
}

func TestListsZero(t *testing.T) {
	var l Lists[int]
	copy(l.Make(8)[:8], []int{1, 2, 3, 4, 5, 6, 7, 8})
	l.Reset()
	z := l.Zero(4, 4)
	if len(z) != 4 || cap(z) != 8 || z[0]+z[1]+z[2]+z[3] != 0 {
		t.Errorf("list of zeros: %v, room for %d", z, cap(z))
	}
}

func TestListsBack(t *testing.T) {
	var l Lists[int]
	a := append(l.Make(8), 1)
	l.Back(7)
	b := append(l.Make(1), 2)
	if a[0] != 1 || b[0] != 2 || len(l.buf) != 2 {
		t.Errorf("%v %v, %d places used", a, b, len(l.buf))
	}
}
