package report

import (
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
			return encode(w, d)
		},
	}
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false) // lock names are full of & and >
	e.SetIndent("", "  ")
	return e.Encode(v)
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
