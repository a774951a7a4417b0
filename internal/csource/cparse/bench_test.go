package cparse

import (
	"os"
	"path/filepath"
	"testing"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/cpp"
)

// kernelFiles reads the files of some folders below KERNEL_SRC.
func kernelFiles(b *testing.B, ext string, dirs ...string) (texts []string) {
	root := os.Getenv("KERNEL_SRC")
	if root == "" {
		b.Skip("set KERNEL_SRC to a kernel tree to measure on")
	}
	var k kernelRun
	for _, d := range dirs {
		k.each(b, filepath.Join(root, d), ext, func(_, text string) {
			texts = append(texts, text)
		})
	}
	b.ReportAllocs()
	return texts
}

// measure runs f for all texts, again and again, and reports megabytes per
// second of processor time, garbage collection included.
func measure(b *testing.B, texts []string, f func(text string)) {
	n := 0
	for _, t := range texts {
		n += len(t)
	}
	start := cpuTime()
	for b.Loop() {
		for _, t := range texts {
			f(t)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/1e6/(cpuTime()-start).Seconds(), "MB/cpu-s")
}

func BenchmarkLex(b *testing.B) {
	texts := kernelFiles(b, ".c", "fs", "drivers/net/ethernet/intel")
	var r cpp.Reader
	var toks []cpp.Token
	measure(b, texts, func(t string) {
		r.Reset(t, cpp.Config{})
		for {
			toks = r.Fill(toks[:0], 512)
			if toks[len(toks)-1].Kind == cpp.EOF {
				break
			}
		}
	})
}

func benchParse(b *testing.B, texts []string, o Options) {
	var a cast.Arena
	measure(b, texts, func(t string) {
		a.Reset()
		Parse(&a, "x.c", t, o)
	})
}

func BenchmarkParse(b *testing.B) {
	benchParse(b, kernelFiles(b, ".c", "fs", "drivers/net/ethernet/intel"), Options{})
}

func BenchmarkParseWithMacros(b *testing.B) {
	texts := kernelFiles(b, ".c", "fs", "drivers/net/ethernet/intel")
	h := &headerMacros{common: map[string]*cast.Macro{}}
	var k kernelRun
	k.each(b, filepath.Join(os.Getenv("KERNEL_SRC"), "include"), ".h", func(path, text string) {
		for _, m := range Parse(nil, path, text, Options{}).Macros {
			h.common[m.Name] = m
		}
	})
	b.ResetTimer()
	benchParse(b, texts, Options{Macros: h, Relevant: relevant})
}

func BenchmarkRegisterHeaders(b *testing.B) {
	benchParse(b, kernelFiles(b, ".h", "drivers/gpu/drm/amd/include/asic_reg/nbio"), Options{})
}
