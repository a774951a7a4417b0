package change

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gordian/internal/udiff"
)

// FromDiff reads a unified diff of files in one of the folders bases. The
// files on disk may have the change already or not yet: whichever of the two
// fits all of them is taken. overlay, if not nil, gives the place of a file's
// text if that is not the file itself.
func FromDiff(text string, bases []string, overlay func(abs string) string) (*Set, error) {
	diffs, err := udiff.Parse(text)
	if err != nil {
		return nil, err
	}
	diffs = slices.DeleteFunc(diffs, func(f *udiff.File) bool { return !IsSource(f.Name()) && !IsSource(f.Old) })
	if overlay == nil {
		overlay = func(abs string) string { return abs }
	}
	d := &resolver{diffs: diffs, place: overlay}
	if len(diffs) == 0 {
		return &Set{Base: bases[0]}, nil
	}
	if err := d.locate(bases); err != nil {
		return nil, err
	}
	applied, errApplied := d.texts(true)
	if errApplied == nil {
		return applied, nil
	}
	pending, errPending := d.texts(false)
	if errPending == nil {
		return pending, nil
	}
	// The longer way that a direction went, the more likely it was meant.
	if pending.matched() > applied.matched() {
		return nil, errPending
	}
	return nil, errApplied
}

// resolver finds the files that a diff means.
type resolver struct {
	diffs []*udiff.File
	place func(abs string) string
	base  string
	strip int // leading parts of a name to drop, as patch -p does
}

// locate finds the folder and the number of leading parts to drop under which
// every changed file exists.
func (d *resolver) locate(bases []string) error {
	missing := ""
	for _, base := range bases {
		for _, strip := range []int{1, 0, 2} {
			name, ok := d.missing(base, strip)
			if ok {
				d.base, d.strip = base, strip
				return nil
			}
			if missing == "" {
				missing = name
			}
		}
	}
	return fmt.Errorf("%w: it changes %s, which is not in %s", udiff.ErrMismatch, missing, strings.Join(bases, " nor in "))
}

// missing returns a file of the diff that is not there.
func (d *resolver) missing(base string, strip int) (name string, ok bool) {
	there := 0
	for _, f := range d.diffs {
		old, okOld := cut(f.Old, strip)
		now, okNow := cut(f.New, strip)
		if f.Old != "" && !okOld || f.New != "" && !okNow {
			return f.Name(), false
		}
		switch {
		case d.exists(base, old) || d.exists(base, now):
			there++
		case f.Old != "" && f.New != "":
			return now, false
		}
	}
	if there > 0 {
		return "", true
	}
	// Only new or deleted files: their folders must be there at least.
	for _, f := range d.diffs {
		name, _ := cut(f.Name(), strip)
		if !d.exists(base, filepath.Dir(name)) {
			return name, false
		}
	}
	return "", true
}

func (d *resolver) exists(base, name string) bool {
	if name == "" {
		return false
	}
	_, err := os.Stat(d.place(filepath.Join(base, name)))
	return err == nil
}

// cut drops leading parts of a name, and refuses one that leads elsewhere.
func cut(name string, strip int) (string, bool) {
	if name == "" {
		return "", true
	}
	for range strip {
		_, rest, ok := strings.Cut(name, "/")
		if !ok {
			return "", false
		}
		name = rest
	}
	return name, filepath.IsLocal(filepath.FromSlash(name))
}

// texts makes the change of the diff, seen from files that have the new text
// (applied) or the old one. With an error, it has the files up to it.
func (d *resolver) texts(applied bool) (*Set, error) {
	s := &Set{Base: d.base}
	for _, diff := range d.diffs {
		if err := d.file(s, diff, applied); err != nil {
			return s, err
		}
	}
	slices.SortFunc(s.Files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return s, nil
}

func (s *Set) matched() int { return len(s.Files) }

func (d *resolver) file(s *Set, diff *udiff.File, applied bool) error {
	from := diff // from what is on disk to the other side
	if applied {
		from = diff.Reverse()
	}
	name, _ := cut(from.Old, d.strip)
	other, _ := cut(from.New, d.strip)
	disk := Text{}
	if name != "" {
		var err error
		if disk, err = read(d.place(filepath.Join(d.base, name))); err != nil {
			return err
		}
	}
	if disk.Exists != (name != "") {
		return fmt.Errorf("%w: %s does not exist", udiff.ErrMismatch, name)
	}
	if name == "" && d.exists(d.base, other) {
		return fmt.Errorf("%w: %s exists already", udiff.ErrMismatch, other)
	}
	text, err := from.Apply(disk.Text)
	if err != nil {
		return fmt.Errorf("%s: %w", cmp.Or(name, other), err)
	}
	far := Text{Exists: other != "", Text: text}
	if name == other || name == "" || other == "" {
		s.add(cmp.Or(name, other), disk, far, applied)
		return nil
	}
	s.add(name, disk, Text{}, applied) // renamed
	s.add(other, Text{}, far, applied)
	return nil
}

// add adds a file by what is on disk and what is on the other side.
func (s *Set) add(path string, disk, far Text, applied bool) {
	f := File{Path: path, Old: disk, New: far, Pending: !applied}
	if applied {
		f.Old, f.New = far, disk
	}
	s.Files = append(s.Files, f)
}
