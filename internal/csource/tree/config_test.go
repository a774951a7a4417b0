package tree

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParseConfig(t *testing.T) {
	got := ParseConfig("#\n# Linux/x86 6.1.0 Kernel Configuration\n#\nCONFIG_SMP=y\nCONFIG_FOO=m\r\n# CONFIG_BAR is not set\n" +
		"CONFIG_HZ=250\nCONFIG_NAME=\"a = b\"\nnonsense\nOTHER=1\n# CONFIG_X Y is not set\nCONFIG_EMPTY=\"\"\n")
	want := Config{
		"CONFIG_SMP": "y", "CONFIG_FOO": "m", "CONFIG_BAR": "n", "CONFIG_HZ": "250", "CONFIG_NAME": "a = b", "CONFIG_EMPTY": "",
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestSettings(t *testing.T) {
	root := plant(t, kernelFiles(
		".config: CONFIG_SMP=y\n", "other.config: # CONFIG_SMP is not set\n",
		"drivers/a/c.c: #include \"far.h\"\n", "elsewhere/far.h: ",
	)...)
	plantFile(t, root, "compile_commands.json", `[
		{"directory": "`+root+`", "file": "drivers/a/c.c", "command": "gcc -DMODULE -I./elsewhere -I -DLEVEL=3 -c c.c"},
		{"directory": "`+root+`", "file": "drivers/a/a.c", "arguments": ["gcc", "-I", "elsewhere", "-D", "X", "-I"]},
		{"directory": "`+root+`", "file": "drivers/a/unwanted.c", "command": "gcc -Iunwanted"}]`)
	o := Options{Paths: []string{filepath.Join(root, "drivers")}}
	s := walk(t, o)
	if s.tree.Config["CONFIG_SMP"] != "y" || len(s.notes) > 0 {
		t.Errorf("config %v, notes %v", s.tree.Config, s.notes)
	}
	b := s.tree.builds
	if got := b[filepath.Join(root, "drivers/a/c.c")]; got.defines["MODULE"] != "1" || !slices.Contains(got.includes, filepath.Join(root, "elsewhere")) {
		t.Errorf("c.c: %v", got)
	}
	if got := b[filepath.Join(root, "drivers/a/a.c")]; got.defines["X"] != "1" || len(got.includes) != 1 {
		t.Errorf("a.c: %v", got)
	}
	if len(b) != 2 {
		t.Errorf("builds %v", b)
	}
	o.Config = filepath.Join(root, "other.config")
	if s := walk(t, o); s.tree.Config["CONFIG_SMP"] != "n" {
		t.Errorf("config %v", s.tree.Config)
	}
	plantFile(t, root, "compile_commands.json", "[{")
	if s := walk(t, o); len(s.notes) != 2 || !strings.HasPrefix(s.notes[0], "compile_commands.json: ") {
		t.Errorf("notes %q", s.notes)
	}
}
