// Package truth is the table of lab/modules: what each of these kernel modules
// does wrong, and what every kind of evidence shows of it. It is data; readers,
// the rules and the lab are tested against it.
package truth

import (
	"slices"

	"gordian/internal/model"
)

// Module is one row: a folder of lab/modules.
type Module struct {
	Name  string // of the folder and of the module
	About string // what it is, in one line
	Fixed string // folder of the repaired twin; "" if there is nothing to repair
	CPUs  int    // processors that the guest needs, at least

	// Serial tells that serial=1 takes all the locks in all their orders, one
	// after the other, and nothing hangs.
	Serial bool

	Stock   Expect // the log of a distribution's kernel, loaded without parameters
	Lockdep Expect // the log of a kernel with PROVE_LOCKING, the same
	Dump    Expect // memory of a stock kernel that hangs
	Order   Expect // orders of locks, traced while nothing hangs
	Source  Expect // gordian check
}

// Expect is what one kind of evidence shows. Each of Findings must be there,
// and nothing else that is an error of medium confidence or more, unless May
// names its rule. No findings, and Blind "", means that there is nothing wrong.
type Expect struct {
	Findings []Finding
	May      []string // rules that may speak as well, of the consequences
	Blind    string   // why this evidence cannot show what is wrong
}

// Finding is what a finding has to say. Empty parts are not looked at.
type Finding struct {
	Rule   string
	Status model.Status
	Locks  []string // the finding's locks have names that contain these
	Tasks  []string // comm; one that ends in "*" is a beginning
	// Least is how sure the finding has to be; medium, if it is empty.
	Least model.Confidence
}

// Correct reports whether there is nothing wrong with the module.
func (m Module) Correct() bool { return m.Fixed == "" }

// Twin is the row of the repaired module: nothing may be found.
func (m Module) Twin() Module {
	return Module{Name: m.Fixed, About: m.About + ", repaired", CPUs: m.CPUs, Serial: m.Serial}
}

// All returns every folder of lab/modules with its row: the modules, and their
// repaired twins behind them.
func All() []Module {
	var out []Module
	for _, m := range Modules() {
		out = append(out, m)
		if m.Fixed != "" {
			out = append(out, m.Twin())
		}
	}
	return out
}

// Modules returns the table, without the repaired twins.
func Modules() []Module {
	return slices.Concat(sleeping(), waiting(), spinning(), slips(), correct())
}

// Harmless is what is left of an expectation when all orders are taken one
// after the other: what could happen, and nothing that does.
func (e Expect) Harmless() Expect {
	var out Expect
	for _, f := range e.Findings {
		if f.Status == model.Potential {
			out.Findings = append(out.Findings, f)
		}
	}
	return out
}
