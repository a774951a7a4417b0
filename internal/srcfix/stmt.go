package srcfix

import (
	"regexp"
	"strings"
)

// indentOf returns the white space that a line starts with.
func indentOf(s string) string { return s[:len(s)-len(strings.TrimLeft(s, " \t"))] }

var comments = regexp.MustCompile(`/\*.*?\*/|//.*$|/\*.*$`)

// Code returns a line without white space around it and without comments.
func Code(s string) string { return strings.TrimSpace(comments.ReplaceAllString(s, "")) }

// Simple reports whether the line is one whole statement: "f(x);", with
// balanced parentheses and nothing else on it.
func (t Text) Simple(n int) bool {
	s := Code(t.line(n))
	if !strings.HasSuffix(s, ";") || strings.Count(s, ";") != 1 || strings.ContainsAny(s, "{}\\") || balance(s) != 0 {
		return false
	}
	p := t.before(n)
	return !isControl(s) && (p == "" || strings.HasSuffix(p, ";") || strings.HasSuffix(p, "{") || strings.HasSuffix(p, "}") ||
		strings.HasSuffix(p, ":") || t.unbraced(n))
}

// balance counts the parentheses that a line leaves open.
func balance(s string) int { return strings.Count(s, "(") - strings.Count(s, ")") }

var control = regexp.MustCompile(`^(\} *)?(if|else|for|while|do|switch|case|default|list_for_each\w*|hlist_for_each\w*)\b`)

func isControl(s string) bool { return control.MatchString(s) }

// before returns the code of the line before n that has any, "" at the start
// of the file or behind a preprocessor line.
func (t Text) before(n int) string {
	for n--; n > 0; n-- {
		if s := Code(t.line(n)); s != "" && !strings.HasPrefix(s, "*") {
			return s
		}
	}
	return ""
}

// lineBefore is before as a line number.
func (t Text) lineBefore(n int) int {
	for n--; n > 0; n-- {
		if s := Code(t.line(n)); s != "" && !strings.HasPrefix(s, "*") {
			return n
		}
	}
	return 0
}

// lineAfter returns the next line that has code, 0 at the end.
func (t Text) lineAfter(n int) int {
	for n++; n <= len(t.Lines); n++ {
		if s := Code(t.line(n)); s != "" && !strings.HasPrefix(s, "*") {
			return n
		}
	}
	return 0
}

// unbraced reports whether the statement on line n is the whole body of an
// if, else or loop without braces.
func (t Text) unbraced(n int) bool {
	p := t.before(n)
	if p == "else" || p == "} else" || p == "do" {
		return true
	}
	if !strings.HasSuffix(p, ")") {
		return false
	}
	// Where the condition began decides: "if (a &&" two lines up, or a call
	// that ends without a semicolon.
	at := t.lineBefore(n)
	for open := balance(Code(t.line(at))); open < 0 && at > 1; {
		at--
		open += balance(Code(t.line(at)))
	}
	s := Code(t.line(at))
	return isControl(s) || strings.Contains(s, "for_each")
}

// Function returns the first line of the body's brace and its last line of
// the function around line n, in kernel style: both braces at the margin.
func (t Text) Function(n int) (open, end int, ok bool) {
	for open = n; open > 0; open-- {
		if strings.HasPrefix(t.line(open), "{") {
			break
		}
		if open < n && strings.HasPrefix(t.line(open), "}") {
			return 0, 0, false
		}
	}
	for end = n; end <= len(t.Lines); end++ {
		if strings.HasPrefix(t.line(end), "}") {
			return open, end, open > 0
		}
	}
	return 0, 0, false
}

// Calls returns the lines between from and to on which fn is called with a
// first argument that reads like arg.
func (t Text) Calls(from, to int, fn, arg string) []int {
	var out []int
	for n := from; n <= to; n++ {
		if args, ok := t.Args(n, fn); ok && len(args) > 0 && squeeze(args[0]) == squeeze(arg) {
			out = append(out, n)
		}
	}
	return out
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// Args returns the arguments of the first call of fn on line n, if the whole
// call stands on it.
func (t Text) Args(n int, fn string) ([]string, bool) {
	start, end, ok := callSpan(t.line(n), fn)
	if !ok {
		return nil, false
	}
	return splitArgs(t.line(n)[start:end]), true
}

// callSpan returns where the arguments of a call of fn are on a line.
func callSpan(line, fn string) (start, end int, ok bool) {
	at := wordAt(line, fn)
	if at < 0 {
		return 0, 0, false
	}
	start = at + len(fn)
	start += len(line[start:]) - len(strings.TrimLeft(line[start:], " "))
	if start >= len(line) || line[start] != '(' {
		return 0, 0, false
	}
	depth := 0
	for i := start; i < len(line); i++ {
		switch line[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return start + 1, i, true
			}
		}
	}
	return 0, 0, false
}

// splitArgs splits an argument list at its outer commas.
func splitArgs(s string) []string {
	var out []string
	depth, from := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, strings.TrimSpace(s[from:i]))
				from = i + 1
			}
		}
	}
	return append(out, strings.TrimSpace(s[from:]))
}

// wordAt returns where word stands in s as a whole identifier, outside of
// comments and strings as far as one line shows, or -1.
func wordAt(s, word string) int {
	for from := 0; ; {
		i := strings.Index(s[from:], word)
		if i < 0 || word == "" {
			return -1
		}
		i += from
		end := i + len(word)
		if (i == 0 || !isIdent(s[i-1])) && (end == len(s) || !isIdent(s[end])) &&
			!strings.Contains(s[:i], "/*") && !strings.Contains(s[:i], "//") && strings.Count(s[:i], `"`)%2 == 0 {
			return i
		}
		from = end
	}
}

func isIdent(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
