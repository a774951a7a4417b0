package csource_test

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A testCase is a file or folder of testdata/cases: a small driver, and what
// is wrong with it by its own comments (see testdata/cases/README.md).
type testCase struct {
	name  string
	path  string   // of the file or folder
	files []string // all .c and .h files
	bugs  []bug
	may   []bug // may be said, need not be: consequences of the bugs
}

// A bug is found by any finding of one of its rules at any of its places.
type bug struct {
	id     string
	rules  []string
	places []place
}

// A place is one comment "want:". A finding is there if it names the
// function, or a line nearby.
type place struct {
	file string // base name
	line int
	fn   string
	lock string // a part of the lock's name, or ""
}

// nearby is how far from a wanted line a finding may point.
const nearby = 3

func sourceRules() []string {
	return []string{"lock-order-inversion", "recursive-lock", "irq-unsafe-lock", "irq-flags-misuse",
		"sleep-in-atomic", "wait-under-lock", "missing-unlock", "unlock-not-held"}
}

// loadCases reads all cases, sorted by name.
func loadCases(t *testing.T) []testCase {
	t.Helper()
	root := filepath.Join("testdata", "cases")
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var cases []testCase
	for _, e := range entries {
		path := filepath.Join(root, e.Name())
		c := testCase{name: strings.TrimSuffix(e.Name(), ".c"), path: path}
		switch {
		case e.IsDir():
			c.files, err = filepath.Glob(filepath.Join(path, "*.[ch]"))
			if err != nil {
				t.Fatal(err)
			}
		case strings.HasSuffix(e.Name(), ".c"):
			c.files = []string{path}
		default:
			continue
		}
		c.bugs, c.may = readWants(t, c.files, "want"), readWants(t, c.files, "may")
		cases = append(cases, c)
	}
	return cases
}

// readWants collects the comments of a case's files that begin with a word.
// Those of one rule are the places of one bug, unless they say bug=NAME.
func readWants(t *testing.T, files []string, word string) []bug {
	t.Helper()
	var bugs []bug
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		for i, line := range lines {
			for _, want := range wantsOf(line, word) {
				p := place{file: filepath.Base(file), line: i + 1, fn: cmp.Or(want["func"], functionAt(lines, i)), lock: want["lock"]}
				id := cmp.Or(want["bug"], want["rules"])
				at := slices.IndexFunc(bugs, func(b bug) bool { return b.id == id })
				if at < 0 {
					at = len(bugs)
					bugs = append(bugs, bug{id: id, rules: strings.Split(want["rules"], "|")})
				}
				bugs[at].places = append(bugs[at].places, p)
			}
		}
	}
	return bugs
}

var (
	wantComment  = regexp.MustCompile(`/\*\s*(want|may):\s*(.*?)\s*\*/`)
	functionHead = regexp.MustCompile(`(\w+)\s*\(`)
)

// wantsOf parses "want: RULE[|RULE] [lock=…] [func=…] [bug=…], …" of a line.
func wantsOf(line, word string) []map[string]string {
	m := wantComment.FindStringSubmatch(line)
	if m == nil || m[1] != word {
		return nil
	}
	var out []map[string]string
	for _, item := range strings.Split(m[2], ",") {
		fields := strings.Fields(item)
		if len(fields) == 0 {
			continue
		}
		w := map[string]string{"rules": fields[0]}
		for _, f := range fields[1:] {
			k, v, _ := strings.Cut(f, "=")
			w[k] = v
		}
		out = append(out, w)
	}
	return out
}

// functionAt names the function around a line: kernel style has its opening
// brace at column 0, and its head above that, up to a line that is not
// indented.
func functionAt(lines []string, at int) string {
	for i := at; i > 0; i-- {
		if strings.HasPrefix(lines[i], "}") && i != at {
			return ""
		}
		if !strings.HasPrefix(lines[i], "{") {
			continue
		}
		for i--; i > 0 && strings.HasPrefix(lines[i], "\t"); i-- {
		}
		if m := functionHead.FindStringSubmatch(lines[i]); m != nil {
			return m[1]
		}
		return ""
	}
	return ""
}

// TestCasesAreWellFormed checks the cases themselves: a case whose name ends
// in _ok wants nothing, every other one wants something, of a known rule, in
// a function.
func TestCasesAreWellFormed(t *testing.T) {
	for _, c := range loadCases(t) {
		if correct := strings.HasSuffix(c.name, "_ok"); correct != (len(c.bugs) == 0) {
			t.Errorf("%s: %d bugs wanted", c.name, len(c.bugs))
		}
		for _, b := range slices.Concat(c.bugs, c.may) {
			for _, r := range b.rules {
				if !slices.Contains(sourceRules(), r) {
					t.Errorf("%s: unknown rule %q", c.name, r)
				}
			}
			for _, p := range b.places {
				if p.fn == "" {
					t.Errorf("%s: %s:%d is in no function", c.name, p.file, p.line)
				}
			}
		}
	}
}
