// Package arena hands out memory that is taken back all at once: syntax trees,
// control flow graphs and the like live for one file or one function, and a
// kernel has half a million of these.
package arena

// kept is how many values stay when memory is taken back. What one huge file
// needed would otherwise stay in every worker until the end.
const kept = 1 << 16

// chunk is how many values are made at once.
const chunk = 256

// Pool hands out single values. The zero value is ready.
type Pool[T any] struct {
	chunks [][]T
	used   int
}

// Next returns a pointer to a zero value.
func (p *Pool[T]) Next() *T {
	c := p.used / chunk
	if c == len(p.chunks) {
		p.chunks = append(p.chunks, make([]T, chunk))
	}
	x := &p.chunks[c][p.used%chunk]
	p.used++
	var zero T
	*x = zero
	return x
}

// Reset takes back all values.
func (p *Pool[T]) Reset() {
	if n := kept / chunk; len(p.chunks) > n {
		p.chunks = p.chunks[:n:n]
	}
	p.used = 0
}

// Lists hands out lists. The zero value is ready.
type Lists[T any] struct{ buf []T }

// Make returns an empty list with room for n. What does not fit any more goes
// into new memory, and with it whatever comes later.
func (l *Lists[T]) Make(n int) []T {
	at := len(l.buf)
	if at+n > cap(l.buf) {
		l.buf, at = make([]T, 0, max(min(2*cap(l.buf), kept), n, chunk)), 0
	}
	l.buf = l.buf[:at+n]
	return l.buf[at : at : at+n]
}

// Zero returns a list of n zero values, with room for more.
func (l *Lists[T]) Zero(n, more int) []T {
	out := l.Make(n + more)[:n]
	clear(out)
	return out
}

// Copy returns a copy of a list.
func (l *Lists[T]) Copy(list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return append(l.Make(len(list)), list...)
}

// Back takes back the last n places of the list that was made last.
func (l *Lists[T]) Back(n int) { l.buf = l.buf[:len(l.buf)-n] }

// Reset takes back all lists.
func (l *Lists[T]) Reset() {
	if cap(l.buf) > kept {
		l.buf = nil
	}
	l.buf = l.buf[:0]
}
