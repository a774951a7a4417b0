package model

import (
	"encoding/json"
	"fmt"
	"io"
)

// Schema is the version of the JSON document. Adding fields keeps it,
// renaming or removing one needs the next version.
const Schema = "gordian/v1"

// Document is the whole result of a run: what `--format json` prints and
// what every renderer gets.
type Document struct {
	Schema     string           `json:"schema"`
	Tool       string           `json:"tool,omitempty"` // "gordian VERSION"
	Inputs     []Input          `json:"inputs"`
	Findings   []Finding        `json:"findings"`
	Reports    []Report         `json:"reports"`
	Sections   []Section        `json:"sections,omitempty"`
	Incomplete []Incomplete     `json:"incomplete"`
	Stats      map[string]int64 `json:"stats"`
}

// Input is one piece of evidence.
type Input struct {
	Path   string    `json:"path"`
	Kind   InputKind `json:"kind"`
	SHA256 string    `json:"sha256,omitempty"` // of the bytes as given, before decompression
	Bytes  int64     `json:"bytes"`            // as given
	Format string    `json:"format,omitempty"` // what the reader recognised: "gzip, journal JSON"
}

// Report is a kernel report read from a log, one typed value per family.
type Report interface {
	Base() *ReportBase
}

// ReportBase holds what every report has.
type ReportBase struct {
	Family string `json:"report"` // "lockdep-circular", "hung-task", …
	Input  int    `json:"input"`
	Line   int    `json:"line"`   // of the header, from 1
	Offset int64  `json:"offset"` // of the header's line in the (decompressed) input, in bytes
	Header string `json:"header"` // the header line without its prefix
	Time   string `json:"time,omitempty"`
	Boot   Boot   `json:"boot,omitempty"`
	// Truncated says that the report ends before all that its family prints,
	// or that text inside it was lost.
	Truncated bool       `json:"truncated,omitempty"`
	Context   *ReportCtx `json:"report_ctx,omitempty"`
}

// ReportCtx is the "CPU: 1 PID: 7 Comm: x Tainted: … 6.1.0 #1" line.
type ReportCtx struct {
	CPU    int    `json:"cpu"`
	PID    int    `json:"pid"`
	Comm   string `json:"comm"`
	Kernel string `json:"kernel,omitempty"`
	Taint  string `json:"taint,omitempty"`
}

// Base makes every type that embeds ReportBase a Report.
func (b *ReportBase) Base() *ReportBase { return b }

// savedReport is a report read back from JSON: its own fields stay raw.
type savedReport struct {
	ReportBase
	raw json.RawMessage
}

func (s *savedReport) MarshalJSON() ([]byte, error) { return s.raw, nil }

// UnmarshalJSON reads a document back, so that it can be rendered again.
func (d *Document) UnmarshalJSON(b []byte) error {
	type plain Document
	aux := struct {
		*plain
		Reports []json.RawMessage `json:"reports"`
	}{plain: (*plain)(d)}
	if err := json.Unmarshal(b, &aux); err != nil {
		return err
	}
	d.Reports = make([]Report, 0, len(aux.Reports))
	for _, raw := range aux.Reports {
		s := &savedReport{raw: raw}
		if err := json.Unmarshal(raw, &s.ReportBase); err != nil {
			return fmt.Errorf("reports[%d]: %w", len(d.Reports), err)
		}
		d.Reports = append(d.Reports, s)
	}
	return nil
}

// ReadDocument reads a saved document and checks that it is one.
func ReadDocument(r io.Reader) (*Document, error) {
	var d Document
	if err := json.NewDecoder(r).Decode(&d); err != nil {
		return nil, fmt.Errorf("not a gordian document: %w", err)
	}
	if d.Schema != Schema {
		return nil, fmt.Errorf("not a gordian document of schema %s: its schema is %q", Schema, d.Schema)
	}
	return &d, nil
}
