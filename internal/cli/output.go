package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gordian/internal/model"
	"gordian/internal/report"
)

// output is where a document goes and in which form: the flags that diagnose
// and render share.
type output struct {
	s        Streams
	format   string
	file     string
	quiet    bool
	verbose  bool
	color    *choice
	renderer report.Renderer
	flags    *pflag.FlagSet
}

func (o *output) addFlags(c *cobra.Command, s Streams) {
	o.s, o.flags = s, c.Flags()
	o.color = newChoice("auto", "auto", "always", "never")
	var names, help []string
	for _, r := range renderers() {
		names = append(names, r.Name)
		help = append(help, r.Name)
	}
	c.Flags().StringVarP(&o.format, "format", "f", "", "output `format`: "+strings.Join(help, ", ")+
		" (default text, or what the name after -o says)")
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	c.Flags().StringVarP(&o.file, "output", "o", "", "write to `FILE`, which appears whole or not at all")
	c.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "one line per finding (text only)")
	c.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "whole stacks and all evidence (text only)")
	addChoice(c, o.color, "color", "colours in text (auto: on a terminal, unless NO_COLOR is set)")
}

func renderers() []report.Renderer { return report.All(ruleDocs()) }

// choose picks the renderer before any evidence is read: a mistake in the
// flags should not cost minutes. inputs are never written over.
func (o *output) choose(inputs []string) error {
	if o.file == "" && o.flags.Changed("output") {
		return errors.New("--output: the name of the file is empty")
	}
	for _, in := range inputs {
		if sameFile(o.file, in) {
			return fmt.Errorf("--output %s: that is an input, which would be lost: give another name", o.file)
		}
	}
	name := o.format
	if name == "" {
		name = formatOf(o.file)
	}
	var names []string
	for _, r := range renderers() {
		names = append(names, r.Name)
		if r.Name == name {
			o.renderer = r
		}
	}
	if o.renderer.Render == nil {
		return fmt.Errorf("--format %s: must be one of %s", name, strings.Join(names, ", "))
	}
	switch {
	case o.quiet && o.verbose:
		return errors.New("--quiet and --verbose: give one of them")
	case o.quiet && name != "text":
		return errors.New("--quiet is for text only, not for " + name)
	case o.verbose && name != "text":
		return errors.New("--verbose is for text only, not for " + name + ", which has everything")
	case o.quiet:
		o.renderer = report.Verdicts()
	}
	return nil
}

// sameFile reports whether two names are of one regular file.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil || !x.Mode().IsRegular() {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// formatOf guesses the format from a file name.
func formatOf(file string) string {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".json":
		return "json"
	case ".sarif":
		return "sarif"
	case ".dot", ".gv":
		return "dot"
	case ".html", ".htm":
		return "html"
	}
	return "text"
}

func (o *output) write(d *model.Document) error {
	opts := report.Options{Verbose: o.verbose, Color: o.useColor()}
	if o.file != "" && o.file != "-" {
		return writeFile(o.file, func(w io.Writer) error { return o.renderer.Render(w, d, opts) })
	}
	opts.Width = o.s.Width
	w := bufio.NewWriterSize(o.s.Out, 64<<10)
	if err := o.renderer.Render(w, d, opts); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

// useColor follows https://no-color.org: NO_COLOR, if not empty, switches the
// automatic colours off; a flag wins over it.
func (o *output) useColor() bool {
	switch o.color.value {
	case "always":
		return true
	case "never":
		return false
	}
	return o.s.OutTTY && (o.file == "" || o.file == "-") && o.s.Getenv("NO_COLOR") == "" && o.s.Getenv("TERM") != "dumb"
}
