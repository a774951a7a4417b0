package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"gordian/internal/kcore"
)

// coreSession answers commands about one dump.
type coreSession struct {
	k    *kcore.Kernel
	out  io.Writer
	json bool
	seen *kcore.State // what state found; nil before, and of a live kernel
}

// state finds the tasks and what they wait for, once; of a kernel that runs on,
// each time anew.
func (s *coreSession) state(ctx context.Context) (*kcore.State, error) {
	if s.seen != nil {
		return s.seen, nil
	}
	st, err := s.k.Analyze(ctx)
	if err == nil && !s.k.Image.Live {
		s.seen = st
	}
	return st, err
}

// lacks lists what could not be read, for people.
func (s *coreSession) lacks() []string {
	out := append([]string{}, s.k.Incomplete...)
	if s.seen != nil {
		out = append(out, s.seen.Incomplete...)
	}
	return out
}

// coreSub is a command at the prompt.
type coreSub struct {
	name, args, short string
	run               func(ctx context.Context, s *coreSession, fs *pflag.FlagSet, args []string) (coreAnswer, error)
}

// coreAnswer is what a command has to say: a value for JSON, and the same as
// text.
type coreAnswer struct {
	value any
	text  func(w io.Writer)
}

// coreSubs lists the commands; crash has them under the same names.
func coreSubs() []coreSub {
	return []coreSub{corePs(), coreBt(), coreLocks(), coreLock(), coreLog(), coreSym(), coreStruct(), coreRd()}
}

func coreCommandHelp() string {
	var b strings.Builder
	for _, s := range coreSubs() {
		fmt.Fprintf(&b, "  %-28s %s\n", strings.TrimSpace(s.name+" "+s.args), s.short)
	}
	return b.String()
}

func findCoreSub(name string) (coreSub, error) {
	var names []string
	for _, s := range coreSubs() {
		if s.name == name {
			return s, nil
		}
		names = append(names, s.name)
	}
	err := fmt.Errorf("unknown command %q of gordian core", name)
	if near := nearest(name, names); near != "" {
		return coreSub{}, fmt.Errorf("%w; did you mean %s?", err, near)
	}
	return coreSub{}, fmt.Errorf("%w: there are %s", err, strings.Join(names, ", "))
}

// coreSchema is the version of the JSON of these commands.
const coreSchema = "gordian/core/v1"

// run executes one command line.
func (s *coreSession) run(ctx context.Context, line []string) error {
	sub, err := findCoreSub(line[0])
	if err != nil {
		return err
	}
	fs := pflag.NewFlagSet(sub.name, pflag.ContinueOnError)
	fs.Usage = func() {}
	fs.SetOutput(io.Discard)
	format := newChoice(map[bool]string{true: "json", false: "text"}[s.json], "text", "json")
	fs.VarP(format, "format", "f", "")
	answer, err := sub.run(ctx, s, fs, line[1:])
	if errors.Is(err, pflag.ErrHelp) {
		fmt.Fprintf(s.out, "%s %s\n  %s\n%s", sub.name, sub.args, sub.short, fs.FlagUsages())
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", sub.name, err)
	}
	w := bufio.NewWriterSize(s.out, 64<<10)
	if format.value == "json" {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		e.SetEscapeHTML(false)
		err = e.Encode(map[string]any{"schema": coreSchema, "command": sub.name, "result": answer.value, "incomplete": s.lacks()})
	} else {
		answer.text(w)
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

// parse reads the flags of a command and checks how many arguments are left.
func parseCore(fs *pflag.FlagSet, args []string, least, most int) ([]string, error) {
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	switch n := fs.NArg(); {
	case n < least:
		return nil, errors.New("an argument is missing: see " + fs.Name() + " --help")
	case n > most:
		return nil, fmt.Errorf("%q is one argument too many: see %s --help", fs.Arg(most), fs.Name())
	}
	return fs.Args(), nil
}
