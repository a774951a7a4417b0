package lower

import (
	"slices"
	"strings"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/ir"
)

// marks notes what the file sets or calls so that the kernel treats it
// otherwise. A constant or function is only named for that; a member must be
// assigned, since the kernel's own code asks for it.
func (l *file) marks() {
	for _, m := range l.env.Marks {
		if l.f.Named(m) && l.marked(m) {
			l.says(m)
		}
	}
}

func (l *file) says(name string) {
	if !slices.Contains(l.unit.Marks, name) {
		l.unit.Marks = append(l.unit.Marks, l.str(name))
	}
}

func (l *file) marked(name string) bool {
	text := l.f.Text
	for {
		i := strings.Index(text, name)
		if i < 0 {
			return false
		}
		rest := strings.TrimLeft(text[i+len(name):], " \t")
		switch {
		case strings.ToUpper(name) == name, strings.HasPrefix(rest, "("):
			return true
		case strings.HasPrefix(rest, "=") && !strings.HasPrefix(rest, "=="):
			value := strings.TrimLeft(rest[1:], " \t")
			if !strings.HasPrefix(value, "0") && !strings.HasPrefix(value, "false") {
				return true
			}
		}
		text = text[i+len(name):]
	}
}

// setUp notes what a call says of the object that it initialises: an hrtimer
// that expires in softirqs, a semaphore that is no mutex.
func (b *fn) setUp(c *ir.Call) {
	if len(c.Args) < 2 || c.Args[0].Path == 0 {
		return
	}
	class := b.out.Paths[c.Args[0].Path].Class
	switch {
	case class == "":
	case c.Name == "sema_init":
		b.semaphore(class, c.Args[1])
	case strings.HasPrefix(c.Name, "hrtimer_"):
		for i := range c.Args {
			if t := c.Args[i].Text; strings.HasPrefix(t, "HRTIMER_MODE_") && strings.HasSuffix(t, "_SOFT") {
				b.says(ir.SoftTimer + class)
			}
		}
	}
}

func (l *file) semaphore(class string, n ir.Val) {
	switch {
	case n.Kind == ir.NumberVal && n.Num == 1:
	case n.Kind == ir.NumberVal && n.Num == 0:
		l.says(ir.Signal + class)
	default:
		l.says(ir.Counting + class)
	}
}

// definedSemaphore reads DEFINE_SEMAPHORE(name, n) at file scope.
func (l *file) definedSemaphore(name string, c *cast.Expr, static bool) {
	if name != "DEFINE_SEMAPHORE" || len(c.Args) < 2 || c.Args[0].Op != cast.Ident {
		return
	}
	n := ir.Val{}
	if c.Args[1].Op == cast.Number {
		n = numberOf(c.Args[1])
	}
	l.semaphore(l.classOfGlobal(c.Args[0].Name, static), n)
}
