package link

import (
	"path"
	"strings"

	"gordian/internal/csource/ir"
)

// smallDir is how many files a folder has that is taken for one module. In
// larger ones files whose names begin alike belong together.
const smallDir = 24

// modules names the module of each unit: its folder, or the folder and the
// first words of the file's name.
func modules(units []*ir.Unit) map[*ir.Unit]string {
	out := make(map[*ir.Unit]string, len(units))
	for _, u := range units {
		out[u] = u.Dir
	}
	for words := 1; words <= 2; words++ {
		count, last := map[string]int{}, map[string]string{}
		for _, u := range units {
			if m := out[u]; last[m] != u.File { // the units of one file stand together
				last[m] = u.File
				count[m]++
			}
		}
		for _, u := range units {
			if count[out[u]] > smallDir {
				out[u] = u.Dir + "/" + firstWords(path.Base(u.File), words)
			}
		}
	}
	return out
}

// firstWords cuts a file's name after n words.
func firstWords(name string, n int) string {
	name = strings.TrimSuffix(name, path.Ext(name))
	for i := range len(name) {
		if c := name[i]; c == '_' || c == '-' {
			if n--; n == 0 {
				return name[:i]
			}
		}
	}
	return name
}

// sameModule reports whether two functions belong to one driver.
func (p *Program) sameModule(f, g *ir.Func) bool { return p.module[f.Unit] == p.module[g.Unit] }

// mark is what some file of a module says.
type mark struct{ module, name string }

// Marked implements flow.Resolver.
func (p *Program) Marked(f *ir.Func, name string) bool { return p.marked(f.Unit, name) }

func (p *Program) marked(u *ir.Unit, name string) bool {
	return name != "" && p.marks[mark{p.module[u], name}]
}

// addMarks gathers the marks of each module.
func (p *Program) addMarks() {
	for _, u := range p.units {
		for _, name := range u.Marks {
			p.marks[mark{p.module[u], name}] = true
		}
	}
}
