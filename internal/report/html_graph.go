package report

import (
	"strconv"
	"strings"

	"gordian/internal/model"
	"gordian/internal/report/layout"
)

// htmlGraph collects the nodes and edges of a finding for the layout, and
// beside them what the drawing says of each.
type htmlGraph struct {
	layout.Graph
	nodes   []htmlNodeInfo // by node
	edges   []htmlEdgeInfo // by edge
	index   map[string]int
	limit   int // of nodes
	omitted int // edges left out because of it
}

type htmlNodeInfo struct{ Class, Full string }

type htmlEdgeInfo struct{ Class, Full string }

const (
	htmlNodeTask  = "task"
	htmlNodeLock  = "lock"
	htmlNodeClass = "class"
)

// htmlNames tells tasks from locks. A path has display names only, but its
// edges say what stands at their ends.
type htmlNames struct {
	tasks map[string]string // name → note
	locks map[string]string
}

func htmlNamesOf(f *model.Finding) htmlNames {
	n := htmlNames{tasks: map[string]string{}, locks: map[string]string{}}
	for _, s := range f.Path {
		switch s.Kind {
		case model.Waits:
			n.tasks[s.From] = ""
		case model.HeldBy:
			n.locks[s.From], n.tasks[s.To] = "", ""
		}
	}
	for i := range f.Tasks {
		n.tasks[taskName(&f.Tasks[i])] = htmlTaskNote(&f.Tasks[i])
	}
	for _, l := range f.Locks {
		n.locks[l.Name] = string(l.Type)
	}
	return n
}

// htmlTaskNote is the second line of a task's node.
func htmlTaskNote(t *model.TaskInfo) string {
	var parts []string
	if t.State != "" {
		parts = append(parts, t.State)
	}
	if t.Seconds > 0 {
		parts = append(parts, htmlSeconds(t.Seconds))
	}
	if t.CPU != nil && t.Seconds == 0 {
		parts = append(parts, "CPU "+strconv.Itoa(*t.CPU))
	}
	return strings.Join(parts, " · ")
}

func newHTMLGraph(limit int) *htmlGraph {
	return &htmlGraph{index: map[string]int{}, limit: limit}
}

// node returns the index of a node, made on first use; -1 if the graph is full.
func (g *htmlGraph) node(kind, key, name, note string) int {
	key = kind + "\x00" + key
	if i, ok := g.index[key]; ok {
		return i
	}
	if len(g.Nodes) >= g.limit {
		return -1
	}
	name = htmlLine(name, 400)
	shape := layout.Hexagon
	if kind == htmlNodeTask {
		shape = layout.RoundRect
	}
	label := []string{htmlShort(name, 28)}
	if note = htmlLine(note, 100); note != "" {
		label = append(label, htmlShort(note, 30))
	}
	g.index[key] = len(g.Nodes)
	g.Nodes = append(g.Nodes, layout.Node{Label: label, Shape: shape})
	g.nodes = append(g.nodes, htmlNodeInfo{Class: "node " + kind, Full: kind + " " + strings.TrimSpace(name+" "+note)})
	return g.index[key]
}

// edge adds an edge once; a second step between the same nodes says nothing
// new in a drawing.
func (g *htmlGraph) edge(s model.PathStep, from, to int) {
	if from < 0 || to < 0 {
		g.omitted++
		return
	}
	class := "edge " + string(s.Kind)
	for i, e := range g.Edges {
		if e.From == from && e.To == to && g.edges[i].Class == class {
			return
		}
	}
	first := strings.ReplaceAll(string(s.Kind), "-", " ")
	if s.Mode.Shared() { // most locks have no other mode than write
		first += " · " + string(s.Mode)
	}
	first = htmlLine(first, 100)
	label := []string{htmlShort(first, 28)}
	if fn := htmlFuncOf(s.At); fn != "" {
		label = append(label, "at "+htmlShort(htmlLine(fn, 200), 25))
	}
	g.Edges = append(g.Edges, layout.Edge{From: from, To: to, Label: label})
	full := htmlLine(s.From, 400) + " " + first + " " + htmlLine(s.To, 400)
	if s.At != "" {
		full += " at " + htmlLine(s.At, 400)
	}
	g.edges = append(g.edges, htmlEdgeInfo{Class: class, Full: full})
}

// htmlFuncOf cuts "fn (file:line)" down to the function.
func htmlFuncOf(at string) string {
	fn, _, _ := strings.Cut(at, " (")
	return fn
}

// step adds one step of a path.
func (g *htmlGraph) step(s model.PathStep, names htmlNames) {
	task := func(name string) int { return g.node(htmlNodeTask, name, name, names.tasks[name]) }
	lock := func(name string) int { return g.node(htmlNodeLock, name, name, names.locks[name]) }
	switch s.Kind {
	case model.Waits:
		from := task(s.From)
		_, isTask := names.tasks[s.To]
		if _, isLock := names.locks[s.To]; isTask && !isLock {
			g.edge(s, from, task(s.To))
		} else {
			g.edge(s, from, lock(s.To))
		}
	case model.HeldBy:
		from := lock(s.From)
		g.edge(s, from, task(s.To))
	case model.Before:
		class := func(name string) int { return g.node(htmlNodeClass, name, name, names.locks[name]) }
		from := class(s.From)
		g.edge(s, from, class(s.To))
	}
}

// behind adds the tasks that wait behind others, each through its lock when
// that is known. Locks of one name but different owners are different locks.
func (g *htmlGraph) behind(f *model.Finding, names htmlNames) {
	owner := map[string]string{}
	for _, s := range f.Path {
		if s.Kind == model.HeldBy {
			owner[s.From] = s.To
		}
	}
	for i := range f.Tasks {
		t := &f.Tasks[i]
		if t.Behind == "" {
			continue
		}
		me := taskName(t)
		from := g.node(htmlNodeTask, me, me, names.tasks[me])
		if t.WaitsFor == "" || t.WaitsFor == t.Behind {
			to := g.node(htmlNodeTask, t.Behind, t.Behind, names.tasks[t.Behind])
			g.edge(model.PathStep{Kind: model.Waits, From: me, To: t.Behind}, from, to)
			continue
		}
		key := t.WaitsFor
		if owner[key] != t.Behind {
			key += "\x00" + t.Behind
		}
		lock := g.node(htmlNodeLock, key, t.WaitsFor, names.locks[t.WaitsFor])
		g.edge(model.PathStep{Kind: model.Waits, From: me, To: t.WaitsFor}, from, lock)
		to := g.node(htmlNodeTask, t.Behind, t.Behind, names.tasks[t.Behind])
		g.edge(model.PathStep{Kind: model.HeldBy, From: t.WaitsFor, To: t.Behind}, lock, to)
	}
}

// htmlCycle splits a path into the steps of its cycles and those that only
// lead there: a step is part of a cycle only if another one leads to its start
// and another one leads on from its end.
func htmlCycle(path []model.PathStep) (in, out []model.PathStep) {
	in = path
	for {
		leaves, reached := map[string]bool{}, map[string]bool{}
		for _, s := range in {
			leaves[s.From], reached[s.To] = true, true
		}
		var kept []model.PathStep
		for _, s := range in {
			if reached[s.From] && leaves[s.To] {
				kept = append(kept, s)
			} else {
				out = append(out, s)
			}
		}
		if len(kept) == len(in) {
			return kept, out
		}
		in = kept
	}
}

// htmlDraw returns the drawings of a finding: the proof as a ring if it has
// one cycle, with what waits behind it in a drawing of its own; otherwise all
// in one.
func htmlDraw(f *model.Finding, lim htmlLimits) (figures []htmlFigure, note string) {
	names := htmlNamesOf(f)
	ring, behind := newHTMLGraph(lim.Layered), newHTMLGraph(lim.Layered)
	cycle, tail := htmlCycle(f.Path)
	for _, s := range cycle {
		ring.step(s, names)
	}
	behindCaption := "What waits behind the cycle, and is released once the cycle is."
	switch {
	case !layout.IsCycle(ring.Graph) || ring.omitted > 0:
		// No cycle, or several that share nodes: one drawing for the whole path.
		tail, behindCaption = f.Path, htmlTreeCaption(f)
	case len(ring.Nodes) > lim.Ring:
		note = "The cycle has " + count(len(ring.Nodes), "node") + " and is not drawn; all its edges are in the list."
	default:
		figures = append(figures, newHTMLFigure(ring, htmlCycleCaption(cycle)))
	}
	for _, s := range tail {
		behind.step(s, names)
	}
	behind.behind(f, names)
	if len(behind.Nodes) > 0 {
		figures = append(figures, newHTMLFigure(behind, behindCaption))
	}
	if behind.omitted > 0 {
		note = strings.TrimSpace(note + " " + count(behind.omitted, "further edge") + " not drawn; see the lists.")
	}
	return figures, note
}

func htmlCycleCaption(cycle []model.PathStep) string {
	if cycle[0].Kind == model.Before {
		return "Lock-order cycle. An arrow leads from a lock class to one that was taken while it was held."
	}
	return "Wait-for cycle. Boxes are tasks, hexagons are locks; dashed arrows lead to the holder."
}

func htmlTreeCaption(f *model.Finding) string {
	if len(f.Path) > 0 && f.Path[0].Kind == model.Before {
		return "Lock order. An arrow leads from a lock class to one that was taken while it was held."
	}
	return "Who waits for whom. Boxes are tasks, hexagons are locks; dashed arrows lead to the holder."
}
