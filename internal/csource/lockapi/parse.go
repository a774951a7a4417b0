package lockapi

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/pelletier/go-toml/v2/unstable"
)

// entry is one filled form and where in a file it begins.
type entry struct {
	file *file
	at   uint32
	form form
}

type file struct {
	name string
	data []byte
}

// place returns file and line. It counts lines each time: once, for an error.
func (f *file) place(offset uint32) string {
	return fmt.Sprintf("%s:%d", f.name, 1+bytes.Count(f.data[:offset], []byte("\n")))
}

func (e *entry) place() string { return e.file.place(e.at) }

// parser reads the forms of one data file.
type parser struct {
	toml    unstable.Parser
	file    *file
	entries []entry
	keys    []string // those of the last entry: each may be given once
}

// parse returns the entries of a data file in their order. Errors begin with
// file and line, and name the key.
func parse(name string, data []byte) ([]entry, error) {
	p := &parser{file: &file{name, data}}
	p.toml.Reset(data)
	// What stands before the first section speaks for the whole project.
	p.begin(0, &projectForm{})
	for p.toml.NextExpression() {
		if err := p.expression(p.toml.Expression()); err != nil {
			return nil, err
		}
	}
	if err := p.toml.Error(); err != nil {
		if at := (*unstable.ParserError)(nil); errors.As(err, &at) {
			return nil, fmt.Errorf("%s: %s", p.file.place(p.toml.Range(at.Highlight).Offset), at.Message)
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p.entries, nil
}

func (p *parser) begin(at uint32, f form) {
	p.entries = append(p.entries, entry{p.file, at, f})
	p.keys = p.keys[:0]
}

func (p *parser) expression(e *node) error {
	switch e.Kind {
	case unstable.KeyValue:
		return p.keyValue(e)
	case unstable.ArrayTable, unstable.Table:
		return p.section(e)
	}
	return nil // a comment
}

func (p *parser) section(e *node) error {
	kind, _ := plainKey(e.Key())
	at := keyOffset(e)
	var f form
	if e.Kind == unstable.ArrayTable {
		f = newForm(kind, p.file.name)
	}
	if f == nil {
		return fmt.Errorf("%s: unknown section %s", p.file.place(at), quote(kind))
	}
	p.begin(at, f)
	return nil
}

func (p *parser) keyValue(e *node) error {
	key, ok := plainKey(e.Key())
	f := p.entries[len(p.entries)-1].form
	err := errUnknownKey
	switch {
	case slices.Contains(p.keys, key):
		err = errTwice
	case ok:
		p.keys = append(p.keys, key)
		err = f.set(key, e.Value())
	}
	if err != nil {
		return fmt.Errorf("%s: %s: %w", p.file.place(keyOffset(e)), quote(key), err)
	}
	return nil
}

// keyOffset finds an expression by its key: only keys have a place.
func keyOffset(e *node) uint32 {
	if it := e.Key(); it.Next() {
		return it.Node().Raw.Offset
	}
	return 0
}
