package tree

import (
	"context"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/cparse"
)

// Visit is called for each parsed file, by several goroutines; worker tells
// them apart and is below Options.Jobs. f is valid until it returns.
type Visit func(worker int, src *Source, arms int, f *cast.File) error

// Each parses everything: first the headers, for their types and macros, then
// the sources, and again those headers with functions that matter to them.
// visit sees the latter two, of a header just the functions that matter; while
// it looks at a source, Types knows what that source declares. A source whose
// #if arms make a difference is visited once for each choice. relevant tells
// the names that make a function matter.
func (t *Tree) Each(ctx context.Context, relevant func(string) bool, visit Visit) error {
	r := newReader(ctx, t, relevant, visit)
	t.last = r
	if err := r.readHeaders(); err != nil {
		return err
	}
	t.Types.Seal()
	t.headers = len(r.headers)
	r.needs.settle()
	return r.visitAll()
}

// reader is one run of Each.
type reader struct {
	tree     *Tree
	ctx      context.Context
	relevant func(string) bool
	visit    Visit
	resolver *resolver
	arenas   []cast.Arena // one per worker

	needs   *needs
	kept    atomic.Int64 // bytes of texts
	mu      sync.Mutex
	headers map[string]*header // by place
}

func newReader(ctx context.Context, t *Tree, relevant func(string) bool, visit Visit) *reader {
	return &reader{
		tree: t, ctx: ctx, relevant: relevant, visit: visit,
		resolver: newResolver(t), headers: make(map[string]*header), arenas: make([]cast.Arena, t.options.Jobs),
		needs: newNeeds(len(t.Sources)),
	}
}

type header struct {
	source *Source
	funcs  []uint32 // the functions it defines, see needs
}

// whole says whether all functions of a header are wanted: it is a piece of a
// source.
func (s *Source) whole() bool { return !s.Header || isSource(s.Path) }

// visitAll shows the sources, the longest part, and then the headers that they
// need.
func (r *reader) visitAll() error {
	list := append(slices.Clone(r.tree.Sources), r.needed()...)
	return r.parallel("files", len(list), func(worker, i int) error {
		s := list[i]
		text := s.text
		if s.text = ""; text == "" {
			var err error
			if text, err = r.tree.disk.read(s.Read); err != nil {
				if s.Check { // of its neighbours nothing was asked
					r.tree.note(s.Path, "%v", err)
				}
				return nil
			}
		}
		err := r.show(worker, s, text)
		s.includes = nil
		return err
	})
}

// needed returns the headers with functions that matter, sorted by path.
func (r *reader) needed() []*Source {
	sources := r.tree.wanted()
	var list []*Source
	for abs, h := range r.headers {
		s := h.source
		// A .c file that another one includes is visited as what it is.
		if !sources[abs] && (slices.ContainsFunc(h.funcs, r.needs.wants) || s.whole() && len(h.funcs) > 0) {
			list = append(list, s)
		} else {
			s.text = ""
		}
	}
	slices.SortFunc(list, func(a, b *Source) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// show parses a text and visits it, under both choices of #if arms if they
// differ. In headers the other choice is mostly empty functions, for kernels
// without a subsystem: no driver that uses it is built for these.
func (r *reader) show(worker int, s *Source, text string) error {
	if !s.Header {
		defer r.tree.Types.Forget(s.Path)
	}
	f := r.parse(worker, s, text, 0)
	if !s.whole() {
		f.Funcs = slices.DeleteFunc(f.Funcs, func(fn *cast.Func) bool { return !r.needs.wants(hashOf(fn.Name)) })
	}
	if err := r.visit(worker, s, 0, f); err != nil || !f.Arms || s.Header || !r.hidden(text) {
		return err
	}
	first := signature(f)
	if f = r.parse(worker, s, text, 1); signature(f) == first {
		return nil
	}
	return r.visit(worker, s, 1, f)
}

func (r *reader) parse(worker int, s *Source, text string, arms int) *cast.File {
	a := &r.arenas[worker]
	a.Reset()
	f := cparse.Parse(a, s.Path, text, cparse.Options{
		Macros:   r.tree.Types.Macros(s.Path, s.includes),
		Relevant: r.relevant, Arms: arms, Config: r.config(s),
	})
	if !s.Header {
		r.tree.Types.AddWith(f, s.includes)
	}
	return f
}

// config returns the settings that s is compiled with.
func (r *reader) config(s *Source) map[string]string {
	own := r.tree.builds[s.abs].defines
	if len(own) == 0 {
		return r.tree.Config
	}
	all := make(map[string]string, len(own)+len(r.tree.Config))
	for k, v := range r.tree.Config {
		all[k] = v
	}
	for k, v := range own {
		all[k] = v
	}
	return all
}

// signature tells two parses of one file apart by their functions.
func signature(f *cast.File) uint64 {
	h := fnv.New64a()
	for _, fn := range f.Funcs {
		h.Write([]byte(fn.Name))
		var b [8]byte
		for i := range b {
			b[i] = byte(fn.Hash >> (8 * i))
		}
		h.Write(b[:])
	}
	return h.Sum64()
}

// includes finds the files that s includes and gives their places to found.
func (r *reader) includes(s *Source, text string, found func(abs string)) []string {
	list := scanIncludes(text)
	out := make([]string, 0, len(list))
	for _, inc := range list {
		abs := r.resolver.find(s.abs, inc)
		if abs == "" {
			if s.Check && !inc.angle {
				r.tree.note(s.Path, "header %q not found", inc.name)
			}
			continue
		}
		found(abs)
		out = append(out, r.tree.disk.show(abs))
	}
	return out
}

// parallel calls do for 0 … n-1 on all workers, until one fails. A stage
// without a name is too short to be reported.
func (r *reader) parallel(stage string, n int, do func(worker, i int) error) error {
	var (
		wg   sync.WaitGroup
		next atomic.Int64
		done atomic.Int64
		fail firstError
	)
	for w := range min(r.tree.options.Jobs, n) {
		wg.Go(func() {
			for fail.get() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if r.ctx.Err() != nil {
					fail.set(r.ctx.Err())
					return
				}
				fail.set(do(w, i))
				r.progress(stage, int(done.Add(1)), n)
			}
		})
	}
	wg.Wait()
	return fail.get()
}

func (r *reader) progress(stage string, done, total int) {
	if p := r.tree.options.Progress; p != nil && stage != "" {
		p(stage, done, total)
	}
}

// firstError keeps the first error that is set.
type firstError struct {
	mu  sync.Mutex
	err error
}

func (f *firstError) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

func (f *firstError) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}
