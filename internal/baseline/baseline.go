// Package baseline keeps a list of known findings, so that only new ones are
// reported: the way into a code base that has some already.
package baseline

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"gordian/internal/model"
)

// Schema is the version of the file.
const Schema = "gordian/baseline/v1"

// List is a baseline. It is sorted, has no line numbers and no times: edits
// elsewhere in a file do not change it, and its differences are readable.
type List struct {
	Schema   string  `json:"schema"`
	Findings []Entry `json:"findings"`
}

// Entry is one known finding, or Count of them that nothing tells apart.
type Entry struct {
	Fingerprint string `json:"fingerprint"`
	Rule        string `json:"rule"`
	File        string `json:"file,omitempty"`
	Function    string `json:"function,omitempty"`
	Title       string `json:"title"`
	Count       int    `json:"count"`
}

// New makes the baseline of findings.
func New(fs []model.Finding) *List {
	at := map[string]int{}
	l := &List{Schema: Schema, Findings: []Entry{}}
	for i := range fs {
		f := &fs[i]
		if k, ok := at[f.Fingerprint]; ok {
			l.Findings[k].Count++
			continue
		}
		at[f.Fingerprint] = len(l.Findings)
		l.Findings = append(l.Findings, Entry{f.Fingerprint, f.Rule, f.File, f.Function, f.Title, 1})
	}
	slices.SortFunc(l.Findings, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Function, b.Function), cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Title, b.Title), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	return l
}

// Write writes the list.
func (l *List) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(l)
}

// Read reads a list and checks that it is one.
func Read(r io.Reader) (*List, error) {
	var l List
	if err := json.NewDecoder(r).Decode(&l); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("not a baseline: it is empty")
		}
		return nil, fmt.Errorf("not a baseline: %w", err)
	}
	if l.Schema != Schema {
		return nil, fmt.Errorf("not a baseline of schema %s: its schema is %q", Schema, l.Schema)
	}
	return &l, nil
}

// Filter splits findings into those that the list does not know and the
// number of those that it does. Where more are found than it counts, the last
// ones are new. stale lists what it knows and was not found, with the count
// that is too much.
func (l *List) Filter(fs []model.Finding) (unknown []model.Finding, known int, stale []Entry) {
	left := map[string]int{}
	for _, e := range l.Findings {
		left[e.Fingerprint] += e.Count
	}
	unknown = []model.Finding{}
	for i := range fs {
		if left[fs[i].Fingerprint] > 0 {
			left[fs[i].Fingerprint]--
			known++
			continue
		}
		unknown = append(unknown, fs[i])
	}
	for _, e := range l.Findings {
		if n := min(left[e.Fingerprint], e.Count); n > 0 {
			left[e.Fingerprint] -= n
			e.Count = n
			stale = append(stale, e)
		}
	}
	return unknown, known, stale
}
