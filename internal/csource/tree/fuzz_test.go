package tree

import (
	"strings"
	"testing"
)

// FuzzText reads hostile text with all that reads text in this package.
func FuzzText(f *testing.F) {
	for _, s := range []string{
		"#include <a.h>\n#include \"b.h\"\n", "#define A(x) /* \n */ \\\n spin_lock(x)\n", "#if A\n#else\nlock\n#endif",
		"ccflags-y := -I$(src)/a -I $(srctree)/b) -I$(call x,-Iy) -I", "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=\"", "/*", "#",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, inc := range scanIncludes(text) {
			if inc.name == "" || strings.Contains(inc.name, "\n") {
				t.Errorf("include %q", inc.name)
			}
		}
		n := 0
		directives(text, func(line string) {
			if n += len(line); line == "" {
				t.Error("empty directive")
			}
			if callLike(line) && !strings.Contains(line, "(") {
				t.Errorf("%q has parameters", line)
			}
		})
		if n > len(text) {
			t.Errorf("directives of %d bytes in %d", n, len(text))
		}
		r := &reader{relevant: lockNames}
		r.hidden(text)
		r.names(text)
		makeIncludes(text, "/r/d", "/r")
		ParseConfig(text)
	})
}

// TestHostileTextTakesLinearTime would not end if it did not.
func TestHostileTextTakesLinearTime(t *testing.T) {
	const n = 1 << 20
	r := &reader{relevant: func(string) bool { return false }}
	for _, piece := range []string{
		"#", "# ", "#if\n", "#if\n#else\n", "#ifndef A\nx y z\n", "\\\n", "#define A \\\n", "#define A /*", "/*", "-I", "-I$(", "-I$((",
		"#include \"", "#include <", "x ", "     ", "#define A /* */ \\\n", "\t#",
	} {
		text := strings.Repeat(piece, n/len(piece))
		scanIncludes(text)
		directives(text, func(string) {})
		directives("#define A /*"+text, func(string) {})
		r.hidden(text)
		makeIncludes(text, "/r/d", "/r")
	}
}
