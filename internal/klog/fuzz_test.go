package klog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"gordian/internal/model"
)

// seeds are the samples, whole.
func seeds(f *testing.F) {
	f.Helper()
	for _, log := range samples(f) {
		if len(log) < 40_000 {
			f.Add([]byte(log))
		}
	}
}

// FuzzRead: any bytes are read to the end, in time, and give reports that
// are valid and can be encoded.
func FuzzRead(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		facts := &model.Facts{}
		start := usedCPU(t)
		if err := Read(context.Background(), bytes.NewReader(data), 0, facts); err != nil {
			t.Fatal(err)
		}
		if took := usedCPU(t) - start; took > 5*time.Second {
			t.Fatalf("%d bytes took %s", len(data), took)
		}
		checkFacts(t, facts, data)
		if _, err := json.Marshal(facts.Reports); err != nil {
			t.Fatal(err)
		}
	})
}

func checkFacts(t *testing.T, facts *model.Facts, data []byte) {
	t.Helper()
	lines := bytes.Count(data, newline) + 1
	last := int64(-1)
	for _, r := range facts.Reports {
		b := r.Base()
		switch {
		case b.Family == "" || b.Header == "" || !utf8.ValidString(b.Header):
			t.Fatalf("report %q with header %q", b.Family, b.Header)
		case b.Line < 1 || b.Line > lines:
			t.Fatalf("%s: line %d of %d", b.Family, b.Line, lines)
		case b.Offset < last || b.Offset > int64(len(data)):
			t.Fatalf("%s: offset %d behind %d, of %d bytes", b.Family, b.Offset, last, len(data))
		case b.Boot == "":
			t.Fatalf("%s: no boot", b.Family)
		}
		last = b.Offset
	}
	for _, e := range facts.Edges {
		if e.From == "" || e.To == "" || len(e.Why) == 0 {
			t.Fatalf("edge %+v", e)
		}
	}
}

// FuzzReparse: a report read again from its own offset is the same report.
func FuzzReparse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 || len(readText(t, string(data)).Reports) > 20 {
			t.Skip("too many to read again")
		}
		if !anchoredOffsets(t, string(data)) {
			t.Skip("an offset does not stand for one report")
		}
		checkReparse(t, string(data))
	})
}

// anchoredOffsets reports whether every report can be found by its offset: one
// report a line, and no header without a prefix of its own in a log with
// caller ids, whose caller is that of the line before.
func anchoredOffsets(t *testing.T, log string) bool {
	bare, callers := map[int]bool{}, false
	no := 0
	for line := range strings.Lines(log) {
		no++
		for _, rec := range parseLine(rawLine{text: []byte(strings.TrimSuffix(line, "\n")), no: no}) {
			callers = callers || rec.caller != ""
			bare[no] = bare[no] || rec.bare
		}
	}
	seen := map[int]bool{}
	for _, r := range readText(t, log).Reports {
		no := r.Base().Line
		if seen[no] || callers && bare[no] {
			return false
		}
		seen[no] = true
	}
	return true
}

// FuzzExport: any bytes as a journal export, and as much text in them as in
// entries that are whole.
func FuzzExport(f *testing.F) {
	f.Add([]byte("__CURSOR=s=1\n_TRANSPORT=kernel\n_SOURCE_MONOTONIC_TIMESTAMP=12345678\nMESSAGE=INFO: task a:1 blocked for more than 120 seconds.\n\n"))
	f.Add([]byte("__CURSOR=s=1\n_TRANSPORT=kernel\nMESSAGE\n\x05\x00\x00\x00\x00\x00\x00\x00a\nb\nc\n\n"))
	f.Add([]byte("__CURSOR=s=1\nMESSAGE\n\xff\xff\xff\xff\xff\xff\xff\x7fa"))
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := io.ReadAll(NewJournalExport(bytes.NewReader(data)))
		if err != nil && len(out) == 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
		if len(out) > 4*len(data)+1024 {
			t.Fatalf("%d bytes of %d", len(out), len(data))
		}
	})
}

// FuzzUTF16: what is read is valid UTF-8, and well-formed text survives.
func FuzzUTF16(f *testing.F) {
	f.Add("INFO: task a:1 blocked for more than 120 seconds.\r\n", true)
	f.Add("\U0001F512 locked \uFFFD", false)
	f.Fuzz(func(t *testing.T, text string, big bool) {
		raw := encodeUTF16(text, big)
		out, err := io.ReadAll(NewUTF16(bytes.NewReader(raw)))
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(out) {
			t.Fatalf("%q is no UTF-8", out)
		}
		if want := strings.ToValidUTF8(text, "\uFFFD"); utf8.ValidString(text) && string(out) != want {
			t.Fatalf("got %q, want %q", out, want)
		}
		odd, err := io.ReadAll(NewUTF16(bytes.NewReader(append(raw, 'x'))))
		if err != nil || !utf8.Valid(odd) {
			t.Fatalf("cut: %q, %v", odd, err)
		}
		if any, err := io.ReadAll(NewUTF16(strings.NewReader(text))); err != nil || !utf8.Valid(any) {
			t.Fatalf("any bytes: %q, %v", any, err)
		}
	})
}

func encodeUTF16(text string, big bool) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune("\uFEFF" + text)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}
