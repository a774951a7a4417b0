// Package model is the meeting point of gordian: the facts that readers find
// in evidence, the findings that rules make of them, and the JSON document
// that carries both to renderers and other tools.
//
// It imports the standard library only. Readers write Facts, the engine and
// the rules read them, renderers see nothing but a Document.
package model
