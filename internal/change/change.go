// Package change tells what a change to source did: which files it touched,
// and their text before and after. A change comes from a unified diff or from
// a git repository; nothing in the working tree is ever written.
package change

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Set is a change. Base is the folder that the files' paths begin at.
type Set struct {
	Base  string // absolute
	Files []File // sorted by path
}

// File is one changed file.
type File struct {
	Path     string // relative to Base, with slashes
	Old, New Text
	// Pending is set if the file on disk still has the old text.
	Pending bool
}

// Text is a file's content on one side of the change.
type Text struct {
	Exists bool
	Text   string
}

// Abs is where the file is, or would be.
func (s *Set) Abs(f *File) string { return filepath.Join(s.Base, filepath.FromSlash(f.Path)) }

// Pending reports whether any file on disk has the old text: the change is
// still to be made.
func (s *Set) Pending() bool {
	for i := range s.Files {
		if s.Files[i].Pending {
			return true
		}
	}
	return false
}

// IsSource reports whether a file can hold what gordian reads.
func IsSource(path string) bool {
	return strings.HasSuffix(path, ".c") || strings.HasSuffix(path, ".h")
}

// Write writes the texts of one side into files in dir, and returns them by
// the paths of the files that they stand in for. What does not exist on that
// side becomes an empty file: nothing is in it.
func (s *Set) Write(dir string, side func(*File) Text) (map[string]string, error) {
	out := make(map[string]string, len(s.Files))
	for i := range s.Files {
		f := &s.Files[i]
		path := filepath.Join(dir, strconv.Itoa(i)+filepath.Ext(f.Path))
		if err := os.WriteFile(path, []byte(side(f).Text), 0o600); err != nil {
			return nil, err
		}
		out[s.Abs(f)] = path
	}
	return out, nil
}

// Old and New choose a side.
func Old(f *File) Text { return f.Old }

// New is the side after the change.
func New(f *File) Text { return f.New }

// maxFile bounds a source file.
const maxFile = 64 << 20

// read returns the text of a file; a file that does not exist has none.
func read(path string) (Text, error) {
	st, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return Text{}, nil
	case err != nil:
		return Text{}, err
	case !st.Mode().IsRegular():
		return Text{}, fmt.Errorf("%s: not a regular file", path)
	case st.Size() > maxFile:
		return Text{}, fmt.Errorf("%s: larger than %d MB", path, maxFile>>20)
	}
	b, err := os.ReadFile(path)
	return Text{Exists: true, Text: string(b)}, err
}
