package cparse

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gordian/internal/csource/cast"
)

// TestMutated parses damaged source: spans lost, doubled or moved, brackets
// and quotes put anywhere. With KERNEL_SRC it damages files of the kernel, too.
func TestMutated(t *testing.T) {
	var texts []string
	for _, f := range []string{"testdata/driver.c", "testdata/constructs.txt"} {
		texts = append(texts, readFile(t, f))
	}
	rounds := 300
	if root := os.Getenv("KERNEL_SRC"); root != "" {
		files, err := filepath.Glob(filepath.Join(root, "kernel", "*", "*.c"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			texts = append(texts, readFile(t, f))
		}
		rounds = 20
	}
	r := rand.New(rand.NewPCG(3, 4))
	var a cast.Arena
	for range rounds {
		for i, text := range texts {
			damaged := mutate(r, text)
			a.Reset()
			start := cpuTime()
			checkTree(t, Parse(&a, "x.c", damaged, Options{Arms: r.IntN(2), Relevant: relevant}))
			if spent := cpuTime() - start; spent > 2*time.Second || t.Failed() {
				t.Fatalf("text %d: %v for %d bytes:\n%.2000s", i, spent, len(damaged), damaged)
			}
		}
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// mutate damages a text in up to eight places.
func mutate(r *rand.Rand, text string) string {
	for range 1 + r.IntN(8) {
		i := r.IntN(len(text) + 1)
		j := min(len(text), i+r.IntN(1+r.IntN(200)))
		k := r.IntN(len(text) + 1)
		switch r.IntN(5) {
		case 0:
			text = text[:i] + text[j:]
		case 1:
			text = text[:j] + text[i:j] + text[j:]
		case 2:
			text = text[:k] + text[i:j] + text[k:]
		default:
			const marks = "(){}[];,\"'/*\\#\n:?=&.<>-\x00\xff"
			m := r.IntN(len(marks))
			text = text[:i] + marks[m:m+1] + text[i:]
		}
	}
	return text
}
