package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"gordian/internal/model"
	"gordian/internal/srcfact"
	"gordian/internal/srcfix"
)

// fixer applies the fixes of findings that are edits. A file is changed in
// one go, and only if it still is what was analysed.
type fixer struct {
	k     *checkCmd
	c     *checked
	edits map[string][]model.Edit // by file as shown
	text  map[string]srcfix.Text
	crlf  map[string]bool
}

// applyFixes applies what can be applied, says what it did, and leaves the findings
// that remain.
func (k *checkCmd) applyFixes(c *checked) error {
	least := model.Confidence(k.minConfidence.value)
	x := &fixer{k: k, c: c, edits: map[string][]model.Edit{}, text: map[string]srcfix.Text{}, crlf: map[string]bool{}}
	var left, cured []model.Finding
	for i := range c.findings {
		f := &c.findings[i]
		fix := firstEdit(f)
		if fix == nil || f.Confidence.Rank() < least.Rank() {
			left = append(left, *f)
			continue
		}
		if err := x.add(fix.Edits); err != nil {
			fmt.Fprintf(k.Err, "gordian: not fixed: %s: %v\n", safe(f.Title), err)
			left = append(left, *f)
			continue
		}
		cured = append(cured, *f)
	}
	if err := x.write(); err != nil {
		return err
	}
	for i := range cured {
		fmt.Fprintf(k.Err, "gordian: fixed %s: %s: %s\n", safe(firstEdit(&cured[i]).Edits[0].File), safe(cured[i].Title), safe(firstEdit(&cured[i]).Title))
	}
	if len(cured) == 0 {
		fmt.Fprintln(k.Err, "gordian: nothing to fix: no finding has a mechanical fix that works")
	}
	c.findings = left
	c.inputs.Count("fixed", int64(len(cured)))
	return nil
}

func firstEdit(f *model.Finding) *model.Fix {
	for i := range f.Fix {
		if len(f.Fix[i].Edits) > 0 {
			return &f.Fix[i]
		}
	}
	return nil
}

// add takes on the edits of one fix: all of them, or none.
func (x *fixer) add(edits []model.Edit) error {
	with := map[string][]model.Edit{}
	for _, e := range edits {
		if _, err := x.load(e.File); err != nil {
			return err
		}
		if with[e.File] == nil {
			with[e.File] = slices.Clone(x.edits[e.File])
		}
		if !slices.ContainsFunc(with[e.File], func(o model.Edit) bool { return sameEdit(e, o) }) {
			with[e.File] = append(with[e.File], e)
		}
	}
	for file, list := range with {
		if _, err := x.text[file].Apply(list); err != nil {
			return errors.New("it touches the same lines as another fix: run --fix once more")
		}
	}
	for file, list := range with {
		x.edits[file] = list
	}
	return nil
}

// sameEdit: two findings may have one cure.
func sameEdit(a, b model.Edit) bool {
	return a.File == b.File && a.Line == b.Line && a.Delete == b.Delete && slices.Equal(a.Insert, b.Insert)
}

// load reads a file, and refuses it if it is not what was analysed.
func (x *fixer) load(file string) (srcfix.Text, error) {
	if t, ok := x.text[file]; ok {
		return t, nil
	}
	i := slices.IndexFunc(x.c.source.Files, func(f srcfact.File) bool { return f.Path == file })
	if i < 0 {
		return srcfix.Text{}, fmt.Errorf("%s was not among the files to check", file)
	}
	f := x.c.source.Files[i]
	b, err := os.ReadFile(f.Read)
	if err != nil {
		return srcfix.Text{}, fileError(file, err)
	}
	if sum := sha256.Sum256(b); f.SHA256 != hex.EncodeToString(sum[:]) {
		return srcfix.Text{}, fmt.Errorf("%s has changed since it was read", file)
	}
	text := string(b)
	x.crlf[file] = strings.Contains(text, "\r\n")
	t := srcfix.Text{File: file, Lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
	x.text[file] = t
	return t, nil
}

// write writes the files that have edits.
func (x *fixer) write() error {
	for _, f := range x.c.source.Files {
		edits := x.edits[f.Path]
		if len(edits) == 0 {
			continue
		}
		lines, err := x.text[f.Path].Apply(x.ended(f.Path, edits))
		if err != nil {
			return err
		}
		err = writeFile(f.Read, func(w io.Writer) error {
			_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ended gives new lines the ends that the file's lines have.
func (x *fixer) ended(file string, edits []model.Edit) []model.Edit {
	if !x.crlf[file] {
		return edits
	}
	out := slices.Clone(edits)
	for i := range out {
		out[i].Insert = slices.Clone(out[i].Insert)
		for j := range out[i].Insert {
			out[i].Insert[j] += "\r"
		}
	}
	return out
}
