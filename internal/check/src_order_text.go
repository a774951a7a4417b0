package check

import (
	"slices"
	"strings"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// cycleConfidence is the confidence of the weakest order, with the reasons.
func (v *srcView) cycleConfidence(cycle []*srcfact.Order) (model.Confidence, []string) {
	conf := model.High
	var why []string
	for _, o := range cycle {
		conf = lower(conf, grade(o))
		why = append(why, orderReason(o))
		why = append(why, o.Reasons...)
	}
	if len(cycle) == 2 && !shareFile(cycle[0].Path, cycle[1].Path) && (v.public(cycle[0].From.Class) || v.public(cycle[1].From.Class)) {
		conf = lowered(conf)
		why = append(why, "the two paths are in different files, and other drivers have locks of these classes too")
	}
	if len(cycle) > 3 {
		conf = lower(conf, model.Medium)
		why = append(why, "it takes "+itoa(len(cycle))+" tasks at once")
	}
	if len(cycle) == 1 {
		// Two objects of a class may well have an order that is not seen here.
		conf = lower(conf, model.Medium)
		if cycle[0].Relation != srcfact.RelSame {
			conf = model.Low
		}
	}
	return conf, uniq(why)
}

// orderReason says what an order rests on.
func orderReason(o *srcfact.Order) string {
	s := lockNode(&o.From) + " before " + lockNode(&o.To) + ": "
	switch o.Relation {
	case srcfact.RelSame:
		s += "both locks are in one object, or both are globals"
	case srcfact.RelLinked:
		s += "the object of one is reached from that of the other"
	case srcfact.RelGlobal:
		s += "one of them is a global"
	default:
		s += "nothing says that their objects belong together"
	}
	switch {
	case o.Indirect > 0:
		s += "; " + plural(o.Indirect, "call") + " between them through a function pointer"
	case o.Depth == 0:
		s += "; taken in one function"
	default:
		s += "; " + plural(o.Depth, "call") + " apart"
	}
	return s
}

func cycleText(f *model.Finding, cycle []*srcfact.Order, names []string) {
	f.Fix = slices.DeleteFunc(f.Fix, func(x model.Fix) bool { return x.Title == fixNesting().Title && !siblings(names) })
	f.Title = "lock order inversion of " + list(names, 4) + inFn(f.Function)
	var parts []string
	for i, o := range cycle {
		last := o.Path[len(o.Path)-1]
		first := afterAcquire(o.Path, &o.From)
		s := pick(i == 0, "", pick(i == 1, "But ", "And ")) + first.Func + "() takes " + lockNode(&o.To) +
			pick(last.Func == first.Func, "", ", in "+last.Func+"(),") + " while it holds " + lockNode(&o.From) + contextWords(o) + " (" + baseName(last) + ")."
		parts = append(parts, s)
	}
	parts = append(parts, "If these "+itoa(len(cycle))+" paths run at the same time, each can get its first lock and then waits for the next one's for ever.")
	f.Explanation = sentences(parts...)
	cycleMissing(f, cycle)
	for i, o := range cycle {
		f.Interleaving = append(f.Interleaving, model.Moment{Actor: cpuName(i), Does: lockCall(&o.From), Note: "gets " + lockNode(&o.From)})
	}
	for i, o := range cycle {
		f.Interleaving = append(f.Interleaving, model.Moment{Actor: cpuName(i), Does: lockCall(&o.To),
			Note: "waits for " + lockNode(&o.To) + ", held by " + cpuName((i+1)%len(cycle))})
	}
}

// cycleMissing says what would make a cycle surer.
func cycleMissing(f *model.Finding, cycle []*srcfact.Order) {
	for _, o := range cycle {
		switch {
		case o.Relation == srcfact.RelUnknown || o.Relation == "":
			f.Missing = append(f.Missing, "Whether the "+lockNode(&o.From)+" and the "+lockNode(&o.To)+" of "+o.Path[len(o.Path)-1].Func+"() can be those of the other path: the objects of the two paths may be kept apart.")
		case o.Relation == srcfact.RelLinked && len(cycle) == 2:
			f.Missing = append(f.Missing, "Whether both paths see the same two objects: "+lockNode(&o.From)+" and "+lockNode(&o.To)+" belong to objects that are reached from each other.")
		}
		if o.Indirect > 0 {
			f.Missing = append(f.Missing, "Whether the function pointer on the way from "+lockNode(&o.From)+" to "+lockNode(&o.To)+" can lead there.")
		}
	}
	f.Missing = uniq(f.Missing)
}

// contextWords says where the holder may run, if that is not just a task.
func contextWords(o *srcfact.Order) string {
	words := strings.Split(o.Context, ",")
	if o.Context == "" || o.Context == string(model.Process) {
		return ""
	}
	return ", in " + list(uniq(words), 4) + " context"
}

// nestedText explains a lock that is taken while one of its class is held.
func nestedText(f *model.Finding, o *srcfact.Order) {
	name, last := lockNode(&o.From), o.Path[len(o.Path)-1]
	held := o.Path[heldAt(o)]
	f.Title = "a second " + name + " is taken while one is held" + inFn(f.Function)
	two := "Whether the two are one object is not known here."
	switch o.Relation {
	case srcfact.RelSame:
		two = "Both names mean the same object: the task waits for itself."
	case srcfact.RelLinked:
		two = "One object is reached from the other, so they are likely two: it is safe only if every path takes them in this direction, and then lockdep has to be told with a nesting annotation (" + nestedName(&o.To) + ")."
	}
	f.Explanation = sentences(
		held.Func+"() takes "+lockCall(&o.From)+" ("+baseName(held)+"). While it is held, "+last.Func+"() takes "+lockCall(&o.To)+" ("+baseName(last)+"), a lock of the same class.",
		two, pick(o.Relation == srcfact.RelSame, "", "If they are one object the task waits for itself; if they are two, another task can take them in the opposite order."))
	f.Interleaving = []model.Moment{
		{Actor: "CPU0", Does: lockCall(&o.From), Note: "gets the " + name + " of x"},
		{Actor: "CPU1", Does: lockCall(&o.From), Note: "gets the " + name + " of y"},
		{Actor: "CPU0", Does: lockCall(&o.To), Note: "waits for that of y, held by CPU1"},
		{Actor: "CPU1", Does: lockCall(&o.To), Note: "waits for that of x, held by CPU0"}}
	if o.Relation == srcfact.RelSame {
		f.Interleaving = []model.Moment{
			{Actor: "the task", Does: lockCall(&o.From), Note: "gets it"},
			{Actor: "the task", Does: lockCall(&o.To), Note: "waits" + inFn(last.Func) + " for its holder: itself"}}
		return
	}
	f.Missing = append(f.Missing, "Whether the two objects have a fixed order (parent before child, ascending address): a comment or an assertion in the code says, or CONFIG_PROVE_LOCKING=y once the path has run.")
}

// nestedName is the form of an acquisition that tells lockdep of the nesting.
func nestedName(l *srcfact.Lock) string {
	api := l.API
	if api == "" {
		api, _, _ = strings.Cut(call(l.Type, l.Mode, ""), "(")
	}
	return api + "_nested() with SINGLE_DEPTH_NESTING"
}
