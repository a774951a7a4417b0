package verify

import (
	"strconv"
	"strings"
)

// Coverage says what of the module ran in the last cycle. Of is 0 when it
// could not be counted; Why says why.
type Coverage struct {
	Functions Count    `json:"functions"`
	Sites     Count    `json:"lock_sites"`
	Never     []string `json:"never,omitempty"` // functions and sites that did not run
	Why       string   `json:"why,omitempty"`
}

// Count is how many of how many.
type Count struct {
	Ran int `json:"ran"`
	Of  int `json:"of"`
}

func (c Count) String() string { return strconv.Itoa(c.Ran) + " of " + strconv.Itoa(c.Of) }

// hits reads kprobe_profile: a line for each event, with its name, how often
// it hit and how often it was missed (kernel/trace/trace_kprobe.c,
// probes_profile_seq_show(), 6.1). Keys are the numbers in our names.
func hits(profile string) map[int]uint64 {
	out := map[int]uint64{}
	for line := range strings.Lines(profile) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		name, ok := strings.CutPrefix(f[0], "p")
		n, err := strconv.Atoi(name)
		count, err2 := strconv.ParseUint(f[1], 10, 64)
		if ok && err == nil && err2 == nil {
			out[n] = count
		}
	}
	return out
}

// cover counts which of the places ran. Those whose definition the kernel
// refused are in no count: nothing is known about them.
func cover(ps []place, refused, profile string) Coverage {
	var c Coverage
	h := hits(profile)
	for n, p := range ps {
		count, known := h[n]
		if !known || strings.Contains(refused, p.definition(n)+"\n") {
			continue
		}
		at := &c.Functions
		if p.call != "" {
			at = &c.Sites
		}
		at.Of++
		if count > 0 {
			at.Ran++
		} else {
			c.Never = append(c.Never, p.String())
		}
	}
	if c.Functions.Of == 0 {
		c.Why = "the kernel set no probes"
	}
	return c
}

// definitions are the lines for kprobe_events.
func definitions(ps []place) string {
	var b strings.Builder
	for n, p := range ps {
		b.WriteString(p.definition(n) + "\n")
	}
	return b.String()
}
