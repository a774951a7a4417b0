// Package report turns a document into something a person or a tool reads.
// A renderer sees the document only, so saved JSON renders again later.
package report

import (
	"io"

	"gordian/internal/model"
)

// Options says how the output will be read.
type Options struct {
	Width   int  // columns; 0: not a terminal, 100 is used
	Color   bool // ANSI colours
	Verbose bool // whole stacks and all evidence
}

// Renderer writes documents in one format.
type Renderer struct {
	Name string // the value of --format
	Help string // one line
	// Render writes d to w. It must not assume that any string in d is safe
	// for the format: comms and lock names come from the evidence.
	Render func(w io.Writer, d *model.Document, o Options) error
}
