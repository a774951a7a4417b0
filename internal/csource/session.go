package csource

import (
	"context"
	"errors"
	"slices"

	"gordian/internal/csource/ir"
	"gordian/internal/csource/link"
	"gordian/internal/csource/tree"
	"gordian/internal/srcfact"
)

// Session is an analysis that can be repeated with another text of one file:
// to see what a fix would change. Headers and the other files are not read
// again.
type Session struct {
	options Options
	tree    *tree.Tree
	first   *collector
}

// Open analyses as Analyze does, and keeps what another look needs. Sessions
// are for one goroutine.
func Open(ctx context.Context, o Options) (*Session, *srcfact.Facts, error) {
	o, err := o.filled()
	if err != nil {
		return nil, nil, err
	}
	t, err := tree.Load(ctx, o.Tree)
	if err != nil {
		return nil, nil, err
	}
	c := newCollector(o, t)
	if err := t.Each(ctx, o.APIs.Relevant, c.file); err != nil {
		return nil, nil, err
	}
	f, err := c.facts(ctx, o, t)
	return &Session{options: o, tree: t, first: c}, f, err
}

// With analyses the same files, of which the one at a path (as Facts.Files
// have it) has another text.
func (s *Session) With(ctx context.Context, path, text string) (*srcfact.Facts, error) {
	if s.first.dropped {
		return nil, errors.New("too many functions to look at them twice")
	}
	c := newCollector(s.options, s.tree)
	if err := s.tree.Again(ctx, path, text, c.file); err != nil {
		return nil, err
	}
	units := slices.DeleteFunc(slices.Clone(s.first.units), func(u *ir.Unit) bool { return u.File == path })
	c.units = append(units, c.units...)
	o := s.options
	o.Tree.Progress = nil
	return c.facts(ctx, o, s.tree)
}

// facts links what was collected.
func (c *collector) facts(ctx context.Context, o Options, t *tree.Tree) (*srcfact.Facts, error) {
	p := link.New(c.units, o.APIs)
	if p.Huge() {
		c.drop()
		t.Forget()
	}
	report := func(done, total int) {
		if o.Tree.Progress != nil {
			o.Tree.Progress("functions", done, total)
		}
	}
	if err := p.Summarize(ctx, o.Tree.Jobs, report); err != nil {
		return nil, err
	}
	f := p.Facts(o.Tree.Jobs)
	c.finish(f, t)
	return f, nil
}

// drop gives up what only another look needs.
func (c *collector) drop() {
	c.types, c.lower, c.units, c.seen = nil, nil, nil, nil
	c.dropped = true
}
