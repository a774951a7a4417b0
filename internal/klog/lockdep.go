package klog

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/kreport"
)

// Lockdep splats, kernel/locking/lockdep.c. Each print_*() there writes
// sections that begin with a fixed sentence; lockdepSections maps the sentence
// to what follows it.

var (
	ldTask     = regexp.MustCompile(`^(.+)/(\d+) (?:\[(HC\S+)\] )?(?:is trying to|takes:|just changed the state|is freeing memory|is leaving the kernel|is exiting with locks|still has locks)`)
	ldUsage    = regexp.MustCompile(`inconsistent \{([^}]+)\} -> \{([^}]+)\} usage`)
	ldDep      = regexp.MustCompile(`^-> #(\d+)\s*(.*)$`)
	ldNewDep   = regexp.MustCompile(`^\((.+)\)\{[^}]*\}(?:-\{[^}]*\})? -> \((.+)\)\{`)
	ldIRQDep   = regexp.MustCompile(`^-> \((.+)\)\{[^}]*\}(?:-\{[^}]*\})?\s+ops:`)
	ldRelease  = regexp.MustCompile(`is trying to release lock \((.*)\)(?: at:)?\s*(.*)$`)
	ldMemory   = regexp.MustCompile(`is freeing memory ([0-9a-fp_x]+)-([0-9a-fp_x]+)`)
	ldContext  = regexp.MustCompile(`^context-\{([^}]*)\}`)
	ldScenario = regexp.MustCompile(`\b(\w*lock|sync)\((.*)\);?$`)
	ldIRQKind  = regexp.MustCompile(`(\w+)-safe -> (\w+)-unsafe lock order`)
)

// lockdepSection reports whether a line is one of lockdep's fixed sentences.
func lockdepSection(t string) bool {
	for _, p := range []string{
		"other info that", "stack backtrace:", "Possible unsafe", "Possible interrupt unsafe", "Chain exists of",
		"the existing dependency chain", "but task is already", "to a ", "... key ", "... acquired at", "the dependencies between",
		"the shortest dependencies", "*** DEADLOCK", "... which became", "irq event stamp", "the first lock's",
	} {
		if strings.HasPrefix(t, p) {
			return true
		}
	}
	return strings.HasPrefix(t, "-> ") && (ldDep.MatchString(t) || ldIRQDep.MatchString(t))
}

// ldParser walks over the records of one splat.
type ldParser struct {
	recs []record
	i    int
	rep  *kreport.Lockdep
	want **kreport.Lock // where the next lock line goes
	deps *[]kreport.Dep // where "-> (name){…} ops:" entries go
	safe bool           // the next bare lock line names the irq-safe lock
	bad  bool           // … the irq-unsafe lock
}

func parseLockdep(b *block) *kreport.Lockdep {
	p := &ldParser{recs: b.recs, rep: &kreport.Lockdep{ReportBase: b.base()}}
	if m := ldIRQKind.FindStringSubmatch(p.rep.Header); m != nil {
		p.rep.IRQClass = &kreport.IRQClass{Safe: m[1], Unsafe: m[2]}
	}
	for p.i < len(p.recs) {
		p.step(strings.TrimSpace(p.recs[p.i].text))
		p.i++
	}
	p.finish(b)
	return p.rep
}

// step handles the line at p.i; it may consume more by moving p.i to the last
// line that it used.
func (p *ldParser) step(t string) {
	if t == "" {
		return
	}
	p.taskLine(t)
	switch {
	case p.wanted(t), p.usageLines(t), p.sectionLines(t), p.stackLines(t):
		return
	}
	if m := ldDep.FindStringSubmatch(t); m != nil {
		p.dependency(m)
		return
	}
	if p.rep.Held == nil {
		if _, ok := parseHeld(t); ok && !strings.HasPrefix(t, "other info") {
			var n int
			p.rep.Held, n = readHeld(p.recs[p.i:])
			p.i += n - 1
		}
	}
}

// wanted fills the lock that the sentence before asked for.
func (p *ldParser) wanted(t string) bool {
	if p.want == nil {
		return false
	}
	l, ok := parseLock(t)
	if !ok || l.Lock == "" {
		return false
	}
	l.LogLine = p.recs[p.i].line
	*p.want = l
	for p.i+1 < len(p.recs) { // one line per inlined caller; the last is the function
		next, ok := parseLock(p.recs[p.i+1].text)
		if !ok || next.Lock != l.Lock || next.Addr != l.Addr || next.Func == "" {
			break
		}
		p.i++
		next.LogLine = l.LogLine
		*p.want = next
	}
	p.want = nil
	return true
}

// taskLine reads "comm/pid [HC…] is trying to acquire lock:" and its kin, and
// says what the next lock line is.
func (p *ldParser) taskLine(t string) {
	t = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(t, "[ BUG: "), "WARNING: "), " ]")
	m := ldTask.FindStringSubmatch(t)
	if m == nil || p.rep.Task != nil {
		return
	}
	pid, err := strconv.Atoi(m[2])
	if err != nil {
		return
	}
	p.rep.Task = &kreport.Task{Comm: validUTF8(m[1]), PID: pid}
	p.rep.IRQContext = m[3]
	switch {
	case strings.Contains(t, "trying to release"):
		p.release(t)
	case strings.Contains(t, "just changed"):
		p.want = &p.rep.Lock
	case strings.Contains(t, "is freeing memory"):
		if m := ldMemory.FindStringSubmatch(t); m != nil {
			p.rep.Memory = []string{m[1], m[2]}
		}
		p.want = &p.rep.Lock
	case strings.Contains(t, "trying to"), strings.Contains(t, "takes:"):
		p.want = &p.rep.Acquiring
	}
}

// release reads "comm/pid is trying to release lock (name) at:" and the frame
// behind it, on the same line or the next.
func (p *ldParser) release(t string) {
	m := ldRelease.FindStringSubmatch(t)
	if m == nil {
		return
	}
	p.rep.Lock = &kreport.Lock{Lock: m[1], LogLine: p.recs[p.i].line}
	at := m[2]
	for j := p.i + 1; j < len(p.recs) && j < p.i+4; j++ {
		f, ok := parseFrame(at)
		if ok {
			p.rep.Lock.Func, p.rep.Lock.Module, p.rep.Lock.File, p.rep.Lock.LineNo = f.Func, f.Module, f.File, f.Line
			if !f.Inline {
				return
			}
		} else if p.rep.Lock.Func != "" {
			return
		}
		at = p.recs[j].text
	}
}

func (p *ldParser) usageLines(t string) bool {
	if m := ldUsage.FindStringSubmatch(t); m != nil {
		p.rep.UsageFrom, p.rep.UsageTo = m[1], m[2]
		return true
	}
	if m := ldNewDep.FindStringSubmatch(t); m != nil {
		p.rep.NewDependency = []string{m[1], m[2]}
		return true
	}
	if m := ldContext.FindStringSubmatch(t); m != nil {
		p.rep.WaitContext = m[1]
		return true
	}
	if p.safe || p.bad {
		l, ok := parseLock(t)
		if !ok {
			return false
		}
		if p.safe {
			p.rep.IRQSafeLock = l.Lock
		} else {
			p.rep.IRQUnsafeLock = l.Lock
		}
		p.safe, p.bad = false, false
		return true
	}
	return false
}

func (p *ldParser) sectionLines(t string) bool {
	switch {
	case strings.Contains(t, "already holding"):
		p.want = &p.rep.Holding
	case strings.Contains(t, "this new dependency connects a"):
		p.safe = true
	case strings.HasPrefix(t, "to a ") && strings.Contains(t, "unsafe lock"):
		p.bad = true
	case strings.Contains(t, "this lock took another") || strings.Contains(t, "this lock was taken by another"):
		if strings.Contains(t, "unsafe") {
			p.bad = true
		} else {
			p.safe = true
		}
	case strings.Contains(t, "the dependencies between") && strings.Contains(t, "the holding lock"),
		strings.Contains(t, "safe lock and the holding lock"):
		p.deps = &p.rep.SafeDeps
	case strings.Contains(t, "the dependencies between"):
		p.deps = &p.rep.UnsafeDeps
	case strings.HasPrefix(t, "Chain exists of"):
		p.chain()
	case strings.Contains(t, "unsafe locking scenario"):
		p.scenario()
	case strings.HasPrefix(t, "*** DEADLOCK ***"):
		p.rep.DeadlockMarker = true
	case strings.Contains(t, "no more locks to release"):
		p.rep.NoMoreLocks = true
	case strings.Contains(t, "this task is not holding"):
		p.nestLock()
	default:
		return false
	}
	return true
}

// nestLock reads the name behind "but this task is not holding:".
func (p *ldParser) nestLock() {
	for j := p.i + 1; j < len(p.recs) && j < p.i+4; j++ {
		if t := strings.TrimSpace(p.recs[j].text); t != "" {
			p.rep.NestLock = t
			p.i = j
			return
		}
	}
}

// chain reads "A --> B --> C" behind "Chain exists of:".
func (p *ldParser) chain() {
	for j := p.i + 1; j < len(p.recs) && j < p.i+6; j++ {
		t := strings.TrimSpace(p.recs[j].text)
		if t == "" {
			continue
		}
		if !strings.Contains(t, "-->") {
			if p.rep.Chain == nil {
				continue
			}
			return
		}
		for name := range strings.SplitSeq(t, "-->") {
			if name = strings.TrimSpace(name); name != "" {
				p.rep.Chain = append(p.rep.Chain, name)
			}
		}
		p.i = j
	}
}

// dependency reads one "-> #N (name){usage}:" entry and its stack.
func (p *ldParser) dependency(m []string) {
	d := kreport.Dep{HeadLine: p.recs[p.i].line}
	d.Idx, _ = strconv.Atoi(m[1])
	if l, ok := parseLock(m[2]); ok {
		d.Lock, d.Usage = l.Lock, l.Usage
	}
	if p.i+1 < len(p.recs) {
		st, n := readStack(p.recs[p.i+1:])
		if len(st.Full) > 0 {
			d.Stack = st
			p.i += n
		}
	}
	p.rep.Deps = append(p.rep.Deps, d)
}

// stackLines reads the stacks that stand behind a sentence.
func (p *ldParser) stackLines(t string) bool {
	var to **kreport.Stack
	switch {
	case strings.HasPrefix(t, "stack backtrace") || strings.HasPrefix(t, "Call Trace") || strings.HasPrefix(t, "Call trace"):
		to = &p.rep.Backtrace
	case strings.Contains(t, "state was registered at") || (strings.Contains(t, "which became") && strings.Contains(t, "-safe at")):
		to = &p.rep.Registered
	case strings.Contains(t, "which became") && strings.Contains(t, "unsafe at"):
		to = &p.rep.UnsafeAt
	case strings.Contains(t, "acquired at:") && p.deps != nil && len(*p.deps) > 0:
		st, n := p.stackBehind()
		(*p.deps)[len(*p.deps)-1].Stack = st
		p.i += n
		return true
	default:
		if m := ldIRQDep.FindStringSubmatch(t); m != nil && p.deps != nil {
			*p.deps = append(*p.deps, kreport.Dep{Idx: len(*p.deps), Lock: m[1], HeadLine: p.recs[p.i].line})
			return true
		}
		return false
	}
	st, n := p.stackBehind()
	if *to == nil && len(st.Full) > 0 {
		*to = &st
	}
	p.i += n
	return true
}

func (p *ldParser) stackBehind() (kreport.Stack, int) {
	if p.i+1 >= len(p.recs) {
		return kreport.Stack{}, 0
	}
	// The CPU line and the hardware line stand between the sentence and the trace.
	for j := p.i + 1; j < len(p.recs) && j < p.i+8; j++ {
		t := strings.TrimSpace(p.recs[j].text)
		if f, ok := parseFrame(t); stackHead(t) || (ok && f.Size != 0) {
			st, n := readStack(p.recs[j:])
			return st, j - p.i - 1 + n
		}
	}
	return kreport.Stack{}, 0
}

// finish derives what the lines do not say one by one.
func (p *ldParser) finish(b *block) {
	r := p.rep
	if r.Family == "lockdep-circular" && len(r.Deps) > 1 {
		byIdx := slices.Clone(r.Deps)
		slices.SortStableFunc(byIdx, func(a, b kreport.Dep) int { return a.Idx - b.Idx })
		for i, d := range byIdx {
			if d.Idx != i || d.Lock == "" {
				r.Cycle = nil
				break
			}
			r.Cycle = append(r.Cycle, d.Lock)
		}
	}
	if r.Family == "lockdep-held-userspace" && r.Held != nil && len(r.Held.Locks) > 0 {
		l := r.Held.Locks[0]
		r.Acquiring = &l
	}
	r.Context = b.context()
	r.Truncated = r.Truncated || r.Task == nil || r.Backtrace == nil
}
