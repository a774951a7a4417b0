package report

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"

	"gordian/internal/model"
)

// JSON writes the document itself: the contract with other tools, and what
// `gordian render` reads back.
func JSON() Renderer {
	return Renderer{
		Name: "json",
		Help: "the whole result as one document, schema " + model.Schema,
		Render: func(w io.Writer, d *model.Document, _ Options) error {
			fillLists(reflect.ValueOf(d))
			if d.Stats == nil {
				d.Stats = map[string]int64{}
			}
			return writeDocument(w, d)
		},
	}
}

// writeDocument writes what json.Encoder would write of the document, one
// finding and one report at a time: a document can be larger than the memory
// that gordian allows itself.
func writeDocument(w io.Writer, d *model.Document) error {
	j := &jsonWriter{w: w}
	j.field("schema", d.Schema)
	if d.Tool != "" {
		j.field("tool", d.Tool)
	}
	j.field("inputs", d.Inputs)
	jsonList(j, "findings", d.Findings)
	jsonList(j, "reports", d.Reports)
	if len(d.Sections) > 0 {
		jsonList(j, "sections", d.Sections)
	}
	j.field("incomplete", d.Incomplete)
	j.field("stats", d.Stats)
	j.text("\n}\n")
	return j.err
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// jsonWriter writes the fields of one object; it keeps the first error.
type jsonWriter struct {
	w      io.Writer
	err    error
	fields int
	buf    bytes.Buffer
}

func (j *jsonWriter) text(s string) {
	if j.err == nil {
		_, j.err = io.WriteString(j.w, s)
	}
}

// name begins a field.
func (j *jsonWriter) name(name string) {
	sep := ",\n  "
	if j.fields == 0 {
		sep = "{\n  "
	}
	j.text(sep + `"` + name + `": `)
	j.fields++
}

func (j *jsonWriter) field(name string, v any) {
	j.name(name)
	j.value(v, "  ")
}

// value writes v, its lines after the first behind prefix.
func (j *jsonWriter) value(v any, prefix string) {
	if j.err != nil {
		return
	}
	j.buf.Reset()
	e := json.NewEncoder(&j.buf)
	e.SetEscapeHTML(false) // lock names are full of & and >
	e.SetIndent(prefix, "  ")
	if j.err = e.Encode(v); j.err == nil {
		j.text(strings.TrimSuffix(j.buf.String(), "\n"))
	}
}

func jsonList[T any](j *jsonWriter, name string, list []T) {
	if len(list) == 0 {
		j.field(name, []T{})
		return
	}
	j.name(name)
	sep := "[\n    "
	for i := range list {
		j.text(sep)
		j.value(list[i], "    ")
		sep = ",\n    "
	}
	j.text("\n  ]")
}

// fillLists makes an empty list of every nil one that would be printed, so
// that a consumer never meets null where the contract says list.
func fillLists(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			fillLists(v.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			fillLists(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f, t := v.Field(i), v.Type().Field(i)
			tag := t.Tag.Get("json")
			if !t.IsExported() && !t.Anonymous || tag == "-" {
				continue
			}
			if f.Kind() == reflect.Slice && f.IsNil() && f.CanSet() && !strings.Contains(tag, "omitempty") {
				f.Set(reflect.MakeSlice(f.Type(), 0, 0))
			}
			fillLists(f)
		}
	}
}
