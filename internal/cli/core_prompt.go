package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"
)

// corePrompt reads commands: with a line editor on a terminal (history by the
// arrow keys, completion by TAB), line by line from a pipe.
type corePrompt struct {
	Streams
	s    *coreSession
	read func() (string, error)
	// failed says that a command of a script failed, which makes the exit
	// status 2. At a prompt, the person saw it.
	failed bool
}

func (x *coreCommand) prompt(ctx context.Context, s *coreSession) error {
	p := &corePrompt{Streams: x.Streams, s: s}
	in, isFile := x.In.(*os.File)
	terminal := x.InTTY && x.OutTTY && isFile
	if terminal {
		fmt.Fprintf(x.Out, "%s, kernel %s. `help` lists the commands, Ctrl-D leaves.\n", s.k.Image.Format, safe(s.k.Release))
		p.read = p.editor(in)
	} else {
		lines := bufio.NewScanner(x.In)
		p.read = func() (string, error) {
			if !lines.Scan() {
				return "", errors.Join(lines.Err(), io.EOF)
			}
			return lines.Text(), nil
		}
	}
	if err := p.loop(ctx); err != nil {
		return err
	}
	if p.failed && !terminal {
		return &exitStatus{code: exitFailure}
	}
	return nil
}

// loop runs commands until the input ends. A read cannot be interrupted, so an
// interrupt leaves it behind.
func (p *corePrompt) loop(ctx context.Context) error {
	type result struct {
		line string
		err  error
	}
	for {
		got := make(chan result, 1)
		go func() {
			line, err := p.read()
			got <- result{line, err}
		}()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case r := <-got:
			switch {
			case errors.Is(r.err, io.EOF):
				return nil
			case r.err != nil:
				return fmt.Errorf("read command: %w", r.err)
			}
			if p.line(ctx, strings.Fields(r.line)) {
				return ctx.Err()
			}
		}
	}
}

// line runs one command; a mistake in it ends nothing. It returns true to leave.
func (p *corePrompt) line(ctx context.Context, words []string) (leave bool) {
	if len(words) == 0 || strings.HasPrefix(words[0], "#") {
		return false
	}
	switch words[0] {
	case "quit", "exit", "q":
		return true
	case "help", "?":
		fmt.Fprint(p.Out, coreCommandHelp()+"  help, quit\n")
		return false
	}
	if err := p.s.run(ctx, words); err != nil {
		if ctx.Err() != nil {
			return true
		}
		p.failed = true
		complain(p.Streams, err)
	}
	return false
}

// editor returns a reader of edited lines. The terminal is raw only while a
// line is typed, so that Ctrl-C still ends a command that takes long.
func (p *corePrompt) editor(in *os.File) func() (string, error) {
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{&abandon{keys: in}, p.Out}, "gordian> ")
	t.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) {
		return p.complete(t, line, pos, key)
	}
	return func() (string, error) {
		old, err := term.MakeRaw(int(in.Fd()))
		if err != nil {
			return "", err
		}
		defer term.Restore(int(in.Fd()), old) //nolint:errcheck // nothing else can be done
		if w, h, err := term.GetSize(int(in.Fd())); err == nil && w > 0 {
			t.SetSize(w, h) //nolint:errcheck // it redraws, at worst wrongly
		}
		fmt.Fprint(p.Out, "\r")
		return t.ReadLine()
	}
}

// abandon reads keys, and makes of Ctrl-C that the line is emptied and ended, as
// in a shell; the line editor would take it for the end of the input.
type abandon struct {
	keys io.Reader
	rest []byte
}

func (a *abandon) Read(p []byte) (int, error) {
	const ctrlC, emptyLine = "\x03", "\x0b\x15\r" // delete what follows and what precedes the cursor
	var err error
	if len(a.rest) == 0 {
		var n int
		n, err = a.keys.Read(p)
		a.rest = bytes.ReplaceAll(p[:n], []byte(ctrlC), []byte(emptyLine)) // a copy
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, err
}

// complete completes the first word from the commands, and further ones from
// symbols and types, when what was typed fits only one or has a longer common
// beginning; otherwise it lists what fits.
func (p *corePrompt) complete(list io.Writer, line string, pos int, key rune) (string, int, bool) {
	if key != '\t' || pos != len(line) {
		return "", 0, false
	}
	start := strings.LastIndexByte(line, ' ') + 1
	word := line[start:]
	var fits []string
	if start == 0 {
		for _, s := range coreSubs() {
			if strings.HasPrefix(s.name, word) {
				fits = append(fits, s.name)
			}
		}
	} else if word != "" {
		fits = p.s.names(strings.Fields(line)[0], word)
	}
	if len(fits) == 0 {
		return "", 0, false
	}
	done := common(fits)
	if len(fits) == 1 {
		done += " "
	} else if done == word {
		const most = 40
		more := ""
		if n := len(fits) - most; n > 0 {
			more = fmt.Sprintf(" … and %d more", n)
		}
		fmt.Fprintln(list, strings.Join(fits[:min(most, len(fits))], "  ")+more)
	}
	line = line[:start] + done
	return line, len(line), true
}

// names lists what the argument of a command may be that begins with prefix.
func (s *coreSession) names(command, prefix string) []string {
	names := s.k.Sym.Complete
	if command == "struct" {
		names = s.k.Types.Complete
	}
	return slices.DeleteFunc(names(prefix), func(n string) bool { return safe(n) != n }) // a damaged one may steer the terminal
}

// common returns the longest beginning that all words have.
func common(words []string) string {
	out := words[0]
	for _, w := range words[1:] {
		for !strings.HasPrefix(w, out) {
			out = out[:len(out)-1]
		}
	}
	return out
}
