package report

import "gordian/internal/model"

// htmlBadge is one labelled judgement. Class is one of ours, never a word of
// the document.
type htmlBadge struct{ Label, Value, Class string }

func htmlSeverity(s model.Severity) htmlBadge {
	b := htmlBadge{"severity", string(s), "is-plain"}
	switch s {
	case model.SevError:
		b.Class = "is-error"
	case model.SevWarning:
		b.Class = "is-warning"
	case model.SevNote:
		b.Class = "is-note"
	}
	return b
}

func htmlVerdict(v model.Verdict) htmlBadge {
	word := map[model.Verdict]string{
		model.Deadlocked: "deadlocked", model.CouldDeadlock: "could deadlock", model.Behind: "behind a blocker",
		model.BlockedOnIO: "blocked on I/O", model.Slow: "slow", model.Bug: "locking bug", model.Undecided: "undecided",
	}[v]
	if word == "" {
		word = string(v)
	}
	class := "is-plain"
	if v == model.Deadlocked {
		class = "is-error"
	}
	return htmlBadge{"verdict", word, class}
}

func htmlStatus(s model.Status) htmlBadge {
	word := string(s)
	switch s {
	case model.Actual:
		word = "actual: happening now"
	case model.Potential:
		word = "potential: could happen"
	}
	return htmlBadge{"status", word, "is-plain"}
}
