package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"gordian/internal/change"
	"gordian/internal/csource/tree"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// changeRun is a check of what a change introduces: the text after it is
// analysed, then the text before it.
type changeRun struct {
	k    *checkCmd
	set  *change.Set
	src  sourceOptions
	temp string // for texts that are not on disk
}

// onlyNew runs the check of a change. done removes what it wrote to disk, and
// must wait until the report is written: it shows lines of these files.
func (k *checkCmd) onlyNew(ctx context.Context, args []string) (c *checked, done func(), err error) {
	done = func() {}
	set, err := k.changeSet(ctx, args)
	if err != nil {
		return nil, done, err
	}
	if k.fix && set.Pending() {
		return nil, done, errors.New("--fix: the files do not have the change yet: apply the diff first")
	}
	r := &changeRun{k: k, set: set, src: k.src}
	r.src.Paths, r.src.Neighbours = args, true
	if len(set.Files) == 0 || len(args) == 0 && len(r.changed(change.New)) == 0 {
		fmt.Fprintln(k.Err, "gordian: "+r.nothing())
		return nothingChecked(), done, nil
	}
	if r.temp, err = os.MkdirTemp("", "gordian-change-"); err != nil {
		return nil, done, err
	}
	done = func() { os.RemoveAll(r.temp) } //nolint:errcheck // nothing is lost if it stays
	c, err = r.run(ctx)
	return c, done, err
}

func (k *checkCmd) changeSet(ctx context.Context, args []string) (*change.Set, error) {
	if k.since != "" {
		return change.FromGit(ctx, folderOf(args), k.since)
	}
	text, err := k.diffText()
	if err != nil {
		return nil, err
	}
	bases, err := k.bases(args)
	if err != nil {
		return nil, err
	}
	set, err := change.FromDiff(text, bases, k.overlaid)
	if err != nil {
		return nil, fmt.Errorf("--diff %s: %w", k.diff, err)
	}
	return set, nil
}

func nothingChecked() *checked {
	s := &srcfact.Facts{}
	return &checked{inputs: &model.Facts{}, source: s, text: newSourceText(s, tree.Options{})}
}

// folderOf is the folder that a path is in, or is.
func folderOf(args []string) string {
	if len(args) == 0 {
		return "."
	}
	if st, err := os.Stat(args[0]); err == nil && st.IsDir() {
		return args[0]
	}
	return filepath.Dir(args[0])
}

func (k *checkCmd) diffText() (string, error) {
	r := k.In
	if k.diff != "-" {
		f, err := os.Open(k.diff)
		if err != nil {
			return "", fileError(k.diff, err)
		}
		defer f.Close() //nolint:errcheck // read only
		r = f
	}
	if r == nil {
		return "", errors.New("--diff -: there is no standard input")
	}
	b, err := io.ReadAll(io.LimitReader(r, 8*maxText))
	return string(b), err
}

// bases lists the folders that the names in a diff may begin at, the likeliest
// first: the tree, the top of the project, here, the paths themselves.
func (k *checkCmd) bases(args []string) ([]string, error) {
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	list := []string{k.src.Root}
	for _, a := range append(slices.Clone(args), ".") {
		abs, err := filepath.Abs(folderOf([]string{a}))
		if err != nil {
			return nil, err
		}
		list = append(list, tree.RootAbove(abs), projectAbove(abs))
	}
	list = append(list, here)
	for _, a := range args {
		list = append(list, folderOf([]string{a}))
	}
	var out []string
	for _, d := range list {
		if d == "" {
			continue
		}
		abs, err := filepath.Abs(d)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, abs) {
			out = append(out, abs)
		}
	}
	return out, nil
}

// projectAbove is the top of the repository that a folder is in, or "".
func projectAbove(dir string) string {
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// overlaid is where the text of a file is: in the user's overlay, if it has it.
func (k *checkCmd) overlaid(abs string) string {
	root, err := filepath.Abs(k.src.Root)
	if k.src.Overlay == "" || k.src.Root == "" || err != nil {
		return abs
	}
	if rel, err := filepath.Rel(root, abs); err == nil && filepath.IsLocal(rel) {
		if over := filepath.Join(k.src.Overlay, rel); exists(over) {
			return over
		}
	}
	return abs
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// changed lists the .c files that there are on one side of the change.
func (r *changeRun) changed(side func(*change.File) change.Text) []string {
	var out []string
	for i := range r.set.Files {
		f := &r.set.Files[i]
		if side(f).Exists && filepath.Ext(f.Path) == ".c" {
			out = append(out, r.set.Abs(f))
		}
	}
	return out
}

func (r *changeRun) nothing() string {
	if len(r.set.Files) > 0 {
		return "the change touches headers only: name the files or folders that include them"
	}
	return "the change touches no C source"
}

func (r *changeRun) run(ctx context.Context) (*checked, error) {
	now, err := r.side(ctx, "new", r.set.Pending(), change.New)
	if err != nil {
		return nil, err
	}
	if len(now.findings) == 0 {
		return now, nil // there can be nothing new
	}
	r.src.NoFixes = true
	before, err := r.side(ctx, "old", true, change.Old)
	if err != nil {
		return nil, err
	}
	now.keepNew(before.findings)
	return now, nil
}

// side analyses one side of the change. If the files on disk are of the other
// one, files with the text of this one stand in for them.
func (r *changeRun) side(ctx context.Context, name string, replace bool, side func(*change.File) change.Text) (*checked, error) {
	o := r.src
	if len(o.Paths) == 0 {
		if o.Paths = r.changed(side); len(o.Paths) == 0 {
			return nothingChecked(), nil // no file is on this side
		}
	}
	if replace {
		dir := filepath.Join(r.temp, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, err
		}
		files, err := r.set.Write(dir, side)
		if err != nil {
			return nil, err
		}
		o.Replace = files
	}
	return r.k.analyse(ctx, o)
}

// keepNew drops the findings that were there before, as often as they were.
func (c *checked) keepNew(before []model.Finding) {
	old := map[string]int{}
	for i := range before {
		old[before[i].Fingerprint]++
	}
	n := len(c.findings)
	c.findings = slices.DeleteFunc(c.findings, func(f model.Finding) bool {
		old[f.Fingerprint]--
		return old[f.Fingerprint] >= 0
	})
	c.inputs.Count("findings_not_new", int64(n-len(c.findings)))
}
