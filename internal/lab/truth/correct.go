package truth

// correct are the modules that may look wrong and are not: nothing may be
// said of them, except by a lockdep that cannot know better.
func correct() []Module {
	return []Module{
		{Name: "swapbuf", Serial: true, About: "opposite orders, one of them with trylock and back-off"},
		{Name: "xferpair", Serial: true, About: "two mutexes of one class, always by rising address"},
		{Name: "gatectl", Serial: true, About: "opposite orders, both under one outer mutex",
			Lockdep: Expect{Findings: []Finding{inversion("upper_lock", "lower_lock")},
				Blind: "lockdep's own false alarm: it does not know that an outer lock keeps the two orders apart"}},
		{Name: "treebus", Serial: true, About: "parent and child of one class, parent first, with a subclass"},
		{Name: "condmode", Serial: true, About: "opposite orders, decided by a condition that is the same for all"},
	}
}
