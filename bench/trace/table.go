package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// nothing is the name of the run without any tracer.
const nothing = "nothing"

// line is one measurement, as the guest says it and the host reads it.
type line struct {
	tracer, what, unit string
	value              float64
}

func (l line) String() string {
	return fmt.Sprintf("bench|%s|%s|%.2f|%s", l.tracer, l.what, l.value, l.unit)
}

func parse(text string) (line, bool) {
	f := strings.Split(text, "|")
	if len(f) != 5 || f[0] != "bench" {
		return line{}, false
	}
	v, err := strconv.ParseFloat(f[3], 64)
	return line{f[1], f[2], f[4], v}, err == nil
}

// table has a row for each thing measured and a column for each tracer.
type table struct {
	columns, rows []string
	cell          map[[2]string]line
}

// add takes what one guest said. as names its run with nothing attached, when
// that is not what the others are compared with.
func (t *table) add(as string, lines []line) {
	if t.cell == nil {
		t.cell = map[[2]string]line{}
	}
	for _, l := range lines {
		if l.tracer == nothing && as != "" {
			l.tracer = as
		}
		if !slices.Contains(t.columns, l.tracer) {
			t.columns = append(t.columns, l.tracer)
		}
		if !slices.Contains(t.rows, l.what) {
			t.rows = append(t.rows, l.what)
		}
		t.cell[[2]string{l.what, l.tracer}] = l
	}
}

// write prints each figure, and how many times it is what it is with nothing.
func (t *table) write(w io.Writer) error {
	fmt.Fprintf(w, "%-30s", "")
	for _, c := range t.columns {
		fmt.Fprintf(w, " %22s", c)
	}
	fmt.Fprintln(w)
	for _, r := range t.rows {
		fmt.Fprintf(w, "%-30s", r)
		base, has := t.cell[[2]string{r, nothing}]
		for _, c := range t.columns {
			l, ok := t.cell[[2]string{r, c}]
			switch {
			case !ok:
				fmt.Fprintf(w, " %22s", "-")
			case has && c != nothing:
				fmt.Fprintf(w, " %13.0f %7.2f×", l.value, l.value/base.value)
			default:
				fmt.Fprintf(w, " %13.0f %-8s", l.value, l.unit)
			}
		}
		fmt.Fprintln(w)
	}
	return nil
}
