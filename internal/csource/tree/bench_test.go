package tree

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/lockapi"
)

func lockNames(s string) bool { return strings.Contains(s, "lock") }

func kernel(tb testing.TB) string {
	root := os.Getenv("KERNEL_SRC")
	if root == "" {
		tb.Skip("KERNEL_SRC is not set")
	}
	return root
}

func benchEach(b *testing.B, o Options) {
	table, err := lockapi.Kernel()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		t, err := Load(context.Background(), o)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		err = t.Each(context.Background(), table.Relevant, func(int, *Source, int, *cast.File) error { n++; return nil })
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(t.Headers()), "headers")
		b.ReportMetric(float64(n), "visits")
		b.ReportMetric(float64(len(t.Notes())), "notes")
	}
}

func BenchmarkFile(b *testing.B) {
	root := kernel(b)
	benchEach(b, Options{Root: root, Jobs: 2, Paths: []string{filepath.Join(root, "drivers/net/ethernet/intel/e1000/e1000_main.c")}})
}

func BenchmarkFolder(b *testing.B) {
	root := kernel(b)
	benchEach(b, Options{Root: root, Jobs: 2, Paths: []string{filepath.Join(root, "drivers/usb/core")}})
}

func BenchmarkTree(b *testing.B) {
	root := kernel(b)
	if testing.Short() {
		b.Skip("the whole kernel")
	}
	benchEach(b, Options{Root: root, Jobs: 2, Paths: []string{root}})
}
