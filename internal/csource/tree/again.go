package tree

import (
	"context"
	"fmt"
)

// Again visits one of the sources once more, with another text, as Each did.
// Headers that only the new text includes are not known. Each must have ended,
// and one call at a time is allowed.
func (t *Tree) Again(ctx context.Context, path, text string, visit Visit) error {
	if t.last == nil {
		return fmt.Errorf("%s: nothing was read yet", path)
	}
	for _, s := range t.Sources {
		if s.Path != path {
			continue
		}
		r := &reader{
			tree: t, ctx: ctx, relevant: t.last.relevant, visit: visit,
			resolver: t.last.resolver, headers: t.last.headers, arenas: t.last.arenas,
		}
		other := *s
		other.includes = r.includes(&other, text, func(string) {})
		return r.show(0, &other, text)
	}
	return fmt.Errorf("%s is not one of the files to check", path)
}
