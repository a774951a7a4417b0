package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newMan prints the manual page. It is built from the commands and flags
// themselves, so it cannot say anything else than --help does.
func newMan() *cobra.Command {
	return &cobra.Command{
		Use:     "man",
		Short:   "Print the manual page",
		Long:    "Print the manual page of gordian and all its commands, in roff.",
		Example: "  gordian man | man -l -\n  gordian man > /usr/local/share/man/man1/gordian.1",
		Args:    noArgs,

		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, _ []string) error {
			w := bufio.NewWriter(c.OutOrStdout())
			manPage(w, c.Root())
			if err := w.Flush(); err != nil {
				return fmt.Errorf("write output: %w", err)
			}
			return nil
		},
	}
}

func manPage(w io.Writer, root *cobra.Command) {
	fmt.Fprintf(w, ".TH GORDIAN 1 \"\" \"gordian %s\" \"User Commands\"\n", roff(version()))
	fmt.Fprintf(w, ".SH NAME\ngordian \\- %s\n", roff(strings.ToLower(root.Short[:1])+root.Short[1:]))
	fmt.Fprint(w, ".SH SYNOPSIS\n")
	for _, c := range commands(root) {
		fmt.Fprintf(w, ".B %s\n.br\n", roff(c.UseLine()))
	}
	fmt.Fprint(w, ".SH DESCRIPTION\n")
	manText(w, root.Long)
	fmt.Fprint(w, ".SH COMMANDS\n")
	for _, c := range commands(root) {
		manCommand(w, c)
	}
	manSection(w, ".SH EXIT STATUS", strings.TrimPrefix(exitHelp, "Exit status:\n"))
	manSection(w, ".SH EXAMPLES", root.Example)
}

func commands(root *cobra.Command) []*cobra.Command {
	var out []*cobra.Command
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" {
			out = append(out, c)
		}
	}
	return out
}

func manCommand(w io.Writer, c *cobra.Command) {
	fmt.Fprintf(w, ".SS %s\n", roff(c.UseLine()))
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	manText(w, strings.Replace(text, exitHelp, "", 1)) // it has its own section
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		manFlag(w, f)
	})
	if c.Example != "" {
		fmt.Fprint(w, ".PP\nExamples:\n")
		manLiteral(w, c.Example)
	}
}

func manFlag(w io.Writer, f *pflag.Flag) {
	name := "--" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", " + name
	}
	arg, usage := pflag.UnquoteUsage(f)
	if arg != "" {
		name += " " + arg
	}
	if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" {
		usage += " (default " + f.DefValue + ")"
	}
	fmt.Fprintf(w, ".TP\n.B %s\n%s\n", roff(name), roff(usage))
}

func manSection(w io.Writer, head, text string) {
	fmt.Fprintln(w, head)
	manLiteral(w, text)
}

func manLiteral(w io.Writer, text string) {
	fmt.Fprintf(w, ".PP\n.nf\n%s\n.fi\n", roff(strings.Trim(text, "\n")))
}

func manText(w io.Writer, text string) {
	for i, p := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			fmt.Fprintln(w, ".PP")
		}
		fmt.Fprintln(w, roff(p))
	}
}

// roff escapes what troff would interpret.
func roff(s string) string {
	s = strings.ReplaceAll(s, `\`, `\e`)
	s = strings.ReplaceAll(s, "-", `\-`)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
