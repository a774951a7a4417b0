// Package klog reads kernel logs: lines in any format become records, records
// become typed reports (package kreport), reports become facts.
//
// It never judges. A log of any size is read once, in bounded memory: between
// reports the scanner jumps from trigger to trigger without looking at lines.
package klog

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/model"
)

// maxKept bounds the text of the reports that are kept, in bytes; past it
// reports are only counted.
const maxKept = 12 << 20

// reportCost is what a report takes beyond its text; a flood of one-line
// reports counts by it.
const reportCost = 1 << 10

// Read reads one log and adds its reports and the facts in them to f. An
// error is a read error of r; what was read before it is kept.
func Read(ctx context.Context, r io.Reader, input int, f *model.Facts) error {
	return ReadBoot(ctx, r, input, f, "")
}

// ReadBoot is Read for a log that is known to be of one boot (the log in a
// crash dump is of the boot that the dump shows); "" finds out.
func ReadBoot(ctx context.Context, r io.Reader, input int, f *model.Facts, boot model.Boot) error {
	p := &reader{
		scan: newScanner(r, newMatcher()), fams: families(), input: input, facts: f, boot: boot, only: boot,
		streams: map[string][]*block{}, counted: map[string]int{}, first: len(f.Reports),
	}
	err := p.run(ctx)
	p.closeAll()
	p.finish()
	if err == nil {
		err = p.scan.err
	}
	return err
}

// reader assembles blocks from records, one stream of records per caller id.
type reader struct {
	scan  *scanner
	fams  []family
	input int
	facts *model.Facts

	boot    model.Boot
	only    model.Boot          // if set, no line begins another boot
	streams map[string][]*block // open blocks by caller id; "" without ids
	opened  int                 // open blocks in all
	bytes   int                 // text in them
	blank   bool                // the record before was an empty line
	last    string              // caller of the record before
	clock   string              // time of the record before
	newest  float64             // newest kernel time of a report in this boot, in seconds

	slots   []model.Report
	kept    int            // bytes of report text kept
	counted map[string]int // reports past maxKept, by family
	lost    int            // blocks that reached a limit
	first   int            // index of this input's first report
}

// backwards is how far the kernel's clock, in seconds, must go back for a new
// boot. Lines of other CPUs can be printed a little late.
const backwards = 30

// kernelSeconds reads a kernel time stamp, "12.345678".
func kernelSeconds(s string) (float64, bool) {
	if !isSeconds(s) {
		return 0, false
	}
	s, _, _ = strings.Cut(s, "@")
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

func (p *reader) run(ctx context.Context) error {
	for n := 0; ; n++ {
		if n&1023 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if p.opened == 0 {
			boots := p.scan.boots
			if !p.scan.skip() {
				return nil
			}
			if p.scan.boots != boots {
				p.boot = p.only
			}
		}
		l, ok := p.scan.next()
		if !ok {
			return nil
		}
		hot := p.scan.m.has(l.text)
		for _, rec := range parseLine(l) {
			p.record(rec, hot)
		}
	}
}

// record routes one record: a header opens a block, other lines go to the
// open blocks of their caller.
func (p *reader) record(rec record, hot bool) {
	// Of several empty lines (a log that was spaced out, the fields between two
	// messages of a journal export) one is enough to separate.
	if rec.text == "" {
		if p.blank {
			return
		}
		p.blank = true
	} else {
		p.blank = false
	}
	if rec.bare {
		rec.caller, rec.time = p.last, p.clock
	} else {
		p.last, p.clock = rec.caller, rec.time
	}
	if strings.HasPrefix(rec.text, "Linux version ") {
		p.closeAll()
		p.boot = p.only
		return
	}
	if hot && !warnLine(rec.text, p.streams[rec.caller]) {
		if fam, at := p.header(rec.text); fam != nil {
			p.open(fam, at, rec)
			return
		}
	}
	open := p.streams[rec.caller]
	if len(open) == 0 {
		if !strings.Contains(rec.text, "NMI backtrace for cpu") || !p.adopt(rec.caller) {
			return
		}
		open = p.streams[rec.caller]
	} else if terminates(rec.text) && !warnLine(rec.text, open) {
		p.closeStream(rec.caller)
		return
	}
	p.feed(rec, open)
}

// warnLine reports whether the line is the one of the WARN() whose message
// the newest block begins with.
func warnLine(text string, open []*block) bool {
	if len(open) == 0 {
		return false
	}
	b := open[len(open)-1]
	return b.fam.warns && len(b.recs) == 1 && strings.Contains(text, "WARNING: ")
}

func (p *reader) feed(rec record, open []*block) {
	closing := false
	for _, b := range open {
		before := b.bytes
		b.add(rec)
		p.bytes += b.bytes - before
		closing = closing || b.done()
	}
	if p.bytes > maxOpenBytes {
		p.closeAll()
		return
	}
	if closing {
		for _, b := range slices.Clone(open) {
			if b.done() {
				p.close(b)
			}
		}
	}
}

// header finds the family whose header the text is.
func (p *reader) header(text string) (*family, int) {
	for i := range p.fams {
		if at, ok := p.fams[i].match(text); ok {
			return &p.fams[i], at
		}
	}
	return nil, 0
}

func (p *reader) open(fam *family, at int, rec record) {
	if secs, ok := kernelSeconds(rec.time); ok {
		if secs+backwards < p.newest {
			p.closeAll()
			p.boot, p.newest = p.only, 0
		}
		p.newest = max(p.newest, secs)
	}
	if p.boot == "" {
		p.boot = p.facts.NewBoot()
	}
	if fam.child {
		p.feed(rec, p.streams[rec.caller])
	} else if twin := p.twin(fam, rec.caller); twin == nil {
		p.closeStream(rec.caller)
	}
	rec.text = rec.text[at:]
	b := &block{fam: fam, slot: len(p.slots), input: p.input, boot: p.boot}
	p.slots = append(p.slots, nil)
	if p.opened >= maxOpen {
		p.closeOldest()
	}
	b.add(rec)
	p.bytes += b.bytes
	p.streams[rec.caller] = append(p.streams[rec.caller], b)
	p.opened++
	if b.done() {
		p.close(b)
	}
}

// twin returns the report of the same kind whose header stands right before.
func (p *reader) twin(fam *family, caller string) *block {
	for _, b := range p.streams[caller] {
		if fam.twins && b.fam == fam && len(b.recs) <= 2 {
			return b
		}
	}
	return nil
}

// finish hands the reports over, in the order of their headers, and the facts
// in them.
func (p *reader) finish() {
	for _, r := range p.slots {
		if r != nil {
			p.facts.Reports = append(p.facts.Reports, r)
		}
	}
	p.facts.Count("lines", int64(p.scan.no-1))
	p.facts.Count("reports", int64(len(p.facts.Reports)-p.first))
	if p.lost > 0 {
		p.note(fmt.Sprintf("%d reports are longer than %d lines or %d bytes and were read up to there", p.lost, maxBlockLines, maxBlockBytes))
	}
	if len(p.counted) > 0 {
		total := 0
		for _, n := range p.counted {
			total += n
		}
		p.facts.Count("reports_not_kept", int64(total))
		p.note(fmt.Sprintf("%d reports past the first %d MiB of report text were counted, not read: %s", total, maxKept>>20, countList(p.counted)))
	}
	addFacts(p.facts, p.first)
}

func (p *reader) note(reason string) {
	p.facts.Incomplete = append(p.facts.Incomplete, model.Incomplete{Input: p.input, Reason: reason})
}

func countList(m map[string]int) string {
	var names []string
	for k := range m {
		names = append(names, k)
	}
	slices.Sort(names)
	for i, k := range names {
		names[i] = fmt.Sprintf("%d %s", m[k], k)
	}
	return strings.Join(names, ", ")
}
