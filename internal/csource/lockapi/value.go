package lockapi

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/pelletier/go-toml/v2/unstable"
)

// node is a value of the data file. The files are read by their syntax tree
// and not through reflection: that takes a third of the time, which every
// start of gordian would pay, and knows the line of every value.
type node = unstable.Node

var (
	errUnknownKey = errors.New("unknown key")
	errTwice      = errors.New("given twice")
)

func text(dst *string, v *node) error {
	if v.Kind != unstable.String {
		return errors.New("must be a string")
	}
	*dst = string(v.Data)
	return nil
}

func number(dst *int, v *node) error {
	if v.Kind != unstable.Integer {
		return errors.New("must be a number")
	}
	n, err := strconv.Atoi(string(v.Data)) // TOML's other forms, 0x1 or 1_0, are no argument numbers
	if err != nil || n < -2 || n > maxArg {
		return fmt.Errorf("%s is no argument: they are numbered from 0; -1 is none, -2 the returned value", quote(string(v.Data)))
	}
	*dst = n
	return nil
}

// maxArg bounds argument numbers: a larger one is a slip of the pen.
const maxArg = 31

func flag(dst *bool, v *node) error {
	if v.Kind != unstable.Bool {
		return errors.New("must be true or false")
	}
	*dst = string(v.Data) == "true"
	return nil
}

func list(dst *[]string, v *node) error {
	size := 0
	for it := v.Children(); it.Next(); {
		size++
	}
	*dst = slices.Grow(*dst, size)
	return elements(v, func(v *node) error {
		var s string
		if err := text(&s, v); err != nil {
			return fmt.Errorf("an element %w", err)
		}
		*dst = append(*dst, s)
		return nil
	})
}

func elements(v *node, f func(*node) error) error {
	if v.Kind != unstable.Array {
		return errors.New("must be a list")
	}
	for it := v.Children(); it.Next(); {
		if it.Node().Kind == unstable.Comment {
			continue
		}
		if err := f(it.Node()); err != nil {
			return err
		}
	}
	return nil
}

// table calls set for each key of an inline table.
func table(v *node, set func(key string, v *node) error) error {
	if v.Kind != unstable.InlineTable {
		return errors.New("must be a table { key = value, … }")
	}
	var keys []string
	for it := v.Children(); it.Next(); {
		key, ok := plainKey(it.Node().Key())
		if !ok || slices.Contains(keys, key) {
			return fmt.Errorf("%s: dotted or given twice", quote(key))
		}
		keys = append(keys, key)
		if err := set(key, it.Node().Value()); err != nil {
			return fmt.Errorf("%s: %w", quote(key), err)
		}
	}
	return nil
}

// plainKey returns a key and whether it is of one part; a longer one may be
// cut, it is good for messages only.
func plainKey(it unstable.Iterator) (key string, ok bool) {
	for parts := 0; it.Next() && len(key) <= quoteMax; parts++ {
		if parts > 0 {
			key += "."
		}
		key += string(it.Node().Data)
		ok = parts == 0
	}
	return key, ok
}

// choice reads one of some words into a number that says which.
func choice[T ~uint8](dst *T, v *node, words []string) error {
	for i, w := range words {
		if isWord(v, w) {
			*dst = T(i)
			return nil
		}
	}
	return unknown(v.Data, words)
}

// oneOf reads one of some words.
func oneOf[T ~string](dst *T, v *node, words []T) error {
	for _, w := range words {
		if isWord(v, string(w)) {
			*dst = w
			return nil
		}
	}
	return unknown(v.Data, words)
}

func isWord(v *node, word string) bool {
	return v.Kind == unstable.String && word != "" && string(v.Data) == word
}
