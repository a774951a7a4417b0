package cparse

import (
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"gordian/internal/csource/cast"
)

var lockCall = regexp.MustCompile(`\b(_*raw_)?(spin|read|write|mutex|down|up|rt_mutex|ww_mutex|rcu_read|srcu_read|rtnl|inode|mmap|device|lock|local_irq|seq)_(un)?(lock|lock_irq|read|write|sock|trylock|save|restore)\w*\s*\(`)

// TestKernel parses all .c files of the kernel tree that KERNEL_SRC names
// and says how much of it was understood. KERNEL_BAD=n lists n files that
// were not, with the first error of each.
func TestKernel(t *testing.T) {
	root := os.Getenv("KERNEL_SRC")
	if root == "" {
		t.Skip("set KERNEL_SRC to a kernel tree to parse all of it")
	}
	var k kernelRun
	k.each(t, root, ".c", func(path, text string) { k.parse(path, text, Options{}) })
	k.print(t)
	if good := 1 - float64(k.badLock)/float64(max(1, k.lock)); good < 0.995 {
		t.Errorf("%.2f %% of the functions with lock calls were understood, want 99.5", 100*good)
	}
}

type kernelRun struct {
	arena              cast.Arena
	files, funcs, bad  int
	lock, badLock      int
	decls, stmts, skip int
	bytes              int64
	spent              time.Duration
	wanted             int
	errors             []string
}

func (k *kernelRun) count(f *cast.File, path, text string) {
	k.wanted, _ = strconv.Atoi(os.Getenv("KERNEL_BAD"))
	k.files++
	k.bytes += int64(len(text))
	k.funcs += f.Stats.Funcs
	k.bad += f.Stats.BadFuncs
	k.decls += f.Stats.SkipDecls
	k.stmts += f.Stats.Stmts
	k.skip += f.Stats.SkipStmts
	for _, fn := range f.Funcs {
		k.function(f, fn)
	}
	if f.Stats.FirstError != "" || f.Stats.SkipDecls > 0 {
		k.errors = append(k.errors, strings.Join([]string{path, f.Stats.FirstError, strconv.Itoa(f.Stats.SkipDecls), strconv.Itoa(f.Stats.SkipStmts)}, ": "))
	}
}

func (k *kernelRun) function(f *cast.File, fn *cast.Func) {
	if fn.Skipped > 0 && os.Getenv("KERNEL_ALL") != "" {
		k.list(f, fn)
	}
	if fn.Body.Pos > fn.End || !lockCall.MatchString(f.Text[fn.Body.Pos:fn.End]) {
		return
	}
	k.lock++
	if fn.Skipped > 0 {
		k.badLock++
		if k.badLock <= k.wanted {
			k.list(f, fn)
		}
	}
}

// list prints the first statement of fn that was skipped.
func (k *kernelRun) list(f *cast.File, fn *cast.Func) {
	pos := fn.Pos
	walkStmts(fn.Body, func(s *cast.Stmt) {
		cast.Walk(s.X, func(e *cast.Expr) bool {
			if e.Op == cast.BadExpr && pos == fn.Pos {
				pos = e.Pos
			}
			return true
		})
		if s.Kind == cast.BadStmt && pos == fn.Pos {
			pos = s.Pos
		}
	})
	line := f.Line(pos)
	text := f.Text[f.Lines[line-1]:]
	text, _, _ = strings.Cut(text, "\n")
	println("LOCK", f.Path, line, fn.Name, text)
}

func (k *kernelRun) print(t *testing.T) {
	t.Logf("%d files, %.1f MB, %d functions, %d statements", k.files, float64(k.bytes)/1e6, k.funcs, k.stmts)
	t.Logf("understood: %.3f %% of all functions, %.3f %% of %d with lock calls",
		100-100*float64(k.bad)/float64(max(1, k.funcs)), 100-100*float64(k.badLock)/float64(max(1, k.lock)), k.lock)
	t.Logf("skipped: %d statements, %d file-scope constructs; %d files have an error", k.skip, k.decls, len(k.errors))
	t.Logf("%.1f MB/s on one core", float64(k.bytes)/1e6/k.spent.Seconds())
	sort.Strings(k.errors)
	for i := range min(k.wanted, len(k.errors)) {
		t.Log(k.errors[i*len(k.errors)/min(k.wanted, len(k.errors))])
	}
}
