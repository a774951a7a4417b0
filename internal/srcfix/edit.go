package srcfix

import (
	"regexp"
	"strings"

	"gordian/internal/model"
)

// replace is the edit that puts other lines in the place of line n.
func (t Text) replace(n int, with ...string) model.Edit {
	return model.Edit{File: t.File, Line: n, Delete: 1, Insert: with}
}

// InsertBefore puts a statement before the one on line n, with its
// indentation, in braces where both become the body of an if or a loop.
func (t Text) InsertBefore(n int, stmt string) ([]model.Edit, bool) {
	line := t.line(n)
	if cond, jump, ok := oneLineIf(line); ok {
		in := indentOf(line)
		return []model.Edit{t.replace(n, cond+" {", in+"\t"+stmt, in+"\t"+jump, in+"}")}, true
	}
	if Code(line) == "}" && indentOf(line) == "" {
		return []model.Edit{{File: t.File, Line: n, Insert: []string{"\t" + stmt}}}, true // the end of a function
	}
	if !t.Simple(n) {
		return nil, false
	}
	own := model.Edit{File: t.File, Line: n, Insert: []string{indentOf(line) + stmt}}
	if !t.unbraced(n) {
		return []model.Edit{own}, true
	}
	return t.brace(n, own.Insert[0])
}

// brace puts braces around the statement on line n and the one before it.
func (t Text) brace(n int, before string) ([]model.Edit, bool) {
	head := t.lineBefore(n)
	if l := t.line(head); n-head > 1 || strings.Contains(l, "//") || strings.Count(l, "/*") != strings.Count(l, "*/") {
		return nil, false // the brace would end up in a comment, or behind one
	}
	in := indentOf(t.line(n))
	if in == "" || (!strings.HasSuffix(in, "\t") && len(in) < 4) {
		return nil, false
	}
	outer := strings.TrimSuffix(in, "\t")
	if outer == in {
		outer = in[4:]
	}
	edits := []model.Edit{t.replace(head, strings.TrimRight(t.line(head), " \t")+" {")}
	body := []string{before, t.line(n)}
	if next := t.lineAfter(n); next == n+1 && strings.HasPrefix(Code(t.line(next)), "else") {
		last := outer + "} " + strings.TrimSpace(t.line(next))
		return append(edits, model.Edit{File: t.File, Line: n, Delete: 2, Insert: append(body, last)}), true
	}
	return append(edits, t.replace(n, append(body, outer+"}")...)), true
}

// oneLineIf splits "if (x) return y;".
func oneLineIf(line string) (cond, jump string, ok bool) {
	s := strings.TrimLeft(line, " \t")
	if !strings.HasPrefix(s, "if (") || comments.MatchString(line) {
		return "", "", false
	}
	_, end, ok := callSpan(line, "if")
	if !ok {
		return "", "", false
	}
	jump = strings.TrimSpace(line[end+1:])
	if strings.Count(jump, ";") != 1 || !strings.HasSuffix(jump, ";") || !(strings.HasPrefix(jump, "return") || strings.HasPrefix(jump, "goto ")) {
		return "", "", false
	}
	return line[:end+1], jump, true
}

// DeleteLine removes the statement on line n, unless something else would
// take its place: the body of an if, or what follows a label at the end of a
// block.
func (t Text) DeleteLine(n int) ([]model.Edit, bool) {
	if !t.Simple(n) || t.unbraced(n) {
		return nil, false
	}
	if next := t.lineAfter(n); strings.HasSuffix(t.before(n), ":") && (next == 0 || strings.HasPrefix(Code(t.line(next)), "}")) {
		return nil, false
	}
	return []model.Edit{{File: t.File, Line: n, Delete: 1}}, true
}

// Swap exchanges the statements on two lines with nothing between them.
func (t Text) Swap(a, b int) ([]model.Edit, bool) {
	if a > b {
		a, b = b, a
	}
	if !t.Simple(a) || !t.Simple(b) || t.lineAfter(a) != b || b-a > 2 || t.unbraced(a) || indentOf(t.line(a)) != indentOf(t.line(b)) {
		return nil, false
	}
	return []model.Edit{t.replace(a, t.line(b)), t.replace(b, t.line(a))}, true
}

// ReplaceWord replaces an identifier that stands once on line n.
func (t Text) ReplaceWord(n int, word, by string) ([]model.Edit, bool) {
	line := t.line(n)
	at := wordAt(line, word)
	if at < 0 || wordAt(line[at+len(word):], word) >= 0 {
		return nil, false
	}
	return []model.Edit{t.replace(n, line[:at]+by+line[at+len(word):])}, true
}

// ReplaceCall makes of a call of fn on line n one of by, with the given
// arguments.
func (t Text) ReplaceCall(n int, fn, by string, args ...string) (model.Edit, bool) {
	line := t.line(n)
	start, end, ok := callSpan(line, fn)
	if !ok {
		return model.Edit{}, false
	}
	return t.replace(n, line[:wordAt(line, fn)]+by+"("+strings.Join(args, ", ")+")"+line[end+1:]+""), start > 0
}

// declaration is a line of the block of declarations that a function starts
// with: two words at least, or a word and a pointer, then a name.
var declaration = regexp.MustCompile(`^\s+(?:(?:const|static|struct|union|enum|unsigned|signed|long|short|volatile|register)\s+)*[A-Za-z_]\w*\s+\**\s*(?:const\s+)?[A-Za-z_]\w*\s*(?:\[[^;]*\])*\s*(?:[=,][^;]*)?[;,]?\s*(?:/\*.*\*/)?\s*$|^\s+[A-Za-z_][\w ]*(?:\(\*\w+\)|DECLARE_\w+)\(.*\).*;\s*$`)

// jumps are first words that look like a type to declaration.
var jumps = regexp.MustCompile(`^\s+(return|goto|else|case|break|continue|typedef|do)\b`)

// Declare adds a declaration to the function whose body opens on line open:
// behind the declarations that are there.
func (t Text) Declare(open int, decl string) model.Edit {
	n := open + 1
	for continued := false; n <= len(t.Lines); n++ {
		line := t.line(n)
		s := Code(line)
		if s == "" || (!continued && (!declaration.MatchString(line) || jumps.MatchString(line))) {
			break
		}
		continued = !strings.HasSuffix(s, ";")
	}
	insert := []string{"\t" + decl}
	if strings.TrimSpace(t.line(n)) != "" {
		insert = append(insert, "")
	}
	return model.Edit{File: t.File, Line: n, Insert: insert}
}

// Uses reports whether a name that is no member is used anywhere on the lines
// from … to.
func (t Text) Uses(from, to int, name string) bool {
	for n := from; n <= to; n++ {
		for s := t.line(n); ; {
			at := wordAt(s, name)
			if at < 0 {
				break
			}
			if before := strings.TrimRight(s[:at], " \t"); !strings.HasSuffix(before, "->") && !strings.HasSuffix(before, ".") {
				return true
			}
			s = s[at+len(name):]
		}
	}
	return false
}

var (
	jump  = regexp.MustCompile(`\bgoto\s+(\w+)\s*;`)
	label = regexp.MustCompile(`^\s*(\w+)\s*:$`)
)

// AtLabel reports whether the statement on line n is the first behind a label,
// where paths meet.
func (t Text) AtLabel(n int) bool { return label.MatchString(t.before(n)) }

// JumpVia lets the goto on line n jump to a label that does stmt first and
// then goes on to where it jumps now. It returns that label.
func (t Text) JumpVia(n int, stmt string) (string, []model.Edit, bool) {
	m := jump.FindStringSubmatch(Code(t.line(n)))
	_, end, ok := t.Function(n)
	if m == nil || !ok {
		return "", nil, false
	}
	for at := n + 1; at < end; at++ {
		to := label.FindStringSubmatch(Code(t.line(at)))
		if to == nil || to[1] != m[1] {
			continue
		}
		do := t.lineBefore(at)
		if via := label.FindStringSubmatch(t.before(do)); via != nil && squeeze(Code(t.line(do))) == squeeze(stmt) {
			edits, ok := t.ReplaceWord(n, m[1], via[1])
			return via[1], edits, ok
		}
		return "", nil, false
	}
	return "", nil, false
}
