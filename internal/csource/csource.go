// Package csource reads kernel C source, without a compiler, and states what
// it says about locks: files → syntax trees → control flow graphs → summaries
// of functions → facts.
//
//	tree   finds, reads and parses files, headers first (cparse, ctype)
//	lower  makes control flow graphs of the functions (ir)
//	link   resolves calls and sums functions up, callees first (flow)
//	link   spreads contexts from registrations, and states the facts (srcfact)
package csource

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/ctype"
	"gordian/internal/csource/ir"
	"gordian/internal/csource/lockapi"
	"gordian/internal/csource/lower"
	"gordian/internal/csource/tree"
	"gordian/internal/srcfact"
)

// Options say what to analyse.
type Options struct {
	Tree tree.Options
	APIs *lockapi.Table
}

// Analyze reads and analyses source. It fails if a path cannot be read at all
// or ctx ends; what could be read only in part is in Facts.Incomplete.
func Analyze(ctx context.Context, o Options) (*srcfact.Facts, error) {
	_, f, err := Open(ctx, o)
	return f, err
}

// filled gives every option a value.
func (o Options) filled() (Options, error) {
	if o.APIs == nil {
		return o, errors.New("csource: no API table")
	}
	if o.Tree.Jobs <= 0 {
		o.Tree.Jobs = runtime.GOMAXPROCS(0)
	}
	return o, nil
}

// collector lowers each file as it is parsed.
type collector struct {
	table   *lockapi.Table
	types   *ctype.DB
	marks   []string        // Table.Marks
	lower   []lower.Lowerer // by worker
	dropped bool            // there is no other look

	mu      sync.Mutex
	units   []*ir.Unit
	files   []srcfact.File
	ignored []srcfact.Ignore
	stats   map[string]int64
	seen    map[string]map[uint64]bool // functions of a file, by hash, under its first choice of arms
}

func newCollector(o Options, t *tree.Tree) *collector {
	return &collector{table: o.APIs, types: t.Types, marks: o.APIs.Marks(), lower: make([]lower.Lowerer, o.Tree.Jobs), stats: map[string]int64{}}
}

func (c *collector) file(worker int, src *tree.Source, arms int, f *cast.File) error {
	env := &lower.Env{Path: src.Path, Check: src.Check, Head: src.Header, Table: c.table, Marks: c.marks, Types: view{c.types, src.Path}, Seen: c.hashes(src.Path, f.Arms)}
	u := c.lower[worker].File(f, env)
	sum := ""
	if arms == 0 && !src.Header && src.Check {
		s := sha256.Sum256(unsafe.Slice(unsafe.StringData(f.Text), len(f.Text))) // not a copy of every file
		sum = hex.EncodeToString(s[:])
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.units = append(c.units, u)
	c.count(src, arms, f, u, sum)
	return nil
}

// hashes returns the functions that a file gave before, for files that are
// parsed twice.
func (c *collector) hashes(path string, twice bool) map[uint64]bool {
	if !twice {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[string]map[uint64]bool{}
	}
	if c.seen[path] == nil {
		c.seen[path] = map[uint64]bool{}
	}
	return c.seen[path]
}

func (c *collector) count(src *tree.Source, arms int, f *cast.File, u *ir.Unit, sum string) {
	s := c.stats
	if arms > 0 {
		return
	}
	if src.Header {
		s["header_functions"] += int64(len(u.Funcs))
		return
	}
	if !src.Check {
		return
	}
	s["files"]++
	s["bytes"] += int64(len(f.Text))
	s["lines"] += int64(len(f.Lines))
	c.files = append(c.files, srcfact.File{Path: src.Path, Read: src.Read, SHA256: sum, Bytes: int64(len(f.Text))})
	for _, cm := range f.Comments {
		c.ignored = append(c.ignored, srcfact.Ignore{File: src.Path, Line: f.Line(cm.Pos)})
	}
	s["functions"] += int64(f.Stats.Funcs)
	s["statements"] += int64(f.Stats.Stmts)
	s["statements_skipped"] += int64(f.Stats.SkipStmts)
	s["declarations_skipped"] += int64(f.Stats.SkipDecls)
	for _, g := range u.Funcs {
		if g.HasLock {
			s["lock_functions"]++
			if !g.Skipped {
				s["lock_functions_understood"]++
			}
		}
	}
}

func (c *collector) finish(f *srcfact.Facts, t *tree.Tree) {
	f.Incomplete = append(f.Incomplete, t.Notes()...)
	f.Reads = t.Reads()
	f.Ignored = c.ignored
	f.Files = c.files
	slices.SortFunc(f.Files, func(a, b srcfact.File) int { return strings.Compare(a.Path, b.Path) })
	for k, v := range c.stats {
		f.Stats[k] += v
	}
	f.Stats["headers"] = int64(t.Headers())
}

// view is the types as one file sees them.
type view struct {
	db   *ctype.DB
	from string
}

func (v view) Of(t *cast.Type) *ctype.Type { return v.db.Of(t, v.from) }

func (v view) Member(t *ctype.Type, name string) (*ctype.Type, string, string) {
	f, def := v.db.Field(t, name, v.from)
	if f == nil {
		return nil, "", ""
	}
	typ, owner := v.db.Member(t, name, v.from)
	return typ, owner, def.File
}

func (v view) Var(name string) (*ctype.Type, string, bool) {
	t, file, _, static := v.db.Var(name, v.from)
	return t, file, static
}

func (v view) FuncResult(name string) *ctype.Type { return v.db.FuncResult(name, v.from) }
