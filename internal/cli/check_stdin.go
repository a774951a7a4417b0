package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gordian/internal/srcfact"
)

// stdinFile is the name of the file that stands for standard input while it
// is read, and stdinName is what people see.
const (
	stdinFile = "stdin.c"
	stdinName = "<stdin>"

	stdinFolder = "gordian-stdin-"
)

// fromStdin gives the options with "-" replaced by a file that has what came
// in, and a function that removes it.
func (k *checkCmd) fromStdin(args []string) (o sourceOptions, done func(), err error) {
	o, done = k.src, func() {}
	o.Paths = slices.Clone(args)
	i := slices.Index(args, "-")
	if i < 0 {
		o.Neighbours = true
		return o, done, nil
	}
	if len(args) > 1 {
		return o, done, errors.New("-: standard input is one C file, and nothing else can be checked with it")
	}
	dir, err := os.MkdirTemp("", stdinFolder)
	if err != nil {
		return o, done, err
	}
	done = func() { os.RemoveAll(dir) } //nolint:errcheck // nothing is lost if it stays
	path := filepath.Join(dir, stdinFile)
	n, err := copyTo(path, k.In)
	if err == nil && n == 0 {
		err = errors.New("-: nothing came in on standard input")
	}
	if err != nil {
		done()
		return o, func() {}, err
	}
	o.Paths[i] = path
	return o, done, nil
}

func copyTo(path string, r io.Reader) (int64, error) {
	if r == nil {
		return 0, errors.New("-: there is no standard input")
	}
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(f, io.LimitReader(r, maxText+1))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil && n > maxText {
		err = fmt.Errorf("-: more than %d MB of C: name the file instead", maxText>>20)
	}
	return n, err
}

// isStdin reports whether a path is of the file that stands for standard input.
func isStdin(path string) bool {
	return filepath.Base(path) == stdinFile && strings.HasPrefix(filepath.Base(filepath.Dir(path)), stdinFolder)
}

// renameStdin shows the temporary file as what it is, and returns its name.
func renameStdin(s *srcfact.Facts) string {
	if len(s.Files) != 1 {
		return ""
	}
	old := s.Files[0].Path
	rename := func(name *string) {
		if *name == old {
			*name = stdinName
		}
	}
	rename(&s.Files[0].Path)
	for i := range s.Classes {
		rename(&s.Classes[i].File)
	}
	for i := range s.Incomplete {
		rename(&s.Incomplete[i].File)
	}
	eachStep(s, func(st *srcfact.Step) { rename(&st.File) })
	return old
}

// eachStep visits every step of every path.
func eachStep(s *srcfact.Facts, visit func(*srcfact.Step)) {
	each := func(path []srcfact.Step) {
		for i := range path {
			visit(&path[i])
		}
	}
	for i := range s.Orders {
		each(s.Orders[i].Path)
	}
	for i := range s.Uses {
		each(s.Uses[i].Path)
	}
	for i := range s.Slips {
		each(s.Slips[i].Path)
		each(s.Slips[i].Other)
		each(s.Slips[i].Peers)
	}
}
