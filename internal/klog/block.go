package klog

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// Limits of one report: enough for a SysRq-T of some thousand tasks.
const (
	maxBlockLines = 60_000
	maxBlockBytes = 3 << 20
	// maxIdle is how many lines that look like no part of any report end a
	// report.
	maxIdle = 24
)

// block is the header of a report and the lines that may belong to it.
type block struct {
	fam   *family
	recs  []record
	slot  int // place of the report in the result
	input int
	boot  model.Boot
	bytes int
	idle  int
	over  bool // a limit was reached
}

func (b *block) add(r record) {
	if len(b.recs) >= maxBlockLines || b.bytes+len(r.text) > maxBlockBytes {
		b.over = true
		return
	}
	b.recs = append(b.recs, r)
	b.bytes += len(r.text) + 64
	if len(b.recs) > 1 && !reportLike(r.text) {
		b.idle++
	} else {
		b.idle = 0
	}
}

func (b *block) done() bool { return b.over || b.idle > maxIdle || (b.fam.oneLine && len(b.recs) > 0) }

func (b *block) base() model.ReportBase {
	h := b.recs[0]
	return model.ReportBase{
		Family: b.fam.name, Input: b.input, Line: h.line, Offset: h.off,
		Header: validUTF8(strings.TrimSpace(h.text)), Time: h.time, Boot: b.boot, Truncated: b.over,
	}
}

// ctxLine is dump_stack_print_info(), lib/dump_stack.c.
var ctxLine = regexp.MustCompile(`CPU: (\d+) (?:UID: \d+ )?PID: (\d+) Comm: (.*?)\s+(?:Kdump: loaded )?(Not tainted|Tainted: [A-Z ()\[\]=_,]*?)\s+(\d\S*)`)
var ctxShort = regexp.MustCompile(`CPU: (\d+) (?:UID: \d+ )?PID: (\d+) Comm: (\S+)`)

// ctxOld is the line of kernels before 3.9, which names no CPU.
var ctxOld = regexp.MustCompile(`^Pid: (\d+), comm: (.*?)\s+(Not tainted|Tainted: \S+(?: +[A-Z])*)\s+(\d\S*)`)

func parseContext(text string) *model.ReportCtx {
	c := &model.ReportCtx{}
	if m := ctxLine.FindStringSubmatch(text); m != nil {
		c.CPU, _ = strconv.Atoi(m[1])
		c.PID, _ = strconv.Atoi(m[2])
		c.Comm, c.Taint, c.Kernel = validUTF8(m[3]), strings.TrimPrefix(m[4], "Tainted: "), m[5]
		return c
	}
	if m := ctxShort.FindStringSubmatch(text); m != nil {
		c.CPU, _ = strconv.Atoi(m[1])
		c.PID, _ = strconv.Atoi(m[2])
		c.Comm = validUTF8(m[3])
		return c
	}
	if m := ctxOld.FindStringSubmatch(text); m != nil {
		c.PID, _ = strconv.Atoi(m[1])
		c.Comm, c.Taint, c.Kernel = validUTF8(m[2]), strings.TrimPrefix(m[3], "Tainted: "), m[4]
		return c
	}
	return nil
}

// context finds the report's own "CPU: … PID: … Comm: …" line.
func (b *block) context() *model.ReportCtx {
	for _, r := range b.recs[1:] {
		if strings.Contains(r.text, " PID: ") && strings.Contains(r.text, "CPU: ") || strings.HasPrefix(r.text, "Pid: ") {
			if c := parseContext(r.text); c != nil {
				return c
			}
		}
	}
	return nil
}

// held finds the first held-locks list of the report.
func (b *block) held() *kreport.Held {
	for i := 1; i < len(b.recs); i++ {
		if _, ok := parseHeld(b.recs[i].text); ok {
			h, _ := readHeld(b.recs[i:])
			return h
		}
	}
	return nil
}

// stack finds the first call trace of the report.
func (b *block) stack() *kreport.Stack {
	for i := 1; i < len(b.recs); i++ {
		if !traceStart(b.recs[i].text) {
			continue
		}
		if st, _ := readStack(b.recs[i:]); len(st.Full) > 0 {
			return &st
		}
	}
	return nil
}

// cpuContexts reads every "CPU: n PID: p Comm: c" with the registers and the
// call trace behind it: what the CPUs were doing.
func (b *block) cpuContexts() []kreport.CPUContext {
	var out []kreport.CPUContext
	for i := 1; i < len(b.recs); i++ {
		if len(out) > 1 && stackHead(b.recs[i].text) {
			i += orphanTrace(out, b.recs[i:])
			continue
		}
		if !strings.Contains(b.recs[i].text, " PID: ") {
			continue
		}
		c := parseContext(b.recs[i].text)
		if c == nil {
			continue
		}
		cpu := c.CPU
		ctx := kreport.CPUContext{CPU: &cpu, PID: c.PID, Comm: c.Comm, HeadLine: b.recs[i].line}
		i += b.cpuContext(&ctx, b.recs[i+1:])
		out = append(out, ctx)
	}
	return out
}

// orphanTrace gives a call trace with no CPU line of its own to the one CPU
// that has none: two CPUs printed at the same time.
func orphanTrace(ctxs []kreport.CPUContext, recs []record) int {
	st, n := readStack(recs)
	var without *kreport.CPUContext
	for i := range ctxs {
		if len(ctxs[i].Stack.Full) > 0 {
			continue
		}
		if without != nil {
			return n - 1
		}
		without = &ctxs[i]
	}
	if without != nil {
		regs := without.Stack.Regs
		without.Stack = st
		without.Stack.Regs = regs
	}
	return n - 1
}

// nmiContexts reads the backtraces of the CPUs behind a report of the
// hung-task detector. The first is that of the detector itself.
func (b *block) nmiContexts() []kreport.CPUContext {
	return slices.DeleteFunc(b.cpuContexts(), func(c kreport.CPUContext) bool { return c.Comm == "khungtaskd" })
}

func (b *block) cpuContext(ctx *kreport.CPUContext, recs []record) int {
	regs := map[string]string{}
	for i, r := range recs {
		t := strings.TrimSpace(r.text)
		if strings.Contains(t, " PID: ") && parseContext(t) != nil {
			return i
		}
		if rip, ok := ripFrame(t); ok && ctx.RIP == "" {
			ctx.RIP = rip.Func
		}
		var st kreport.Stack
		addRegisters(&st.Regs, t)
		for k, v := range st.Regs {
			if _, ok := regs[k]; !ok {
				regs[k] = v
			}
		}
		if traceStart(t) {
			st, n := readStack(recs[i:])
			st.Regs = regs
			ctx.Stack = st
			return i + n
		}
		if strings.HasPrefix(t, "NMI backtrace") || strings.HasPrefix(t, "Sending NMI") {
			break
		}
		if i > 60 {
			break
		}
	}
	ctx.Stack.Regs = regs
	return 0
}

// reportLike reports whether a line looks like part of some kernel report.
// It decides only when an open report has ended; reading is stricter.
func reportLike(text string) bool {
	t := strings.TrimSpace(text)
	if t == "" {
		return true
	}
	if strings.Contains(t, "+0x") || strings.Contains(t, " held by ") || strings.Contains(t, "}, at:") ||
		strings.Contains(t, "[inline]") || strings.Contains(t, ".c:") {
		return true
	}
	return stackHead(t) || stackFiller(t) || sectionHead(t) || strings.Contains(t, "lock(") ||
		strings.HasPrefix(t, "#") || strings.HasPrefix(t, "(") || strings.HasPrefix(t, "pwq") ||
		strings.HasPrefix(t, "workqueue ") || strings.HasPrefix(t, "...") || strings.Contains(t, "irqs last") ||
		strings.Contains(t, " ops: ") || strings.Contains(t, "pending:") || strings.Contains(t, "in-flight:")
}
