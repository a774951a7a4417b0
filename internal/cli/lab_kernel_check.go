package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"gordian/internal/kconfig"
)

// kernelCheck is the JSON of `gordian lab kernel --check`.
type kernelCheck struct {
	Schema  string           `json:"schema"`
	Path    string           `json:"path"`
	From    string           `json:"from"` // text, gzip, xz, zstd, kernel image
	Options []kconfig.Status `json:"options"`
}

func (k *labKernel) judge() error {
	var f kconfig.File
	var err error
	if k.check == "-" {
		f, err = kconfig.Read(k.In)
		f.Path = "-"
	} else {
		f, err = kconfig.ReadFile(k.check)
	}
	if err != nil {
		return err
	}
	status := kconfig.Judge(f.Config)
	if k.format.value == "json" {
		return writeJSON(k.Out, kernelCheck{Schema: "gordian/kconfig/v1", Path: f.Path, From: f.From, Options: status})
	}
	_, err = io.WriteString(k.Out, checkText(f, status, k.Width))
	return err
}

// checkText puts what is missing last, where a reader's eye ends.
func checkText(f kconfig.File, status []kconfig.Status, width int) string {
	if width <= 0 || width > 100 {
		width = 100
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s checks of locking are on\n", safe(f.Path), kconfig.Summary(status))
	for _, part := range []struct {
		title string
		want  func(kconfig.Status) bool
		cost  bool
	}{
		{"On", func(s kconfig.Status) bool { return s.On }, false},
		{"Off, and cheap enough for production", func(s kconfig.Status) bool { return !s.On && s.Level == "production" }, true},
		{"Off, for test kernels", func(s kconfig.Status) bool { return !s.On && s.Level != "production" }, true},
	} {
		head := "\n" + part.title + "\n"
		for _, s := range status {
			if !part.want(s) {
				continue
			}
			b.WriteString(head)
			head = ""
			optionText(&b, s, width, part.cost)
		}
	}
	return b.String()
}

func optionText(b *strings.Builder, s kconfig.Status, width int, cost bool) {
	name := "CONFIG_" + s.Name
	if s.Number || s.Since != "" && !s.On {
		name += " (" + safe(s.Value)
		if s.Since != "" {
			name += ", since Linux " + s.Since
		}
		name += ")"
	}
	fmt.Fprintf(b, "  %s\n", name)
	wrapInto(b, s.Catches, width)
	if cost {
		wrapInto(b, "costs: "+s.Cost, width)
	}
}

// wrapInto writes text indented, in lines of at most width columns.
func wrapInto(b *strings.Builder, text string, width int) {
	const indent = "      "
	line := indent
	for word := range strings.FieldsSeq(text) {
		if len(line)+len(word)+1 > width && line != indent {
			b.WriteString(line + "\n")
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	b.WriteString(line + "\n")
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
