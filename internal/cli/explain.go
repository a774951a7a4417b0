package cli

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"gordian/internal/check"
	"gordian/internal/report"
)

const explainExample = `  gordian explain --all                  list the rules
  gordian explain irq-unsafe-lock        a rule
  gordian explain lockdep-circular       the rule behind a family of kernel reports`

func newExplain(s Streams) *cobra.Command {
	var all bool
	color := newChoice("auto", "auto", "always", "never")
	c := &cobra.Command{
		Use:     "explain RULE|FAMILY | --all",
		Short:   "Say what a rule means, why it deadlocks and how to fix it",
		Long:    "Print the page of a rule. A name from the `report` field of the JSON (a family of kernel reports) leads to the rule that judges it.",
		Example: explainExample,
		RunE: func(c *cobra.Command, args []string) error {
			w := bufio.NewWriter(s.Out)
			switch {
			case all && len(args) == 0:
				report.RuleList(w, ruleDocs())
			case all || len(args) != 1:
				return usageError(c, errors.New("give one rule, or --all for the list"))
			default:
				doc, err := findRule(args[0])
				if err != nil {
					return err
				}
				o := output{s: s, color: color}
				report.RuleText(w, doc, report.Options{Width: s.Width, Color: o.useColor()})
			}
			if err := w.Flush(); err != nil {
				return fmt.Errorf("write output: %w", err)
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var ids []string
			for _, d := range ruleDocs() {
				ids = append(ids, d.ID+"\t"+d.Summary)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
	}
	c.Flags().BoolVarP(&all, "all", "a", false, "list all rules")
	addChoice(c, color, "color", "colours (auto: on a terminal, unless NO_COLOR is set)")
	return c
}

// ruleDocs gives the renderers the rules' documentation.
func ruleDocs() []report.RuleDoc {
	var out []report.RuleDoc
	for _, r := range check.Rules() {
		out = append(out, report.RuleDoc(r.Doc))
	}
	return out
}

func findRule(name string) (report.RuleDoc, error) {
	id := strings.ToLower(strings.TrimSpace(name))
	if r, ok := check.Lookup(id); ok {
		return report.RuleDoc(r.Doc), nil
	}
	if rule, ok := check.FamilyRule(id); ok {
		if r, ok := check.Lookup(rule); ok {
			return report.RuleDoc(r.Doc), nil
		}
	}
	err := fmt.Errorf("no rule %q", name)
	if near := nearest(id, knownNames()); near != "" {
		err = fmt.Errorf("%w; did you mean %s?", err, near)
	}
	return report.RuleDoc{}, fmt.Errorf("%w\ntry: gordian explain --all", err)
}
