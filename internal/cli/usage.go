package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
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

// limit is a flag that takes a number, 0 for none. Its own type says what is
// wrong in words.
type limit int

func (l *limit) String() string { return strconv.Itoa(int(*l)) }

func (l *limit) Type() string { return "N" }

func (l *limit) Set(s string) error {
	n, err := strconv.Atoi(s)
	switch {
	case err != nil:
		return errors.New("must be a whole number")
	case n < 0:
		return errors.New("must not be negative")
	}
	*l = limit(n)
	return nil
}

// noArgs is cobra.NoArgs in words for people.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError(c, fmt.Errorf("%s takes no arguments, and was given %q", c.CommandPath(), args[0]))
	}
	return nil
}

// noCommand refuses what is no command of root, and says what may be meant.
func noCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("unknown command %q", args[0])
	var names []string
	for _, c := range commands(root) {
		names = append(names, c.Name())
	}
	if near := nearest(args[0], names); near != "" {
		err = fmt.Errorf("%w; did you mean gordian %s?", err, near)
	} else if st, e := os.Stat(args[0]); e == nil {
		verb := "diagnose"
		if st.IsDir() || filepath.Ext(args[0]) == ".c" {
			verb = "check"
		}
		err = fmt.Errorf("%w; did you mean gordian %s %s?", err, verb, args[0])
	}
	return usageError(root, err)
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
