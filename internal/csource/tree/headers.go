package tree

import (
	"sync"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/cparse"
)

// queue is the work of finding headers: each source and each header names
// further ones.
type queue struct {
	mu   sync.Mutex
	wake *sync.Cond
	work []*Source
	busy int // workers that may still add work
	done int
	all  int
}

func newQueue() *queue {
	q := &queue{}
	q.wake = sync.NewCond(&q.mu)
	return q
}

func (q *queue) add(s *Source) {
	q.mu.Lock()
	q.work = append(q.work, s)
	q.all++
	q.mu.Unlock()
	q.wake.Signal()
}

// next returns the next file, or nil when all are read.
func (q *queue) next() *Source {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.work) == 0 && q.busy > 0 {
		q.wake.Wait()
	}
	if len(q.work) == 0 {
		q.wake.Broadcast()
		return nil
	}
	s := q.work[len(q.work)-1]
	q.work = q.work[:len(q.work)-1]
	q.busy++
	return s
}

// finished ends the work on one file.
func (q *queue) finished() (done, all int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy--
	q.done++
	if q.busy == 0 && len(q.work) == 0 {
		q.wake.Broadcast()
	}
	return q.done, q.all
}

// readHeaders reads all headers that the sources include, directly or not,
// each once, and gives their types and macros to the database.
func (r *reader) readHeaders() error {
	q := newQueue()
	for _, s := range r.tree.Sources {
		q.add(s)
	}
	var wg sync.WaitGroup
	for w := range r.tree.options.Jobs {
		wg.Go(func() {
			for s := q.next(); s != nil; s = q.next() {
				if r.ctx.Err() == nil {
					r.readOne(w, s, q)
				}
				done, all := q.finished()
				r.progress("headers", done, all)
			}
		})
	}
	wg.Wait()
	return r.ctx.Err()
}

func (r *reader) readOne(worker int, s *Source, q *queue) {
	text, err := r.tree.disk.read(s.Read)
	if err != nil {
		if s.Header {
			r.tree.note(s.Path, "%v", err)
		}
		return // a source is noted when it is visited
	}
	s.includes = r.includes(s, text, func(abs string) { r.want(abs, q) })
	if s.Header {
		r.readHeader(worker, s, text)
		return
	}
	r.needs.source(text)
	if r.kept.Add(int64(len(text))) <= maxKept {
		s.text = text
	}
}

// maxKept bounds the texts that are kept until they are visited: few files
// need not be read twice, a whole kernel must not fill the memory.
const maxKept = 16 << 20

// want puts a header on the queue, the first time that it is included.
func (r *reader) want(abs string, q *queue) {
	r.mu.Lock()
	_, known := r.headers[abs]
	if !known {
		d := r.tree.disk
		s := &Source{Path: d.show(abs), Read: d.real(abs), Header: true, abs: abs}
		r.headers[abs] = &header{source: s}
		q.add(s)
	}
	r.mu.Unlock()
}

func none(string) bool { return false }

// readHeader takes types and macros from a header, without the bodies of its
// functions.
func (r *reader) readHeader(worker int, s *Source, text string) {
	if len(text) > largeList && r.isList(text) {
		r.tree.Types.AddWith(&cast.File{Path: s.Path}, s.includes)
		return
	}
	a := &r.arenas[worker]
	a.Reset()
	f := cparse.Parse(a, s.Path, text, cparse.Options{Relevant: none, Config: r.tree.Config})
	r.tree.Types.AddWith(f, s.includes)
	r.needs.header(f, r.relevant)
	if s.whole() {
		r.needs.source(text)
	}
	if len(f.Funcs) == 0 {
		return
	}
	r.mu.Lock()
	h := r.headers[s.abs]
	r.mu.Unlock()
	for _, fn := range f.Funcs {
		h.funcs = append(h.funcs, hashOf(fn.Name))
	}
	if r.kept.Add(int64(len(text))) <= maxKept {
		s.text = text
	}
}

// largeList is the size from which a header is looked at before it is parsed:
// more than half of all bytes in a kernel's headers are lists of registers.
const largeList = 32 << 10

// isList says whether a header consists of nothing but macros that do not
// matter to locks.
func (r *reader) isList(text string) bool {
	matters := false
	return directives(text, func(line string) {
		matters = matters || callLike(line) && r.names(line)
	}) && !matters
}
