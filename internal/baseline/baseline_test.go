package baseline

import (
	"bytes"
	"strings"
	"testing"

	"gordian/internal/model"
)

func found(marks ...string) []model.Finding {
	var out []model.Finding
	for _, m := range marks {
		out = append(out, model.Finding{Fingerprint: m, Rule: "rule-" + m, Function: "fn_" + m, File: "x.c", Title: "title " + m, Line: len(out)})
	}
	return out
}

func TestRoundTripAndFilter(t *testing.T) {
	var b, again bytes.Buffer
	if err := New(found("b", "a", "b", "c")).Write(&b); err != nil {
		t.Fatal(err)
	}
	if err := New(found("c", "b", "b", "a")).Write(&again); err != nil {
		t.Fatal(err)
	}
	if b.String() != again.String() {
		t.Errorf("order matters:\n%s\n%s", b.String(), again.String())
	}
	l, err := Read(&b)
	if err != nil {
		t.Fatal(err)
	}
	unknown, known, stale := l.Filter(found("a", "d", "b", "a"))
	if known != 2 || len(unknown) != 2 || unknown[0].Fingerprint != "d" || unknown[1].Fingerprint != "a" {
		t.Errorf("known %d, unknown %+v", known, unknown)
	}
	if len(stale) != 2 || stale[0].Fingerprint != "b" || stale[0].Count != 1 || stale[1].Fingerprint != "c" {
		t.Errorf("stale %+v", stale)
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"": "empty", "no": "not a baseline", `{"schema":"gordian/v1"}`: `its schema is "gordian/v1"`, `[]`: "not a baseline",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
