package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"gordian/internal/model"
	"gordian/internal/report"
)

func watchDocument(rows int) *model.Document {
	s := model.Section{ID: "x", Title: "Table", Columns: []string{"row"}}
	for i := range rows {
		s.Rows = append(s.Rows, []string{fmt.Sprintf("row %d", i)})
	}
	return &model.Document{Schema: model.Schema, Sections: []model.Section{s}}
}

func TestWatchView(t *testing.T) {
	n := 3
	w := &watchView{look: func() (*model.Document, error) { return watchDocument(n), nil }, text: report.Text(), every: time.Second}
	if !strings.Contains(w.View().Content, "Looking") {
		t.Error("the first screen is empty")
	}
	w.Update(tea.WindowSizeMsg{Width: 60, Height: 8})
	_, cmd := w.Update(w.Init()())
	if cmd == nil || !strings.Contains(w.View().Content, "look 1") {
		t.Fatalf("after a look:\n%s", w.View().Content)
	}
	if got := strings.Count(w.View().Content, "\n"); got != 7 {
		t.Errorf("%d line breaks on a screen of 8 lines", got)
	}
	w.key("G")
	if w.top == 0 || w.top > len(w.lines) {
		t.Errorf("end: line %d of %d", w.top, len(w.lines))
	}
	for range 5 {
		w.key("pgup")
	}
	if w.top != 0 {
		t.Errorf("page up: line %d", w.top)
	}
	w.key("space")
	if _, cmd := w.Update(againMsg{}); !w.paused || cmd == nil {
		t.Error("a pause ends the watch")
	}
	if w.key("q") == nil {
		t.Error("q does not end it")
	}
}

func TestWatchEndsWithItsError(t *testing.T) {
	w := &watchView{look: func() (*model.Document, error) { return nil, errors.New("no /proc") }, text: report.Text()}
	if _, cmd := w.Update(w.lookNow()); cmd == nil || w.err == nil {
		t.Error("a failed look is not told")
	}
}

func TestWatchNeedsATerminal(t *testing.T) {
	h := &hostCommand{}
	if err := h.watch(t.Context(), nil); err == nil {
		t.Error("a watch without a terminal started")
	}
}
