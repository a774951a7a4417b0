package main

import (
	"os"
	"path/filepath"
	"testing"
)

const committed = "../../../docs/rules"

func TestPagesAreUpToDate(t *testing.T) {
	want := pages()
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(committed, name))
		if err != nil {
			t.Errorf("%v: run make generate", err)
		} else if string(got) != text {
			t.Errorf("docs/rules/%s is out of date: run make generate", name)
		}
	}
	files, err := filepath.Glob(filepath.Join(committed, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(want) {
		t.Errorf("%d pages for %d rules and the index: run make generate", len(files), len(want)-1)
	}
}

func TestWriteRemovesOldPages(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "gone-rule.md")
	if err := os.WriteFile(old, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := write(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("the page of a rule that is gone is still there")
	}
}
