package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gordian/internal/srcfact"
)

func noteWords(n srcfact.Note) string {
	if n.Line > 0 {
		return "line " + strconv.Itoa(n.Line) + ": " + n.Reason
	}
	return n.Reason
}

func ruleIDs() []string {
	var out []string
	for _, d := range ruleDocs() {
		out = append(out, d.ID)
	}
	return out
}

// knownRules refuses a name that is no rule: it would hide everything, or
// suppress nothing, in silence.
func knownRules(names []string) error {
	ids := ruleIDs()
	for _, n := range names {
		known := false
		for _, id := range ids {
			known = known || id == n
		}
		if known {
			continue
		}
		err := fmt.Errorf("no rule %q", n)
		if near := nearest(n, ids); near != "" {
			err = fmt.Errorf("%w; did you mean %s?", err, near)
		}
		return err
	}
	return nil
}

// sourcePath refuses what cannot be C source: a log in which nothing is found
// would look like a clean one.
func sourcePath(path string) error {
	if path == "" {
		return errors.New("a path is empty")
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".c", ".h":
		return nil
	}
	if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() {
		return fmt.Errorf("%s: not C source by its name (.c, .h): `gordian diagnose` reads logs", path)
	}
	return nil
}

func isFolder(flag, dir string) error {
	if dir == "" {
		return nil
	}
	st, err := os.Stat(dir)
	switch {
	case err != nil:
		return fmt.Errorf("%s %w", flag, fileError(dir, err))
	case !st.IsDir():
		return fmt.Errorf("%s %s: not a folder", flag, dir)
	}
	return nil
}

// fileError says in few words why a file cannot be read.
func fileError(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: no such file or folder", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: no permission to read it", path)
	}
	return fmt.Errorf("%s: %w", path, err)
}
