package tree

import (
	"path/filepath"
	"testing"
)

// A compile_commands.json may have any name; the root's .config counts beside it.
func TestNamedBuild(t *testing.T) {
	root := plant(t, kernelFiles(".config: CONFIG_X=y\n",
		`build/db.json: [{"directory": "/", "file": "FILE", "command": "cc -DFOO=1 -c FILE"}]`)...)
	file := filepath.Join(root, "drivers/a/a.c")
	plantFile(t, root, "build/db.json", `[{"directory": "/", "file": "`+file+`", "arguments": ["cc", "-DFOO=1"]}]`)
	s := walk(t, Options{Root: root, Paths: []string{file}, Config: filepath.Join(root, "build/db.json")})
	if s.tree.Config["CONFIG_X"] != "y" || s.tree.builds[file].defines["FOO"] != "1" {
		t.Errorf("%v %v", s.tree.Config, s.tree.builds)
	}
	plantFile(t, root, "build/db.json", "{")
	if _, err := Load(t.Context(), Options{Root: root, Paths: []string{file}, Config: filepath.Join(root, "build/db.json")}); err == nil {
		t.Error("damaged, and no error")
	}
}
