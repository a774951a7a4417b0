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

// beside names the folders next to a unit's, its own included: boards set what
// their drivers ask for.
func beside(u *ir.Unit) string { return "beside " + path.Dir(u.Dir) }

// maxFamily is how many folders side by side are taken for the parts of one
// thing; more are the drivers of many.
const maxFamily = 8

// addMarks gathers the marks of each module, and of the folders beside it.
func (p *Program) addMarks() {
	folders := map[string]map[string]bool{}
	for _, u := range p.units {
		if b := beside(u); folders[b] == nil {
			folders[b] = map[string]bool{u.Dir: true}
		} else {
			folders[b][u.Dir] = true
		}
	}
	for _, u := range p.units {
		for _, name := range u.Marks {
			p.marks[mark{p.module[u], name}] = true
			if len(folders[beside(u)]) <= maxFamily {
				p.marks[mark{beside(u), name}] = true
			}
		}
	}
}
