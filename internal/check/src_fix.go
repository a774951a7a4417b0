package check

import (
	"strings"

	"gordian/internal/model"
	"gordian/internal/srcfact"
	"gordian/internal/srcfix"
)

// file returns the text of a file for edits; it has no lines if the file
// cannot be read.
func (v *srcView) file(name string) srcfix.Text { return srcfix.Text{File: name, Lines: v.lines(name)} }

// edited makes a fix that has a diff. It returns nil where no diff came about:
// the usual advice then stands alone.
func edited(t srcfix.Text, title, detail string, edits []model.Edit, ok bool) []model.Fix {
	if !ok || len(edits) == 0 {
		return nil
	}
	diff, err := t.Diff(edits)
	if err != nil {
		return nil
	}
	return []model.Fix{{Title: title, Detail: detail, Diff: diff, Edits: edits}}
}

// releaseOf names the function that undoes an acquisition. The kernel names
// them by a rule; what differs from it is found by how other paths release.
func releaseOf(api string) string {
	for _, s := range []string{"_interruptible", "_killable", "_nested", "_nest_lock", "_io", "_state"} {
		api = strings.TrimSuffix(api, s)
	}
	switch api {
	case "down", "down_read", "down_write":
		return "up" + strings.TrimPrefix(api, "down")
	case "lock_sock":
		return "release_sock"
	}
	if !strings.Contains(api, "lock") || strings.Contains(api, "trylock") {
		return ""
	}
	at := strings.LastIndex(api, "lock")
	return strings.Replace(api[:at]+"unlock"+api[at+len("lock"):], "irqsave", "irqrestore", 1)
}

// fixExitHeld releases the lock before the return that misses it, or before
// the goto by which the path leaves.
func fixExitHeld(v *srcView, st *slipStory) []model.Fix {
	t := v.file(st.last.File)
	stmt := v.releaseStmt(t, st)
	if stmt == "" {
		return nil
	}
	var out []model.Fix
	for _, n := range exitLines(t, st) {
		if !sameBlock(t, st, n) {
			continue // not every path that gets there holds it
		}
		label, edits, ok := t.JumpVia(n, stmt)
		out = append(out, edited(t, "Leave through "+label+" in line "+itoa(n), "That label releases "+st.lock+", and goes on to the one that the path jumps to now.", edits, ok)...)
		edits, ok = t.InsertBefore(n, stmt)
		out = append(out, edited(t, "Release "+st.lock+" before line "+itoa(n),
			"As the other paths do. Better still, leave through one label that unlocks, if the function has one that undoes just what this path has done.", edits, ok)...)
	}
	return out
}

// sameBlock reports whether the block in which the path took the lock still goes
// on at a line: then all that is on the way there holds it. The kernel's own
// indentation tells; labels stand outside of it.
func sameBlock(t srcfix.Text, st *slipStory, n int) bool {
	at := st.taken.Line
	if st.taken.Func != st.last.Func || st.taken.File != t.File || at < 1 || n > len(t.Lines) {
		return true // taken in a callee: the call is not looked for
	}
	depth := indent(t.Lines[at-1])
	if strings.HasPrefix(t.Lines[n-1], "}") {
		n-- // the end of a function is a return
	}
	for i := at; i < n; i++ {
		code := strings.TrimSpace(t.Lines[i])
		if code == "" || strings.HasSuffix(code, ":") || strings.ContainsAny(code[:1], "#/*") {
			continue
		}
		if indent(t.Lines[i]) < depth {
			return false
		}
	}
	return at <= n
}

// indent is the width of a line's leading white space.
func indent(line string) int {
	n := 0
	for _, c := range line {
		switch c {
		case ' ':
			n++
		case '\t':
			n += 8 - n%8
		default:
			return n
		}
	}
	return n
}

// releaseStmt is the statement that releases the lock: as it stands elsewhere
// in the function, else built from how the lock was taken.
func (v *srcView) releaseStmt(t srcfix.Text, st *slipStory) string {
	for i := range st.Peers {
		p := &st.Peers[i]
		if p.File == t.File && p.Func == st.last.Func && p.Kind != srcfact.StepAcquire && t.Simple(p.Line) {
			if code := srcfix.Code(t.Lines[p.Line-1]); releasing(code) {
				return code
			}
		}
	}
	if st.taken.Func != st.last.Func || st.taken.Lock == nil {
		return ""
	}
	args, ok := t.Args(st.taken.Line, st.taken.Lock.API)
	release := releaseOf(st.taken.Lock.API)
	if !ok || release == "" {
		return ""
	}
	keep := 1
	if strings.HasSuffix(release, "irqrestore") {
		keep = 2
	}
	if len(args) < keep || (keep == 1 && args[0] == "" && len(args) > 1) {
		return ""
	}
	return release + "(" + strings.Join(args[:keep], ", ") + ");"
}

// releasing reports whether a statement is a call that releases something, by
// the words that such functions have in their names.
func releasing(code string) bool {
	name, _, ok := strings.Cut(code, "(")
	return ok && !strings.ContainsAny(name, " =") && containsAny(name, "unlock", "up", "release", "put", "exit", "end", "enable")
}

// exitLines are the lines before which a release would cure the path: its
// return, unless that reads what the lock may protect, and the jump before it.
func exitLines(t srcfix.Text, st *slipStory) []int {
	var out []int
	for i := len(st.Path) - 1; i >= 0 && len(out) == 0; i-- {
		b := &st.Path[i]
		if b.Kind != srcfact.StepBranch || b.Func != st.last.Func || b.File != t.File {
			continue
		}
		for n := b.Line; n <= min(b.Line+8, len(t.Lines)); n++ {
			line := strings.TrimSpace(t.Lines[n-1])
			if n > b.Line && (strings.HasPrefix(line, "}") || strings.HasPrefix(line, "return")) {
				break
			}
			if strings.HasPrefix(line, "goto ") || (n == b.Line && strings.Contains(line, ") goto ")) {
				out = append(out, n)
				break
			}
		}
	}
	if n := st.last.Line; n >= 1 && n <= len(t.Lines) && !strings.ContainsAny(returned(t.Lines[n-1]), "([>*") {
		out = append(out, n)
	}
	return out
}

// returned is the expression of a return statement.
func returned(line string) string {
	_, after, ok := strings.Cut(srcfix.Code(line), "return")
	if !ok {
		return ""
	}
	e := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(after), ";"))
	if inner, ok := strings.CutPrefix(e, "ERR_PTR("); ok {
		e = strings.TrimSuffix(inner, ")")
	}
	if inner, ok := strings.CutPrefix(e, "PTR_ERR("); ok {
		e = strings.TrimSuffix(inner, ")")
	}
	return e
}

// fixRelease drops the release that is one too many: the second, or the first
// of two where other paths need the second.
func fixRelease(v *srcView, st *slipStory) []model.Fix {
	t := v.file(st.last.File)
	edits, ok := t.DeleteLine(st.last.Line)
	ok = ok && spare(t, st.last.Line, st.irqLock())
	out := edited(t, "Drop the release in line "+itoa(st.last.Line), "No path that gets there holds "+st.lock+". If some path does, the paths have to part before: see the other ways.", edits, ok)
	if before := st.releasedBefore(); before.File == t.File && before.Func == st.last.Func && before.Line != st.last.Line {
		edits, ok = t.DeleteLine(before.Line)
		ok = ok && spare(t, before.Line, before.Lock)
		out = append(out, edited(t, "Drop the release in line "+itoa(before.Line), "The path goes on to line "+itoa(st.last.Line)+", which releases "+st.lock+" for all paths that get there.", edits, ok)...)
	}
	return out
}

// spare reports whether the function can do without the release on a line:
// it has another one of the same lock, and this one is not what paths meet at.
func spare(t srcfix.Text, line int, l *srcfact.Lock) bool {
	fn, args, ok := callOn(t, line, l)
	open, end, in := t.Function(line)
	return ok && in && !t.AtLabel(line) && len(t.Calls(open, end, fn, args[0])) > 1
}

// fixReacquire drops the second acquisition where one function makes both on
// the same expression.
func fixReacquire(v *srcView, st *slipStory) []model.Fix {
	a, b := st.taken, st.last
	if a.Lock == nil || b.Lock == nil || a.Func != b.Func || a.File != b.File || a.Line == b.Line || a.Lock.Expr != b.Lock.Expr {
		return nil
	}
	t := v.file(b.File)
	edits, ok := t.DeleteLine(b.Line)
	return edited(t, "Take it once", "The lock is held already when line "+itoa(b.Line)+" is reached.", edits, ok)
}

// fixSleep asks for memory without waiting, where that is what sleeps.
func fixSleep(v *srcView, st *slipStory) []model.Fix {
	from := 0
	if st.taken.Func != "" && len(st.Locks) > 0 {
		from = acquiredAt(st.Path[:len(st.Path)-1], &st.Locks[0])
	}
	for _, s := range st.Path[from:] {
		t := v.file(s.File)
		// The flag may stand on a later line of the call.
		for n := max(s.Line, 1); n <= min(s.Line+2, len(t.Lines)); n++ {
			if edits, ok := t.ReplaceWord(n, "GFP_KERNEL", "GFP_ATOMIC"); ok {
				return edited(t, "Allocate without waiting", "GFP_ATOMIC does not sleep, and fails more often: "+s.Func+"() must handle that. Allocating before the lock is taken is better, where it can be done.", edits, true)
			}
			if strings.HasSuffix(strings.TrimSpace(t.Lines[n-1]), ";") {
				break
			}
		}
	}
	return nil
}

// fixWait moves the wait out of the section where it stands at its edge.
func fixWait(v *srcView, st *slipStory) []model.Fix {
	if st.first.Func != st.last.Func && st.first.Kind != srcfact.StepCall {
		return nil
	}
	t := v.file(st.first.File)
	n := st.first.Line
	for i := range st.Peers {
		if p := &st.Peers[i]; p.File == t.File && p.Func == st.first.Func && p.Line > n {
			if edits, ok := t.Swap(n, p.Line); ok {
				return edited(t, "Wait after the lock is released", "Nothing stands between the wait and the release. Make sure that nothing new is started in between.", edits, true)
			}
		}
	}
	if st.taken.File == t.File && st.taken.Func == st.first.Func {
		edits, ok := t.Swap(st.taken.Line, n)
		return edited(t, "Wait before the lock is taken", "Nothing stands between the two. Make sure that nothing new is started in between.", edits, ok)
	}
	return nil
}
