package klog

import "slices"

// Bounds of what is open at a time: reports of so many callers, so many
// callers (a machine has two per CPU and task at work), so many bytes.
const (
	maxOpen      = 256
	maxStreams   = 4096
	maxOpenBytes = 16 << 20
)

// adopt lets the lines of one more caller into a report that waits for the
// backtraces of other CPUs.
func (p *reader) adopt(caller string) bool {
	if len(p.streams) >= maxStreams {
		return false
	}
	var newest *block
	for _, open := range p.streams {
		for _, b := range open {
			if b.fam.adopts && (newest == nil || b.slot > newest.slot) {
				newest = b
			}
		}
	}
	if newest == nil {
		return false
	}
	p.streams[caller] = append(p.streams[caller], newest)
	return true
}

func (p *reader) closeStream(caller string) {
	for _, b := range slices.Clone(p.streams[caller]) {
		p.close(b)
	}
}

func (p *reader) closeOldest() {
	var oldest *block
	for _, open := range p.streams {
		for _, b := range open {
			if oldest == nil || b.slot < oldest.slot {
				oldest = b
			}
		}
	}
	if oldest != nil {
		p.close(oldest)
	}
}

func (p *reader) closeAll() {
	var open []*block
	for _, bs := range p.streams {
		open = append(open, bs...)
	}
	slices.SortFunc(open, func(a, b *block) int { return a.slot - b.slot })
	for _, b := range slices.Compact(open) {
		p.close(b)
	}
}

// close parses a block and takes it out of every stream.
func (p *reader) close(b *block) {
	found := false
	for caller, open := range p.streams {
		i := slices.Index(open, b)
		if i < 0 {
			continue
		}
		found = true
		if len(open) == 1 {
			delete(p.streams, caller)
		} else {
			p.streams[caller] = slices.Delete(slices.Clone(open), i, i+1)
		}
	}
	if !found {
		return
	}
	p.opened--
	p.bytes -= b.bytes
	if b.over {
		p.lost++
	}
	p.kept += b.bytes + reportCost
	if p.kept > maxKept {
		p.counted[b.fam.name]++
		return
	}
	b.recs = unwrap(b.recs)
	p.slots[b.slot] = b.fam.parse(b)
}
