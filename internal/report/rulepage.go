package report

import (
	"strings"

	"gordian/internal/model"
)

// RulePage is the documentation page of a rule, in Markdown: docs/rules has
// one of each, and SARIF carries it as the rule's help.
func RulePage(d RuleDoc) string {
	p := &markdown{}
	p.WriteString("# " + d.ID + "\n\n")
	p.para(d.Summary + ".")
	p.para("Severity of a typical finding: " + string(d.Severity) + ".")
	p.section("What it means", d.What)
	p.section("Why it deadlocks", d.Why)
	if d.Example != "" {
		p.head("Example")
		p.fence("c", d.Example)
	}
	if len(d.Fixes) > 0 {
		p.head("How to fix it")
		for _, f := range d.Fixes {
			p.fix(f)
		}
	}
	p.list("How to check the fix", d.Verify, false)
	p.list("Kernel messages that lead here", d.LogForms, true)
	p.section("What `gordian check` sees in source", d.InSource)
	p.list("Sources", d.Sources, false)
	return strings.TrimRight(p.String(), "\n") + "\n"
}

// RuleIndex is docs/rules/README.md: the list of all pages.
func RuleIndex(docs []RuleDoc) string {
	p := &markdown{}
	p.WriteString("# Rules\n\n")
	p.para("The ids are public and stable. `gordian explain RULE` prints these pages; `go generate ./...` writes them from the code in internal/check.")
	p.WriteString("| rule | severity | meaning |\n|---|---|---|\n")
	for _, d := range docs {
		p.WriteString("| [" + d.ID + "](" + d.ID + ".md) | " + string(d.Severity) + " | " + strings.ReplaceAll(d.Summary, "|", `\|`) + " |\n")
	}
	return p.String()
}

type markdown struct{ strings.Builder }

func (p *markdown) head(s string) { p.WriteString("## " + s + "\n\n") }

func (p *markdown) para(s string) { p.WriteString(strings.TrimSpace(s) + "\n\n") }

func (p *markdown) section(title, text string) {
	if text != "" {
		p.head(title)
		p.para(text)
	}
}

func (p *markdown) fence(lang, code string) {
	p.WriteString("```" + lang + "\n" + strings.TrimRight(code, "\n") + "\n```\n\n")
}

func (p *markdown) fix(f model.Fix) {
	p.WriteString("### " + f.Title + "\n\n")
	p.para(f.Detail)
	if f.Diff != "" {
		p.fence("diff", f.Diff)
	}
}

func (p *markdown) list(title string, items []string, code bool) {
	if len(items) == 0 {
		return
	}
	p.head(title)
	for _, s := range items {
		if code {
			s = "`" + strings.ReplaceAll(s, "`", "'") + "`"
		}
		p.WriteString("- " + s + "\n")
	}
	p.WriteString("\n")
}
