package klog

import (
	"encoding/json"
	"fmt"
	"testing"
)

// TestForms reads every message form that the kernel has had, one small log
// each, and compares the fields that the sample lists.
func TestForms(t *testing.T) {
	for _, f := range loadForms(t) {
		t.Run(f.file+"/"+f.name, func(t *testing.T) {
			got := readText(t, f.log).Reports
			for i, r := range got {
				if i >= len(f.want) {
					data, _ := json.Marshal(r)
					t.Errorf("one report too many: %s", data)
					continue
				}
				m := asJSON(t, r)
				for _, diff := range differs("", f.want[i], m) {
					t.Errorf("report %d: %s", i, diff)
				}
			}
			for i := len(got); i < len(f.want); i++ {
				t.Errorf("missed: %v", f.want[i])
			}
		})
	}
}

// differs compares what the sample lists with what was read: a listed nil
// must be absent, a list must have the same length.
func differs(path string, want, got any) []string {
	var out []string
	switch w := want.(type) {
	case nil:
		if got != nil {
			out = append(out, fmt.Sprintf("%s: want nothing, got %v", path, got))
		}
	case map[string]any:
		g, _ := got.(map[string]any)
		for k, v := range w {
			out = append(out, differs(path+"."+k, v, g[k])...)
		}
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			return []string{fmt.Sprintf("%s: want %d entries, got %d: %v", path, len(w), len(g), got)}
		}
		for i := range w {
			out = append(out, differs(fmt.Sprintf("%s[%d]", path, i), w[i], g[i])...)
		}
	default:
		if fmt.Sprint(want) != fmt.Sprint(got) {
			out = append(out, fmt.Sprintf("%s: want %v, got %v", path, want, got))
		}
	}
	return out
}
