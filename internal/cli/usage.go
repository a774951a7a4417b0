package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"gordian/internal/report"
)

// usageError says how to get help along with what was wrong.
func usageError(c *cobra.Command, err error) error {
	return fmt.Errorf("%w\ntry: %s --help", err, c.CommandPath())
}

// choice is a flag that takes one of a few words. It is a pflag.Value, so
// that a bad word is refused while flags are parsed.
type choice struct {
	value string
	words []string
}

func newChoice(value string, words ...string) *choice { return &choice{value, words} }

func (c *choice) String() string { return c.value }

func (c *choice) Type() string { return strings.Join(c.words, "|") }

func (c *choice) Set(s string) error {
	for _, w := range c.words {
		if s == w {
			c.value = s
			return nil
		}
	}
	return errors.New("must be one of " + strings.Join(c.words, ", "))
}

// complete offers the words to the shell.
func (c *choice) complete(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return c.words, cobra.ShellCompDirectiveNoFileComp
}

// addChoice defines a flag of a few words together with its completion.
func addChoice(cmd *cobra.Command, c *choice, name, usage string) {
	cmd.Flags().Var(c, name, usage)
	// It fails only for a flag that does not exist, and this one does.
	_ = cmd.RegisterFlagCompletionFunc(name, c.complete)
}

// safe makes text from the evidence or from a file name harmless to a
// terminal; line ends stay.
func safe(s string) string { return report.SafeText(s) }
