// Package suppress reads comments in C source that tell gordian to keep
// quiet about a place, with the reason why:
//
//	/* gordian: ignore RULE reason */
//
// A comment speaks for its own line and the next one; above a function, for
// the whole function.
package suppress

import "strings"

// Comment is one such comment.
type Comment struct {
	Line   int // where it begins, from 1
	Rules  []string
	Reason string // "" if none was given
	// From and To are the lines that it speaks for.
	From, To int
}

// Covers reports whether the comment speaks for a rule at a line.
func (c *Comment) Covers(rule string, line int) bool {
	if line < c.From || line > c.To {
		return false
	}
	for _, r := range c.Rules {
		if r == rule {
			return true
		}
	}
	return false
}

const marker = "gordian:"

// Find returns the comments of a C file, in the order of its lines.
func Find(text string) []Comment {
	if !strings.Contains(text, marker) {
		return nil // nearly every file
	}
	lines := strings.Split(text, "\n")
	var out []Comment
	for i, l := range lines {
		at := strings.Index(l, marker)
		if at < 0 || !inComment(l[:at]) {
			continue
		}
		words, ok := strings.CutPrefix(strings.TrimSpace(l[at+len(marker):]), "ignore")
		if !ok || words != "" && !strings.ContainsAny(words[:1], " \t*") {
			continue
		}
		c := Comment{Line: i + 1, From: i + 1}
		text, last := body(words, lines, i)
		c.Rules, c.Reason = parts(text)
		c.To = last + 2 // lines count from 1, and the next one belongs to it
		if end, ok := function(lines, i, last); ok {
			c.To = end + 1
		}
		out = append(out, c)
	}
	return out
}

// inComment reports whether what stands before the marker begins a comment,
// or continues one that began on an earlier line.
func inComment(before string) bool {
	b := strings.TrimSpace(before)
	return strings.HasSuffix(b, "/*") || strings.HasSuffix(b, "//") || strings.HasSuffix(b, "/**") ||
		b == "*" || b == ""
}

// maxLines bounds a comment that is never closed.
const maxLines = 40

// body joins the lines of a comment, and returns the index of its last one.
func body(words string, lines []string, i int) (text string, last int) {
	block := !strings.Contains(lines[i], "//")
	for last = i; ; {
		if end := strings.Index(words, "*/"); end >= 0 {
			return text + words[:end], last
		}
		text += words + " "
		if !block || last+1 >= len(lines) || last-i >= maxLines {
			return text, last
		}
		last++
		words = strings.TrimPrefix(strings.TrimSpace(lines[last]), "* ")
	}
}

// parts splits "rule,rule reason in words".
func parts(text string) (rules []string, reason string) {
	w := strings.Fields(text)
	if len(w) == 0 {
		return nil, ""
	}
	for r := range strings.SplitSeq(w[0], ",") {
		if r = strings.ToLower(strings.Trim(r, ":")); r != "" {
			rules = append(rules, r)
		}
	}
	return rules, strings.TrimLeft(strings.Join(w[1:], " "), "-:– ")
}

// function returns the index of the line where the function ends that a
// comment in lines first to last stands directly above. Kernel style makes it
// simple: a definition begins in column 0, and so does its closing brace.
func function(lines []string, first, last int) (end int, ok bool) {
	if !columnZero(lines[first]) || last+1 >= len(lines) || !columnZero(lines[last+1]) {
		return 0, false
	}
	for i := last + 1; i < len(lines) && i-last < maxLines; i++ {
		l := strings.TrimRight(lines[i], " \t\r")
		if strings.HasSuffix(l, ";") || l == "" && i == last+1 {
			return 0, false // a declaration
		}
		if strings.HasPrefix(l, "{") || strings.HasSuffix(l, "{") {
			return closing(lines, i)
		}
	}
	return 0, false
}

func closing(lines []string, from int) (int, bool) {
	for i := from; i < len(lines); i++ {
		if strings.HasPrefix(lines[i], "}") {
			return i, !strings.HasSuffix(strings.TrimSpace(lines[i]), ";") // of a struct or a table
		}
	}
	return 0, false
}

// columnZero reports whether a line begins with something other than blank
// space. The middle of a block comment, " * text", counts too.
func columnZero(l string) bool {
	return l != "" && l[0] != '\t' && (l[0] != ' ' || strings.HasPrefix(l, " *"))
}
