package check

import (
	"path"
	"strings"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// around is how many lines are shown before and after a step.
const around = 2

// maxPlaces bounds the places of one finding, and of one path in it.
const (
	maxPlaces    = 64
	maxPathSteps = 24
)

func placeText(s srcfact.Step) string { return s.File + ":" + itoa(s.Line) }

// whereText is a step as "fn (file:line)".
func whereText(s srcfact.Step) string { return s.Func + " (" + placeText(s) + ")" }

// stepNote says in words what happens at a step.
func stepNote(s *srcfact.Step) string {
	switch s.Kind {
	case srcfact.StepEntry:
		return s.Func + "() " + entryWords(s)
	case srcfact.StepCall:
		return "calls " + s.Callee + "()" + textAfter(s.Text)
	case srcfact.StepAcquire:
		return lockNote("takes", s)
	case srcfact.StepRelease:
		return lockNote("releases", s)
	case srcfact.StepSleep:
		return withText("may sleep", s.Text)
	case srcfact.StepWait:
		return withText("waits", s.Text)
	case srcfact.StepWake:
		return withText("wakes who waits", s.Text)
	case srcfact.StepIRQ:
		return withText("changes the interrupt state", s.Text)
	case srcfact.StepBranch:
		if strings.Contains(s.Text, "for_each") {
			return "goes round the loop"
		}
		return "goes this way when " + s.Text
	case srcfact.StepReturn:
		if s.Text == "" {
			return "returns"
		}
		return "returns " + s.Text
	case srcfact.StepRegister:
		return withText("registers "+s.Callee+"()", s.Text)
	}
	return s.Text
}

// withText lets the text of a step speak for itself, unless it is a bare call.
func withText(what, text string) string {
	switch {
	case text == "":
		return what
	case strings.HasSuffix(text, ")") && !strings.Contains(text, " ") || strings.HasSuffix(text, "()"):
		return what + ": " + text
	}
	return text
}

func textAfter(text string) string { return pick(text == "", "", ": "+text) }

// entryWords says what a function that a path starts with is or does: "is a
// hardirq handler, registered by request_irq()".
func entryWords(s *srcfact.Step) string {
	first, _, _ := strings.Cut(s.Text, " ")
	switch first {
	case "":
		return "is where the path starts"
	case "runs", "is":
		return s.Text
	case "called", "registered", "run", "a", "an", "the":
		return "is " + s.Text
	}
	return "is " + article(s.Text)
}

// bareCall names the call of a step, if its text is one.
func bareCall(s *srcfact.Step) string {
	if strings.HasSuffix(s.Text, ")") && !strings.Contains(s.Text, " ") {
		return s.Text
	}
	return ""
}

func lockNote(verb string, s *srcfact.Step) string {
	if s.Lock == nil {
		return verb + " a lock" + textAfter(s.Text)
	}
	switch {
	case s.Kind == srcfact.StepAcquire && releasing(s.Lock.API+"("):
		return "has " + lockWords(s.Lock) + " until here" // known by its end
	case strings.HasPrefix(s.Text, "held by"):
		return lockWords(s.Lock) + " is " + s.Text
	case strings.HasSuffix(s.Text, "()") && !strings.Contains(s.Text, " "):
		return verb + " " + lockWords(s.Lock) // the call itself: the line shows it
	}
	return verb + " " + lockWords(s.Lock) + textAfter(s.Text)
}

// lockWords names a lock with its mode where that matters: "bus_sem for reading".
func lockWords(l *srcfact.Lock) string {
	return lockName(l) + pick(l.Mode.Shared() && l.Type != model.RCU && l.Type != model.SRCU, " for reading", "")
}

// lockName names a lock as people do: a static one without its file.
func lockName(l *srcfact.Lock) string {
	name := pick(l.Name != "", l.Name, l.Class.Name())
	if file, short, ok := strings.Cut(name, ":"); ok && strings.Contains(file, ".") && short != "" {
		return short
	}
	return name
}

// lockCall is the acquisition as it stands in the source: "mutex_lock(&p->lock)".
func lockCall(l *srcfact.Lock) string {
	if l.API == "" {
		return call(l.Type, l.Mode, lockName(l))
	}
	return l.API + "(" + pick(l.Expr != "", l.Expr, lockName(l)) + ")"
}

func lockInfos(locks ...*srcfact.Lock) []model.LockInfo {
	var out []model.LockInfo
	seen := map[string]bool{}
	for _, l := range locks {
		if name := lockName(l); !seen[name] {
			seen[name] = true
			out = append(out, model.LockInfo{Name: name, Type: l.Type})
		}
	}
	return out
}

// addPath adds the places of a path to a finding, under a heading.
func (v *srcView) addPath(f *model.Finding, thread string, steps []srcfact.Step) {
	if len(steps) > maxPathSteps {
		// The ends tell the story: how it starts, and where it goes wrong.
		steps = append(append([]srcfact.Step{}, steps[:maxPathSteps/3]...), steps[len(steps)-maxPathSteps*2/3:]...)
	}
	for i := range steps {
		if len(f.Locations) < maxPlaces {
			f.Locations = append(f.Locations, v.location(thread, &steps[i]))
		}
	}
}

func (v *srcView) location(thread string, s *srcfact.Step) model.Location {
	l := model.Location{Thread: thread, Function: s.Func, File: s.File, Line: s.Line, Note: stepNote(s)}
	if s.Kind == srcfact.StepEntry {
		l.Function = "" // it stands where the function is registered
	}
	lines := v.lines(s.File)
	if s.Line < 1 || s.Line > len(lines) {
		return l
	}
	l.First = max(s.Line-around, 1)
	for _, x := range lines[l.First-1 : min(s.Line+around, len(lines))] {
		l.Excerpt = append(l.Excerpt, strings.Clone(x)) // not the whole file with it
	}
	return l
}

func (v *srcView) lines(file string) []string {
	if v.text == nil {
		return nil
	}
	return v.text.Lines(file)
}

// why is a step as the reason of an edge: the source line itself.
func (v *srcView) why(s *srcfact.Step) model.Provenance {
	p := model.Provenance{Input: v.inputs[s.File], Locator: placeText(*s)}
	if lines := v.lines(s.File); s.Line >= 1 && s.Line <= len(lines) {
		p.Excerpt = strings.Clone(strings.TrimSpace(lines[s.Line-1]))
	}
	return p
}

func (v *srcView) whys(steps []srcfact.Step) []model.Provenance {
	var out []model.Provenance
	for i := range steps {
		if i == maxPathSteps {
			break
		}
		out = append(out, v.why(&steps[i]))
	}
	return out
}

// afterAcquire returns the step that follows the acquisition of the lock: the
// place where its holder goes on to what should not be done under it. Other
// steps of the section are looked at where the holder's function makes them.
func afterAcquire(path []srcfact.Step, l *srcfact.Lock) srcfact.Step {
	at := acquiredAt(path[:len(path)-1], l)
	for _, s := range path[at+1:] {
		switch s.Kind {
		case srcfact.StepBranch, srcfact.StepRelease, srcfact.StepIRQ, srcfact.StepRegister:
			continue
		case srcfact.StepAcquire:
			if s.Line != path[len(path)-1].Line || s.File != path[len(path)-1].File {
				continue // another lock on the way
			}
		}
		return s
	}
	return path[len(path)-1]
}

// baseName shortens a path in a sentence; locations give the whole of it.
func baseName(s srcfact.Step) string { return path.Base(s.File) + ":" + itoa(s.Line) }
