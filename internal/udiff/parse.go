package udiff

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Parse reads a unified diff, as diff -u, git diff and git format-patch write
// it. Text around the changes (a mail, a commit message) is skipped.
func Parse(text string) ([]*File, error) {
	p := &parser{lines: split(text)}
	for p.at < len(p.lines) {
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	if len(p.files) == 0 {
		return nil, errors.New("no unified diff: it has no lines that begin with --- and +++")
	}
	return p.files, nil
}

type parser struct {
	lines []string
	at    int
	files []*File
	git   gitHead
}

// gitHead is what the lines between "diff --git" and "---" say. A change
// without hunks (a rename, an empty or binary file) has nothing else.
type gitHead struct {
	from, to string
	line     int
	made     bool // a File stands for it already
}

func (p *parser) line() string { return strings.TrimRight(p.lines[p.at], "\r\n") }

// next reads one line outside of hunks, or a whole file header with its hunks.
func (p *parser) next() error {
	l := p.line()
	switch {
	case strings.HasPrefix(l, "diff --git "):
		p.git = gitHead{line: p.at + 1}
	case strings.HasPrefix(l, "rename from "):
		p.git.from = "a/" + unquote(l[len("rename from "):])
	case strings.HasPrefix(l, "rename to "):
		p.git.to = "b/" + unquote(l[len("rename to "):])
		p.files = append(p.files, &File{Old: p.git.from, New: p.git.to, Line: p.git.line})
		p.git.made = true
	case strings.HasPrefix(l, "Binary files ") && strings.HasSuffix(l, " differ"):
		p.binary(l)
	case strings.HasPrefix(l, "--- ") && p.at+1 < len(p.lines) && strings.HasPrefix(p.lines[p.at+1], "+++ "):
		return p.file()
	}
	p.at++
	return nil
}

func (p *parser) binary(l string) {
	from, to, _ := strings.Cut(strings.TrimSuffix(l[len("Binary files "):], " differ"), " and ")
	p.files = append(p.files, &File{Old: name(from), New: name(to), Line: p.at + 1, Binary: true})
}

func (p *parser) file() error {
	f := &File{Line: p.at + 1, Old: name(p.line()[4:])}
	p.at++
	f.New = name(p.line()[4:])
	p.at++
	if f.Old == "" && f.New == "" {
		return fmt.Errorf("line %d of the diff: both sides are /dev/null", f.Line)
	}
	for p.at < len(p.lines) && strings.HasPrefix(p.lines[p.at], "@@ ") {
		h, err := p.hunk()
		if err != nil {
			return err
		}
		f.Hunks = append(f.Hunks, h)
	}
	if n := len(p.files); n > 0 && p.git.made {
		p.files = p.files[:n-1] // the rename's: now it has hunks
	}
	p.git = gitHead{}
	p.files = append(p.files, f)
	return nil
}

func (p *parser) hunk() (Hunk, error) {
	h := Hunk{Line: p.at + 1}
	if !h.head(p.line()) {
		return h, fmt.Errorf("line %d of the diff: not a hunk header: %q", h.Line, brief(p.line()))
	}
	p.at++
	old, new := h.OldLines, h.NewLines
	for old > 0 || new > 0 || p.noEOL() {
		if p.at >= len(p.lines) {
			return h, fmt.Errorf("the diff is cut: the hunk in line %d has fewer lines than it says", h.Line)
		}
		l := p.lines[p.at]
		op := l[0]
		switch op {
		case '\\': // "\ No newline at end of file" is about the line before
			if n := len(h.Lines); n > 0 {
				h.Lines[n-1].Text = strings.TrimSuffix(h.Lines[n-1].Text, "\n")
			}
			p.at++
			continue
		case '\n', '\r': // a mailer took the blank of an empty context line
			op, l = ' ', " "+l
		}
		switch op {
		case ' ':
			old, new = old-1, new-1
		case '-':
			old--
		case '+':
			new--
		default:
			return h, fmt.Errorf("line %d of the diff: a hunk's line begins with %q", p.at+1, l[:1])
		}
		if old < 0 || new < 0 {
			return h, fmt.Errorf("line %d of the diff: the hunk in line %d has more lines than it says", p.at+1, h.Line)
		}
		h.Lines = append(h.Lines, Line{op, l[1:]})
		p.at++
	}
	return h, nil
}

// noEOL reports whether a remark about the last line follows.
func (p *parser) noEOL() bool { return p.at < len(p.lines) && strings.HasPrefix(p.lines[p.at], `\ `) }

// head reads "@@ -1,2 +3,4 @@ function".
func (h *Hunk) head(l string) bool {
	w := strings.Fields(l)
	if len(w) < 4 || w[0] != "@@" || w[3] != "@@" {
		return false
	}
	var ok [2]bool
	h.OldStart, h.OldLines, ok[0] = span(w[1], "-")
	h.NewStart, h.NewLines, ok[1] = span(w[2], "+")
	return ok[0] && ok[1]
}

func span(s, sign string) (start, n int, ok bool) {
	s, ok = strings.CutPrefix(s, sign)
	a, b, both := strings.Cut(s, ",")
	start, err := strconv.Atoi(a)
	n = 1
	if both && err == nil {
		n, err = strconv.Atoi(b)
	}
	const most = 1 << 30 // sums of two stay within an int of 32 bits
	return start, n, ok && err == nil && start >= 0 && n >= 0 && start < most && n < most && (start > 0 || n == 0)
}

// name reads a file name of a header; a tab and a date may follow it.
func name(s string) string {
	if !strings.HasPrefix(s, `"`) {
		s, _, _ = strings.Cut(s, "\t")
		s = strings.TrimRight(s, " ")
	}
	if s = unquote(s); s == "/dev/null" {
		return ""
	}
	return s
}

// unquote undoes git's quoting of unusual names, which is that of C.
func unquote(s string) string {
	if !strings.HasPrefix(s, `"`) {
		return s
	}
	if end := strings.LastIndexByte(s, '"'); end > 0 {
		if u, err := strconv.Unquote(s[:end+1]); err == nil {
			return u
		}
	}
	return s
}
