package cli

import (
	"os"
	"path/filepath"
	"strings"

	"gordian/internal/csource/tree"
	"gordian/internal/srcfact"
)

// sourceText gives the text of files by the names that are shown of them. It
// is for one goroutine, and keeps what it has read: findings come back to the
// same files.
type sourceText struct {
	read  map[string]string // path as shown → where its text is
	dirs  []string          // where files that were not checked are, headers most of all
	texts map[string]string
	lines map[string][]string
	kept  int // bytes in texts
	// replaced are texts that no file has.
	replaced map[string]string
}

func newSourceText(s *srcfact.Facts, o tree.Options) *sourceText {
	t := &sourceText{read: make(map[string]string, len(s.Files)), texts: map[string]string{}, lines: map[string][]string{}}
	for _, f := range s.Files {
		t.read[f.Path] = f.Read
	}
	for _, d := range []string{o.Overlay, o.Root, "."} {
		if d != "" {
			t.dirs = append(t.dirs, d)
		}
	}
	return t
}

// maxText bounds a file whose lines are shown.
const maxText = 64 << 20

// replace gives a file another text.
func (t *sourceText) replace(file, text string) {
	t.texts[file] = text
	t.replaced = map[string]string{file: text}
	delete(t.lines, file)
}

// Text returns the text of a file, "" if it cannot be read.
func (t *sourceText) Text(file string) string {
	if s, ok := t.texts[file]; ok {
		return s
	}
	text := ""
	for _, p := range t.places(file) {
		if st, err := os.Stat(p); err != nil || !st.Mode().IsRegular() || st.Size() > maxText {
			continue
		}
		if b, err := os.ReadFile(p); err == nil {
			text = string(b)
			break
		}
	}
	t.keep(file, text)
	return text
}

// keptText bounds the text that is kept in memory: findings come in the order
// of files, more or less.
const keptText = 48 << 20

func (t *sourceText) keep(file, text string) {
	if t.kept += len(text); t.kept > keptText {
		clear(t.texts)
		clear(t.lines)
		t.kept = len(text)
		for f, s := range t.replaced {
			t.texts[f] = s
		}
	}
	t.texts[file] = text
}

func (t *sourceText) places(file string) []string {
	if p, ok := t.read[file]; ok {
		return []string{p}
	}
	if filepath.IsAbs(file) {
		return []string{file}
	}
	var out []string
	for _, d := range t.dirs {
		out = append(out, filepath.Join(d, file))
	}
	return out
}

// Lines returns the lines of a file without their ends, nil if it cannot be
// read. It makes sourceText a check.TextSource.
func (t *sourceText) Lines(file string) []string {
	if l, ok := t.lines[file]; ok {
		return l
	}
	var lines []string
	if text := t.Text(file); text != "" {
		for l := range strings.Lines(text) {
			lines = append(lines, strings.TrimRight(l, "\r\n"))
		}
	}
	t.lines[file] = lines
	return lines
}
