package report

import (
	"io"
	"strings"
)

// RuleText prints the page of a rule for a terminal; RulePage is the same in
// Markdown.
func RuleText(w io.Writer, d RuleDoc, o Options) {
	p := newPage(w, o)
	p.wrap("", "  ", bold, d.ID+" ("+string(d.Severity)+")")
	p.wrap("", "", plain, d.Summary+".")
	p.prose("What it means", d.What)
	p.prose("Why it deadlocks", d.Why)
	if d.Example != "" {
		p.head("Example")
		for _, l := range strings.Split(strings.TrimRight(d.Example, "\n"), "\n") {
			p.line("  " + l)
		}
	}
	for i, f := range d.Fixes {
		if i == 0 {
			p.head("How to fix it")
		}
		p.wrap("  - ", "    ", bold, f.Title)
		p.wrap("    ", "    ", plain, unmark(f.Detail))
	}
	p.items("How to check the fix", d.Verify)
	p.items("Kernel messages that lead here", d.LogForms)
	p.prose("What gordian check sees in source", d.InSource)
	p.items("Sources", d.Sources)
}

// RuleList prints the ids and what they mean.
func RuleList(w io.Writer, docs []RuleDoc) {
	p := newPage(w, Options{})
	width := 0
	for _, d := range docs {
		width = max(width, len(d.ID))
	}
	for _, d := range docs {
		p.line(pad(d.ID, width) + "  " + pad(string(d.Severity), 7) + "  " + d.Summary)
	}
}

func (p *page) prose(title, text string) {
	if text == "" {
		return
	}
	p.head(title)
	for i, para := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			p.blank()
		}
		p.wrap("  ", "  ", plain, unmark(strings.ReplaceAll(para, "\n", " ")))
	}
}

func (p *page) items(title string, items []string) {
	if len(items) == 0 {
		return
	}
	p.head(title)
	for _, s := range items {
		p.wrap("  - ", "    ", plain, unmark(s))
	}
}

// unmark drops the Markdown marks of words. Names in kernel text are full of
// underscores and stars, so only backquotes and paired stars around a word go.
func unmark(s string) string {
	s = strings.ReplaceAll(s, "`", "")
	words := strings.Split(s, " ")
	for i, w := range words {
		if len(w) > 2 && w[0] == '*' && strings.Count(w, "*") == 2 {
			words[i] = strings.ReplaceAll(w, "*", "")
		}
	}
	return strings.Join(words, " ")
}
