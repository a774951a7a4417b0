package change

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// FromGit returns what has changed in the repository around dir since a
// revision: commits, what is staged, edits and new files. It starts where the
// present branch left that revision, so that what others did since then is no
// part of the change.
func FromGit(ctx context.Context, dir, rev string) (*Set, error) {
	g := &git{ctx: ctx, dir: dir}
	top, err := g.line("rev-parse", "--show-toplevel")
	if err != nil {
		return nil, g.noRepository(err)
	}
	g.dir = top
	base, err := g.base(rev)
	if err != nil {
		return nil, err
	}
	paths, err := g.changed(base)
	if err != nil {
		return nil, err
	}
	olds, err := g.show(base, paths)
	if err != nil {
		return nil, err
	}
	s := &Set{Base: filepath.FromSlash(top)}
	for i, p := range paths {
		now, err := read(filepath.Join(s.Base, filepath.FromSlash(p)))
		if err != nil {
			return nil, err
		}
		s.Files = append(s.Files, File{Path: p, Old: olds[i], New: now})
	}
	return s, nil
}

// git runs git in a folder, without a shell.
type git struct {
	ctx context.Context
	dir string
}

func (g *git) command(args ...string) *exec.Cmd {
	c := exec.CommandContext(g.ctx, "git", args...)
	c.Dir = g.dir
	for _, e := range os.Environ() {
		switch name, _, _ := strings.Cut(e, "="); name {
		case "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX":
			continue // set inside a hook, for another folder than ours
		}
		c.Env = append(c.Env, e)
	}
	c.Env = append(c.Env, "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	return c
}

func (g *git) output(args ...string) ([]byte, error) {
	c := g.command(args...)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err == nil {
		return out, nil
	}
	if g.ctx.Err() != nil {
		return nil, g.ctx.Err()
	}
	if said := strings.TrimSpace(errs.String()); said != "" {
		first, _, _ := strings.Cut(said, "\n")
		return nil, fmt.Errorf("git %s: %s", args[0], first)
	}
	return nil, fmt.Errorf("git %s: %w", args[0], err)
}

func (g *git) line(args ...string) (string, error) {
	out, err := g.output(args...)
	return strings.TrimRight(string(out), "\r\n"), err
}

func (g *git) noRepository(err error) error {
	switch {
	case g.ctx.Err() != nil:
		return g.ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("git is not installed; --diff does without")
	case strings.Contains(err.Error(), "not a git repository"):
		return fmt.Errorf("%s is in no git repository", g.dir)
	}
	return err // such as one that belongs to somebody else
}

// base is the commit that the change began at.
func (g *git) base(rev string) (string, error) {
	unknown := fmt.Errorf("git knows no revision %q", rev)
	if rev == "" || strings.HasPrefix(rev, "-") {
		return "", unknown // an option, to git
	}
	commit, err := g.line("rev-parse", "--verify", "--quiet", rev+"^{commit}")
	if err != nil {
		return "", cmp.Or(g.ctx.Err(), unknown)
	}
	if fork, err := g.line("merge-base", commit, "HEAD"); err == nil && fork != "" {
		return fork, nil
	}
	return commit, g.ctx.Err() // no commit yet, or no common one
}

// changed lists the source files that differ from a commit, sorted.
func (g *git) changed(base string) ([]string, error) {
	diff, err := g.output("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", base, "--", "*.c", "*.h")
	if err != nil {
		return nil, err
	}
	fresh, err := g.output("ls-files", "-z", "--others", "--exclude-standard", "--", "*.c", "*.h")
	if err != nil {
		return nil, err
	}
	var out []string
	for p := range strings.SplitSeq(string(diff)+string(fresh), "\x00") {
		if p != "" && !strings.Contains(p, "\n") { // cat-file takes one name a line
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// show returns the texts that files had in a commit.
func (g *git) show(base string, paths []string) ([]Text, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	c := g.command("cat-file", "--batch")
	var names strings.Builder
	for _, p := range paths {
		names.WriteString(base + ":" + p + "\n")
	}
	c.Stdin = strings.NewReader(names.String())
	pipe, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	texts, err := readBatch(bufio.NewReader(pipe), len(paths))
	if err != nil {
		c.Process.Kill() //nolint:errcheck // it may have ended by itself
	}
	if werr := c.Wait(); err == nil {
		err = werr
	}
	if err != nil {
		return nil, cmp.Or(g.ctx.Err(), fmt.Errorf("git cat-file: %w", err))
	}
	return texts, nil
}

// readBatch reads n answers of git cat-file --batch: "NAME TYPE SIZE", the
// content, an empty line; or "NAME missing".
func readBatch(r *bufio.Reader, n int) ([]Text, error) {
	out := make([]Text, n)
	for i := range out {
		head, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(head, " missing\n") {
			continue
		}
		var sum, kind string
		var size int64
		if _, err := fmt.Sscanf(head, "%s %s %d\n", &sum, &kind, &size); err != nil || size < 0 || size > maxFile {
			return nil, fmt.Errorf("unexpected answer %q", strings.TrimSpace(head))
		}
		text := make([]byte, size+1)
		if _, err := io.ReadFull(r, text); err != nil {
			return nil, err
		}
		if kind == "blob" {
			out[i] = Text{Exists: true, Text: string(text[:size])}
		}
	}
	return out, nil
}
