// Command gendocs writes the pages of docs/rules from the documentation of
// the rules, and removes pages of rules that are gone.
//
// Usage: gendocs DIR
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"gordian/internal/check"
	"gordian/internal/report"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gendocs DIR")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

// pages returns the content of every page by file name.
func pages() map[string]string {
	out := map[string]string{}
	var docs []report.RuleDoc
	for _, r := range check.Rules() {
		d := report.RuleDoc(r.Doc)
		docs = append(docs, d)
		out[d.ID+".md"] = report.RulePage(d)
	}
	out["README.md"] = report.RuleIndex(docs)
	return out
}

func write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	want := pages()
	old, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return err
	}
	for _, f := range old {
		if _, ok := want[filepath.Base(f)]; !ok {
			if err := os.Remove(f); err != nil {
				return err
			}
		}
	}
	for name, text := range want {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
