package report

import (
	"bytes"
	"strings"
	"testing"

	"gordian/internal/model"
)

func sectionDocument() *model.Document {
	return &model.Document{Schema: model.Schema, Inputs: []model.Input{{Path: "/proc", Kind: model.InputHost}}, Sections: []model.Section{{
		ID: "blocked-tasks", Title: "Blocked tasks", Command: "ps -eo pid,stat,wchan,comm",
		Columns: []string{"task", "waits in"}, Notes: []string{"One was not readable."},
		Rows: [][]string{{"evil\x1b[31m/7", "<script>"}, {"short", "down"}},
	}}}
}

func TestSectionsInText(t *testing.T) {
	out := string(render(t, Text(), sectionDocument(), Options{Width: 80}))
	for _, want := range []string{"Blocked tasks  $ ps -eo pid,stat,wchan,comm", "  task           ", "  short          ", "One was not readable."} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if strings.Contains(out, "\x1b[31m") {
		t.Error("a task's name reached the terminal unescaped")
	}
}

func TestSectionsInHTML(t *testing.T) {
	out := string(render(t, HTML(), sectionDocument(), Options{}))
	if !strings.Contains(out, "&lt;script&gt;") || strings.Contains(out, "<td><script>") {
		t.Error("a cell is not escaped")
	}
}

func TestSectionsSurviveJSON(t *testing.T) {
	d, err := model.ReadDocument(bytes.NewReader(render(t, JSON(), sectionDocument(), Options{})))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Sections) != 1 || d.Sections[0].Rows[1][1] != "down" {
		t.Errorf("sections read back: %+v", d.Sections)
	}
}
