// Package kconfig reads kernel configurations, wherever they are kept, and
// says which checks of locking a kernel has.
package kconfig

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Config holds the values of options, named without CONFIG_: "y", "m", a
// number, or a string without its quotes. What is not set is "n" when the file
// says so, and absent when it does not mention it.
type Config map[string]string

// Names returns the options in order.
func (c Config) Names() []string { return slices.Sorted(maps.Keys(c)) }

// On reports whether an option is built in or a module.
func (c Config) On(name string) bool { return c[name] == "y" || c[name] == "m" }

const (
	maxLine    = 64 << 10
	maxOptions = 100_000 // Linux 6.12 has 20,000
)

// ErrNoConfig says that no line was one of a configuration.
var ErrNoConfig = errors.New("no kernel configuration: no line sets an option CONFIG_…")

// Parse reads the format that scripts/kconfig/confdata.c, 6.1, writes. An
// empty input is an empty configuration; text that sets nothing is an error.
func Parse(r io.Reader) (Config, error) {
	c := Config{}
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 4096), maxLine)
	other := 0
	for s.Scan() {
		name, value, ok := parseLine(strings.TrimSpace(s.Text()))
		switch {
		case !ok:
			other++
		case name != "":
			c[name] = value
		}
		if len(c) > maxOptions {
			return nil, fmt.Errorf("read kernel configuration: more than %d options", maxOptions)
		}
	}
	if err := s.Err(); err != nil {
		return c, fmt.Errorf("read kernel configuration: %w", err)
	}
	if len(c) == 0 && other > 0 {
		return nil, ErrNoConfig
	}
	return c, nil
}

// parseLine returns no name for an empty line or a comment, and false for what
// belongs in no configuration.
func parseLine(line string) (name, value string, ok bool) {
	if rest, cut := strings.CutPrefix(line, "# CONFIG_"); cut {
		if name, cut = strings.CutSuffix(rest, " is not set"); cut && isName(name) {
			return name, "n", true
		}
	}
	if line == "" || line[0] == '#' {
		return "", "", true
	}
	rest, ok := strings.CutPrefix(line, "CONFIG_")
	name, value, eq := strings.Cut(rest, "=")
	if !ok || !eq || !isName(name) {
		return "", "", false
	}
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		value = value[1 : n-1]
	}
	return name, value, true
}

func isName(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
