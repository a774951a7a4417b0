package klog

import (
	"regexp"
	"strconv"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

// A frame line is what the architectures' show_stack() print; all forms share
// the "%pS" of a text address: function+offset/size [module].
var (
	// "func+0x1/0x2 [mod] (P) file.c:12 [inline]", after the addresses
	frameSym = regexp.MustCompile(`^([A-Za-z_.$][\w.$@]*)(?:\+0x([0-9a-f]+)/0x([0-9a-f]+))?(.*)$`)
	// "[<ffffffff81>] ", "[<ffffffff81>] (", "[c000..] [c000..] ", "([", and
	// "[] ", which web pages make of the first
	frameAddr = regexp.MustCompile(`^\(?\[<?(?:(?:0x)?[0-9a-fp_]{6,18})?>?\]\)?\s*`)
	fileLine  = regexp.MustCompile(`(?:^|\s)((?:[\w.+-]+/)*[\w.+-]+\.[chS](?:\.\w+)?):(\d+)`)
	modName   = regexp.MustCompile(`\[([A-Za-z_][\w-]*)(?: [0-9a-f]{16,40})?\]?`)
	armFrom   = regexp.MustCompile(`^\(?([\w.$]+)(?:\+0x[0-9a-f]+/0x[0-9a-f]+)?(?: \[([\w-]+)\])?\)? from (?:\[<[0-9a-f]+>\] )?\(?([\w.$]+)(?:\+0x([0-9a-f]+)/0x([0-9a-f]+))?\)?`)
)

// parseFrame reads one line of a call trace.
func parseFrame(text string) (model.Frame, bool) {
	s := strings.TrimSpace(text)
	for _, mark := range []string{"<IRQ>", "<EOI>", "<NMI>", "<TASK>", "<EOE>"} { // up to 4.8 on the frame's own line
		s = strings.TrimSpace(strings.TrimPrefix(s, mark))
	}
	had := false
	for range 2 {
		loc := frameAddr.FindStringIndex(s)
		if loc == nil {
			break
		}
		s, had = s[loc[1]:], true
	}
	if m := armFrom.FindStringSubmatch(s); m != nil {
		return model.Frame{Func: m[1], Module: m[2]}, true
	}
	var f model.Frame
	if rest, ok := strings.CutPrefix(s, "? "); ok {
		f.Unreliable, s = true, strings.TrimSpace(rest)
	}
	if had {
		s = strings.TrimPrefix(s, "(")
	}
	m := frameSym.FindStringSubmatch(s)
	if m == nil {
		return f, false
	}
	f.Func = m[1]
	f.Offset, _ = strconv.ParseUint(m[2], 16, 64)
	f.Size, _ = strconv.ParseUint(m[3], 16, 64)
	frameTail(&f, m[4])
	if m[2] == "" && f.File == "" && !had {
		return f, false
	}
	if m[2] == "" && had && strings.TrimSpace(m[4]) != "" && f.File == "" {
		return f, false
	}
	return f, true
}

// frameTail reads what follows the symbol: module, file and line, marks.
func frameTail(f *model.Frame, tail string) {
	if tail == "" {
		return
	}
	if strings.Contains(tail, "(unreliable)") {
		f.Unreliable = true
	}
	if strings.Contains(tail, "[inline]") {
		f.Inline = true
		tail = strings.ReplaceAll(tail, "[inline]", "")
	}
	if m := fileLine.FindStringSubmatch(tail); m != nil {
		f.File = m[1]
		f.Line, _ = strconv.Atoi(m[2])
	}
	if m := modName.FindStringSubmatch(tail); m != nil {
		f.Module = m[1]
	}
}

// stackHead reports whether a line begins a call trace.
func stackHead(text string) bool {
	t := strings.ToLower(strings.TrimSpace(text))
	return strings.HasPrefix(t, "call trace:") || strings.HasPrefix(t, "backtrace:") || strings.HasPrefix(t, "stack backtrace:") ||
		strings.HasPrefix(t, "call trace (") || t == "stack:" || strings.HasPrefix(t, "call backtrace")
}

// traceStart reports whether a line begins a call trace: its head line, or on
// arm, whose unwinder prints no head, the first frame.
func traceStart(text string) bool {
	return stackHead(text) || strings.Contains(text, " from ") && strings.Contains(text, "+0x") && armFrom.MatchString(freeOfAddr(text))
}

// freeOfAddr removes the addresses before a frame.
func freeOfAddr(text string) string {
	s := strings.TrimSpace(text)
	return s[len(frameAddr.FindString(s)):]
}

// stackFiller reports whether a line may stand inside a call trace without
// being a frame: stack marks, registers, raw stack words, code bytes.
func stackFiller(text string) bool {
	t := strings.TrimSpace(text)
	if t == "" || t[0] == '<' {
		return true
	}
	if strings.HasPrefix(t, "Stack:") || strings.HasPrefix(t, "Call ") || strings.HasPrefix(t, "Code:") ||
		strings.HasPrefix(t, "Modules linked in:") || strings.HasPrefix(t, "Hardware name:") {
		return true
	}
	if strings.ContainsAny(t[:min(len(t), 12)], ":=[") && register.MatchString(t) {
		return true
	}
	if len(t) >= 8 && unhex(t[0]) >= 0 && unhex(t[7]) >= 0 && rawWords.MatchString(t) {
		return true
	}
	return strings.HasPrefix(t, "---") || strings.HasPrefix(t, "0x") || strings.HasPrefix(t, "EFLAGS")
}

var (
	register = regexp.MustCompile(`^(?:[RE][A-Z0-9]{1,2}|R\d\d|CS|DS|FS|GS|CR\d|DR\d|PKRU|RIP|RSP|EIP|ESP|pc|lr|sp|x\d+|pstate|NIP|LR|MSR|GPR\d+|CFAR|REGS|CTR|XER|CR|LNK|psr|r\d+|epc|ra|status)\s*(?::|=|\s\[)`)
	rawWords = regexp.MustCompile(`^(?:[0-9a-f]{8,16}\s*)+$`)
	regValue = regexp.MustCompile(`\b([RE][A-D0-9S][XIP0-9PD]?|R\d\d|x\d+): ?([0-9a-f]{8,16})\b`)
)

// maxGap is how many lines that are neither frame nor filler a call trace may
// hold: other output that slipped in.
const maxGap = 6

// readStack reads the call trace that starts at recs[0] (its head line or its
// first frame) and returns it with the number of records it takes.
func readStack(recs []record) (kreport.Stack, int) {
	var st kreport.Stack
	used, gap := 0, 0
	regs := &st.Regs
	for i, r := range recs {
		t := strings.TrimSpace(r.text)
		if i > 0 && (sectionHead(t) || (len(st.Full) > 0 && stackHead(t))) {
			break
		}
		if rip, ok := ripFrame(t); ok && len(st.Full) > 0 && rip.Func != "" {
			if atInterruptEntry(st.Full) {
				st.Full = append(st.Full, rip)
				regs = &st.Interrupted
			}
			gap = 0
			continue
		}
		if f, ok := parseFrame(t); ok && !strings.HasPrefix(t, "RIP") {
			addFrame(&st, f, r)
			used, gap = i+1, 0
			continue
		}
		if stackHead(t) || stackFiller(t) {
			addRegisters(regs, t)
			continue
		}
		if gap++; gap > maxGap {
			break
		}
	}
	return st, max(used, 1)
}

// atInterruptEntry reports whether a trace has come to where the interrupt
// began: the function that it interrupted has no frame of its own, it stands
// in the registers that show_regs_if_on_stack() prints there
// (arch/x86/kernel/dumpstack.c, 6.1).
func atInterruptEntry(stack []model.Frame) bool {
	for i := len(stack) - 1; i >= 0; i-- {
		if !stack[i].Unreliable {
			return kstack.IsInterruptEntry(stack[i].Func)
		}
	}
	return false
}

// addFrame appends a frame. A "? fn" is a leftover on the stack and no caller;
// a frame marked "(unreliable)" (powerpc) still stands in its place.
func addFrame(st *kreport.Stack, f model.Frame, r record) {
	guessed := f.Unreliable && !strings.Contains(r.text, "(unreliable)")
	if st.LogLine == 0 {
		st.LogLine = r.line
	}
	st.Full = append(st.Full, f)
	if guessed {
		st.Unreliable = append(st.Unreliable, f.Func)
	} else {
		st.Frames = append(st.Frames, f.Func)
	}
}

func addRegisters(regs *map[string]string, text string) {
	for _, m := range regValue.FindAllStringSubmatch(text, -1) {
		if *regs == nil {
			*regs = map[string]string{}
		}
		if _, ok := (*regs)[m[1]]; !ok {
			(*regs)[m[1]] = m[2]
		}
	}
}

// sectionHead reports whether a line begins something else than a call trace,
// so that the trace before it has ended.
func sectionHead(t string) bool {
	switch {
	case t == "":
		return false
	case strings.HasPrefix(t, "task:") || strings.HasPrefix(t, "INFO:") || strings.HasPrefix(t, "NMI backtrace") ||
		strings.HasPrefix(t, "CPU:") || strings.HasPrefix(t, "Sending NMI") || strings.HasPrefix(t, "Task dump for") ||
		strings.HasPrefix(t, "======") || strings.HasPrefix(t, "-> #") || strings.HasPrefix(t, "Showing ") ||
		strings.HasPrefix(t, "Kernel panic") || strings.HasPrefix(t, "BUG:") || strings.HasPrefix(t, "WARNING:"),
		strings.HasPrefix(t, "---[ end trace"), strings.HasPrefix(t, "irq event stamp"):
		return true
	}
	if _, ok := parseTaskLine(t); ok {
		return true
	}
	return (strings.Contains(t, " held by ") && heldLine.MatchString(t)) || lockdepSection(t)
}

// ripFrame parses "RIP: 0010:fn+0x1/0x2", "pc : fn+…", "NIP [addr] fn+…".
func ripFrame(t string) (model.Frame, bool) {
	for _, p := range []string{"RIP: ", "EIP: ", "pc : ", "NIP ", "PC is at ", "epc : "} {
		rest, ok := strings.CutPrefix(t, p)
		if !ok {
			continue
		}
		if i := strings.IndexByte(rest, ':'); i > 0 && i <= 4 { // code segment
			rest = rest[i+1:]
		}
		f, ok := parseFrame(rest)
		if !ok {
			return model.Frame{}, true
		}
		return f, true
	}
	return model.Frame{}, false
}
