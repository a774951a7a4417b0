package tree

import "strings"

// hidden says whether an arm of an #if that the first choice of arms may leave
// out names something relevant: only then is a file worth a second look.
func (r *reader) hidden(text string) bool {
	var open []arm // of the #ifs around
	from := -1     // start of the outermost arm that may be left out, or -1
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '#')
		if i < 0 {
			return false
		}
		at += i
		word := directive(text[at:])
		starts := word != "" && startsLine(text, at)
		if starts && (word == "endif" || strings.HasPrefix(word, "el")) && len(open) > 0 {
			top := open[len(open)-1]
			open = open[:len(open)-1]
			if top.from >= 0 {
				if r.names(text[top.from:at]) {
					return true
				}
				from = -1
			}
			if word != "endif" {
				open, from = push(open, true, from, at)
			}
		} else if starts && strings.HasPrefix(word, "if") {
			open, from = push(open, optional(word, text[at:]), from, at)
		}
		at++
	}
}

// arm is one arm of an #if; from is where it starts if it is the outermost
// that may be left out, or -1.
type arm struct{ from int }

func push(open []arm, left bool, from, at int) ([]arm, int) {
	if !left || from >= 0 {
		return append(open, arm{-1}), from
	}
	return append(open, arm{at}), at
}

// directive returns the first word of the directive that s starts with.
func directive(s string) string {
	s = blanks(s[1:])
	n := 0
	for n < len(s) && s[n] >= 'a' && s[n] <= 'z' {
		n++
	}
	return s[:n]
}

// optional says whether the first arm of the #if that s starts with may be
// left out though all options are on.
func optional(word, s string) bool {
	return word == "ifndef" || strings.Contains(s[:lineEnd(s)], "!")
}
