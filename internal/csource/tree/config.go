package tree

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Config is what a kernel was configured with: "CONFIG_SMP" → "y", "m", "n",
// a number or a string without its quotes.
type Config map[string]string

// ParseConfig reads the text of a .config.
func ParseConfig(text string) Config {
	c := make(Config)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutSuffix(line, " is not set"); ok {
			if name, ok = strings.CutPrefix(name, "# "); ok && isOption(name) {
				c[name] = "n"
			}
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if ok && isOption(name) {
			c[name] = strings.Trim(value, `"`)
		}
	}
	return c
}

func isOption(name string) bool {
	return strings.HasPrefix(name, "CONFIG_") && !strings.ContainsAny(name, " \t")
}

// builds is what compile_commands.json says: per file, by place.
type builds map[string]build

type build struct {
	includes []string // absolute folders of -I
	defines  map[string]string
}

// configure reads .config and compile_commands.json. Only a file that the user
// named must be readable.
func (t *Tree) configure() error {
	named := t.options.Config
	json := strings.HasSuffix(named, ".json") // the root's .config counts beside it
	switch {
	case named != "" && !json:
		text, err := t.disk.read(named)
		if err != nil {
			return fmt.Errorf("%s: %w", named, err)
		}
		t.Config = ParseConfig(text)
	case t.Root != "":
		if text, err := t.disk.read(filepath.Join(t.Root, ".config")); err == nil {
			t.Config = ParseConfig(text)
		}
	}
	if json {
		return t.configureBuild(named)
	}
	for _, dir := range t.buildDirs() {
		text, err := t.disk.read(filepath.Join(dir, "compile_commands.json"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			t.builds, err = parseBuilds(text, t.wanted())
		}
		if err != nil {
			t.note(t.disk.show(filepath.Join(dir, "compile_commands.json")), "%v", err)
		}
		break
	}
	return nil
}

// configureBuild reads a compile_commands.json that the user named.
func (t *Tree) configureBuild(name string) error {
	text, err := t.disk.read(name)
	if err == nil {
		t.builds, err = parseBuilds(text, t.wanted())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// buildDirs lists where compile_commands.json may be: beside a path that was
// given, or in the root.
func (t *Tree) buildDirs() []string {
	var dirs []string
	for _, p := range t.options.Paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			continue
		}
		if info, err := os.Stat(abs); err != nil || !info.IsDir() {
			abs = filepath.Dir(abs)
		}
		dirs = append(dirs, abs)
	}
	if t.Root != "" {
		dirs = append(dirs, t.Root)
	}
	return dirs
}

func (t *Tree) wanted() map[string]bool {
	w := make(map[string]bool, len(t.Sources))
	for _, s := range t.Sources {
		w[s.abs] = true
	}
	return w
}

// parseBuilds reads the text of a compile_commands.json, for the files that
// are wanted.
func parseBuilds(text string, wanted map[string]bool) (builds, error) {
	var list []struct {
		Directory string   `json:"directory"`
		File      string   `json:"file"`
		Command   string   `json:"command"`
		Arguments []string `json:"arguments"`
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, err
	}
	b := make(builds)
	for _, e := range list {
		file := absolute(e.Directory, e.File)
		if !wanted[file] {
			continue
		}
		args := e.Arguments
		if len(args) == 0 {
			args = strings.Fields(e.Command)
		}
		b[file] = parseArgs(e.Directory, args)
	}
	return b, nil
}

// parseArgs takes -I and -D from a compiler's arguments, also when the value
// is an argument of its own.
func parseArgs(dir string, args []string) build {
	b := build{defines: make(map[string]string)}
	for i := 0; i < len(args); i++ {
		flag, value := args[i], ""
		if len(flag) < 2 || flag[0] != '-' || flag[1] != 'I' && flag[1] != 'D' {
			continue
		}
		if flag, value = flag[:2], flag[2:]; value == "" && i+1 < len(args) {
			i++
			value = args[i]
		}
		if value == "" {
			continue
		}
		if flag == "-I" {
			b.includes = append(b.includes, absolute(dir, value))
			continue
		}
		name, v, ok := strings.Cut(value, "=")
		if !ok {
			v = "1"
		}
		b.defines[name] = v
	}
	return b
}

func absolute(dir, p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(dir, p)
}
