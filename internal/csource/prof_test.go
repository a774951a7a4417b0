package csource_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"time"

	"gordian/internal/check"
	"gordian/internal/csource"
	"gordian/internal/csource/lockapi"
	"gordian/internal/csource/tree"
)

// diskText reads lines of checked files for the rules, each file once.
type diskText struct {
	root  string
	lines map[string][]string
}

func (d diskText) Lines(file string) []string {
	l, ok := d.lines[file]
	if !ok {
		if b, err := os.ReadFile(filepath.Join(d.root, file)); err == nil {
			l = strings.Split(string(b), "\n")
		}
		d.lines[file] = l
	}
	return l
}

// TestProfile analyses the files or folders in KERNEL_PATHS below KERNEL_SRC
// and writes the findings to KERNEL_OUT: for profiles, and for reading them.
func TestProfile(t *testing.T) {
	root, paths := os.Getenv("KERNEL_SRC"), os.Getenv("KERNEL_PATHS")
	if root == "" || paths == "" {
		t.Skip("set KERNEL_SRC to a kernel tree and KERNEL_PATHS to files in it")
	}
	table, err := lockapi.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	o := tree.Options{Root: root, Neighbours: true}
	for p := range strings.FieldsSeq(paths) {
		o.Paths = append(o.Paths, root+"/"+p)
	}
	ctx, start := context.Background(), time.Now()
	last, heap := "", os.Getenv("KERNEL_HEAP")
	o.Progress = func(stage string, done, total int) {
		if at := stage + strconv.Itoa(done*10/max(total, 1)); at != last {
			last = at
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Fprintf(os.Stderr, "%s %d/%d after %v, heap %d MiB\n", stage, done, total, time.Since(start), m.HeapAlloc>>20)
		}
		if heap != "" && strings.HasPrefix(os.Getenv("KERNEL_STAGE")+"functions", stage) && done == total {
			writeHeap(t, heap)
		}
	}
	f, err := csource.Analyze(ctx, csource.Options{Tree: o, APIs: table})
	if err != nil {
		t.Fatal(err)
	}
	read := time.Since(start)
	fs := check.Source(ctx, check.SourceFacts(f), f, diskText{root, map[string][]string{}})
	t.Logf("%d orders, %d uses, %d slips; %v; %v + %v", len(f.Orders), len(f.Uses), len(f.Slips), f.Stats, read, time.Since(start)-read)
	if out := os.Getenv("KERNEL_OUT"); out != "" {
		w, err := os.Create(out)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = w.Close() }()
		for i := range fs {
			fmt.Fprintf(w, "%s\t%s\t%s:%d\t%s\t%s\n", fs[i].Confidence, fs[i].Rule, fs[i].File, fs[i].Line, fs[i].Function, fs[i].Title)
			for _, l := range fs[i].Locations {
				fmt.Fprintf(w, "\t%s:%d %s: %s\n", l.File, l.Line, l.Function, l.Note)
			}
		}
	}
}

// writeHeap says what is alive when all functions are summed up.
func writeHeap(t *testing.T, file string) {
	runtime.GC()
	w, err := os.Create(file)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = w.Close() }()
	if err := pprof.WriteHeapProfile(w); err != nil {
		t.Error(err)
	}
}
