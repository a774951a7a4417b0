package check

import (
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// cycleConfidence is the confidence of the weakest order, with the reasons.
func cycleConfidence(cycle []*srcfact.Order) (model.Confidence, []string) {
	conf := model.High
	var why []string
	for _, o := range cycle {
		conf = lower(conf, grade(o))
		why = append(why, orderReason(o))
		why = append(why, o.Reasons...)
	}
	if len(cycle) > 3 {
		conf = lower(conf, model.Medium)
		why = append(why, "it takes "+itoa(len(cycle))+" tasks at once")
	}
	if len(cycle) == 1 {
		conf = lower(conf, model.Medium)
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
	f.Title = "lock order inversion of " + list(names, 4) + inFn(f.Function)
	var parts []string
	for i, o := range cycle {
		last := o.Path[len(o.Path)-1]
		first := afterAcquire(o.Path, &o.From)
		s := pick(i == 0, "", pick(i == 1, "But ", "And ")) + first.Func + "() takes " + lockNode(&o.To) +
			pick(last.Func == first.Func, "", ", in "+last.Func+"(),") + " while it holds " + lockNode(&o.From) + " (" + baseName(last) + ")."
		parts = append(parts, s)
	}
	parts = append(parts, "If these "+itoa(len(cycle))+" paths run at the same time, each can get its first lock and then waits for the next one's for ever.")
	f.Explanation = sentences(parts...)
	for i, o := range cycle {
		f.Interleaving = append(f.Interleaving, model.Moment{Actor: cpuName(i), Does: lockCall(&o.From), Note: "gets " + lockNode(&o.From)})
	}
	for i, o := range cycle {
		f.Interleaving = append(f.Interleaving, model.Moment{Actor: cpuName(i), Does: lockCall(&o.To),
			Note: "waits for " + lockNode(&o.To) + ", held by " + cpuName((i+1)%len(cycle))})
	}
}

// nestedText explains a lock that is taken while one of its class is held.
func nestedText(f *model.Finding, o *srcfact.Order) {
	name := lockNode(&o.From)
	f.Title = "a second " + name + " is taken while one is held" + inFn(f.Function)
	f.Explanation = f.Function + "() holds " + lockCall(&o.From) + " and takes " + lockCall(&o.To) + ", a lock of the same class."
}
