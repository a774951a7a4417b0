package lower

import (
	"strings"

	"gordian/internal/csource/ctype"
	"gordian/internal/csource/lockapi"
)

// callee is what is known of a function by its name.
type callee struct {
	result *ctype.Type // nil if it is not known
	fresh  bool        // two calls return different objects
}

// callee finds what is known of a function. A file calls the same ones again
// and again.
func (l *file) callee(name string) callee {
	c, ok := l.callees[name]
	if !ok {
		c = callee{l.env.Types.FuncResult(name), l.isFresh(name)}
		l.callees[l.str(name)] = c
	}
	return c
}

// isFunc reports whether a name that is no local denotes a function.
func (l *file) isFunc(name string) bool { return l.funcs[name] || l.callee(name).result != nil }

// isFresh reports whether two calls of a function return different objects.
func (l *file) isFresh(name string) bool {
	if api := l.env.Table.Call(name); api != nil {
		for i := range api.Effects {
			if api.Effects[i].Kind == lockapi.Alloc {
				return true
			}
		}
	}
	for _, w := range []string{"alloc", "create", "new", "find", "lookup", "first", "next", "pop", "dequeue", "remove", "pick", "last"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}
