package kconfig

import (
	_ "embed"
	"fmt"
	"strconv"
	"sync"

	"github.com/pelletier/go-toml/v2"
)

//go:embed options.toml
var optionsTOML []byte

// Option is a check of locking that a kernel can have.
type Option struct {
	Name string `toml:"name" json:"option"`
	// Catches is what a kernel with it tells; Cost is what it takes; both end a
	// sentence that begins with the option.
	Catches string `toml:"catches" json:"catches"`
	Cost    string `toml:"cost" json:"cost"`
	// Rules are those of gordian that its reports lead to.
	Rules []string `toml:"rules" json:"rules,omitempty"`
	// By names options that select this one, so that it need not be asked for.
	By []string `toml:"by" json:"selected_by,omitempty"`
	// Level is "production" for what a production kernel can afford, "test" for
	// what belongs in a debug kernel.
	Level string `toml:"level" json:"level"`
	// Number marks an option whose value must be above 0.
	Number bool   `toml:"number" json:"-"`
	Source string `toml:"source" json:"source"`
	Since  string `toml:"since" json:"since,omitempty"` // the first version that has it, when that is after 5.10
}

// Options returns the table, the most telling first.
var Options = sync.OnceValue(func() []Option {
	var t struct {
		Option []Option `toml:"option"`
	}
	if err := toml.Unmarshal(optionsTOML, &t); err != nil {
		panic("options.toml: " + err.Error()) // it is part of the program, and a test reads it
	}
	return t.Option
})

// Status is what one kernel has of an option.
type Status struct {
	Option
	On    bool   `json:"on"`
	Value string `json:"value"` // "y", "n", a number; "unknown" when the configuration does not mention it
}

// Judge compares a configuration with the table, in its order.
func Judge(c Config) []Status {
	var out []Status
	for _, o := range Options() {
		s := Status{Option: o, Value: c[o.Name], On: c.On(o.Name)}
		if o.Number {
			n, err := strconv.ParseUint(s.Value, 0, 64)
			s.On = err == nil && n > 0
		}
		if s.Value == "" {
			// kconfig leaves out what the kernel does not know, and what cannot be
			// chosen because something else is off: either way it is not there.
			s.Value = "absent"
		}
		out = append(out, s)
	}
	return out
}

// Summary is one line about the result of Judge.
func Summary(ss []Status) string {
	on := 0
	for _, s := range ss {
		if s.On {
			on++
		}
	}
	return fmt.Sprintf("%d of %d", on, len(ss))
}
