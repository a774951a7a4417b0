package check

import (
	"errors"
	"strings"
	"testing"

	"gordian/internal/model"
)

// TestConfirmFixes: a diff is shown only if the analysis of the patched text
// agrees with it.
func TestConfirmFixes(t *testing.T) {
	const file = "a.c"
	text := srcText{file: "one\ntwo\nthree\n"}
	found := model.Finding{Rule: "missing-unlock", Function: "f", Locks: []model.LockInfo{{Name: "l"}}, Confidence: model.High}
	fresh := model.Finding{Rule: "unlock-not-held", Function: "f", Locks: found.Locks, Confidence: model.High}
	hint := fresh
	hint.Confidence = model.Low
	fix := func(title, line string) model.Fix {
		edits := []model.Edit{{File: file, Line: 2, Delete: 1, Insert: []string{line}}}
		return edited(fileOf(text, file), title, "", edits, true)[0]
	}
	f := found
	f.Fix = []model.Fix{fix("still there", "same"), fix("adds another", "worse"), fix("works", "good"), fix("works too", "fine"), {Title: "advice"}}
	recheck := func(_ string, patched []byte) ([]model.Finding, error) {
		switch {
		case strings.Contains(string(patched), "broken"):
			return nil, errors.New("cannot be read")
		case strings.Contains(string(patched), "worse"):
			return []model.Finding{fresh}, nil
		case strings.Contains(string(patched), "good"), strings.Contains(string(patched), "fine"):
			return []model.Finding{hint}, nil
		}
		return []model.Finding{found}, nil
	}
	titles := func(f model.Finding) string {
		var out []string
		for _, x := range ConfirmFixes(t.Context(), []model.Finding{f}, text, recheck)[0].Fix {
			out = append(out, x.Title)
		}
		return strings.Join(out, ", ")
	}
	if got := titles(f); got != "works, advice" {
		t.Errorf("kept %q", got)
	}
	f.Fix = []model.Fix{fix("cannot be read", "broken"), {Title: "advice"}}
	if got := titles(f); got != "advice" {
		t.Errorf("kept %q", got)
	}
	f.Fix, f.Function = []model.Fix{fix("works", "good")}, "elsewhere"
	if got := titles(f); got != "" {
		t.Errorf("kept %q for a finding that the check does not see", got)
	}
	f.Fix = []model.Fix{{Title: "outside", Edits: []model.Edit{{File: file, Line: 9, Delete: 1}}}}
	f.Function = "f"
	if got := titles(f); got != "" {
		t.Errorf("kept %q", got)
	}
}

func TestReleaseOf(t *testing.T) {
	for api, want := range map[string]string{
		"mutex_lock": "mutex_unlock", "mutex_lock_interruptible": "mutex_unlock", "spin_lock_irqsave": "spin_unlock_irqrestore",
		"raw_spin_lock_irq": "raw_spin_unlock_irq", "spin_lock_irqsave_nested": "spin_unlock_irqrestore", "read_lock_bh": "read_unlock_bh",
		"down": "up", "down_write_killable": "up_write", "lock_sock": "release_sock", "lock_sock_nested": "release_sock",
		"rtnl_lock": "rtnl_unlock", "mutex_trylock": "", "rcu_read_lock": "rcu_read_unlock", "wait_event": "",
		"__raw_spin_lock": "__raw_spin_unlock", "srcu_read_lock": "srcu_read_unlock",
	} {
		if got := releaseOf(api); got != want {
			t.Errorf("%s: %q, want %q", api, got, want)
		}
	}
}

func TestReturned(t *testing.T) {
	for line, want := range map[string]string{
		"\treturn -EINVAL;": "-EINVAL", "return ERR_PTR(-ENOMEM);": "-ENOMEM", "\treturn;": "", "}": "", "if (x) return PTR_ERR(p); /* y */": "p",
	} {
		if got := returned(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
