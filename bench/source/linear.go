package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sources lists every .c file that a check of the whole tree reads, with its
// lines.
func (b *bench) sources() (map[string]int, error) {
	out := map[string]int{}
	err := filepath.WalkDir(b.linux, func(p string, e fs.DirEntry, err error) error {
		rel, rerr := filepath.Rel(b.linux, p)
		switch {
		case err != nil || rerr != nil:
			return err
		case e.IsDir() && slices.Contains([]string{"tools", "scripts", "Documentation", "usr", ".git"}, rel):
			return fs.SkipDir
		case !e.Type().IsRegular() || filepath.Ext(p) != ".c":
			return nil
		}
		text, err := os.ReadFile(p)
		out[filepath.ToSlash(rel)] = bytes.Count(text, []byte("\n"))
		return err
	})
	return out, err
}

// shuffled gives names the same order everywhere, and no order of the alphabet.
func shuffled(names []string) []string {
	key := make(map[string]string, len(names))
	for _, n := range names {
		sum := sha256.Sum256([]byte(n))
		key[n] = string(sum[:])
	}
	return slices.SortedFunc(slices.Values(names), func(a, b string) int { return strings.Compare(key[a], key[b]) })
}

// units are folders that do not contain each other, with their lines: of
// drivers, one level deeper.
func units(lines map[string]int) map[string]int {
	out := map[string]int{}
	for path, n := range lines {
		dirs := strings.Split(path, "/")
		depth := 2
		if dirs[0] == "drivers" {
			depth = 3
		}
		if len(dirs) > depth {
			out[strings.Join(dirs[:depth], "/")] += n
		}
	}
	return out
}

// upTo picks folders that have about so many lines together.
func upTo(folders map[string]int, lines float64) []string {
	var chosen []string
	sum := 0.0
	for _, f := range shuffled(slices.Collect(maps.Keys(folders))) {
		if n := float64(folders[f]); sum+n <= lines*1.05 {
			chosen = append(chosen, f)
			sum += n
		}
	}
	slices.Sort(chosen)
	return chosen
}

// point is one measurement.
type point struct{ mloc, cpu float64 }

// linear measures growing parts of the tree.
func (b *bench) linear() error {
	lines, err := b.sources()
	if err != nil {
		return err
	}
	var points []point
	folders := units(lines)
	for _, mloc := range []float64{1, 2, 5, 10, math.Inf(1)} {
		label, paths := "all", []string{"."}
		if !math.IsInf(mloc, 1) {
			paths = upTo(folders, mloc*1e6)
			label = fmt.Sprintf("%d folders", len(paths))
		}
		u, doc, err := b.check(1, append([]string{"--no-cache"}, paths...)...)
		if err != nil {
			return err
		}
		p := point{doc.mloc(), u.cpu.Seconds()}
		points = append(points, p)
		b.row(fmt.Sprintf("%5.1f MLOC, %s", p.mloc, label), u, fmt.Sprintf("%.2f s cpu/MLOC", p.cpu/p.mloc))
	}
	b.print(plot(points))
	return nil
}

// plot draws CPU seconds over lines; the dots are the straight line to the
// last point.
func plot(points []point) string {
	const width, height = 60, 16
	last, top := points[len(points)-1], 0.0
	for _, p := range points {
		top = max(top, p.cpu)
	}
	grid := make([][]byte, height+1)
	for i := range grid {
		grid[i] = bytes.Repeat([]byte(" "), width+1)
	}
	put := func(p point, c byte) {
		x, y := math.Round(p.mloc/last.mloc*width), math.Round(min(p.cpu/top, 1)*height)
		if x >= 0 && x <= width && y >= 0 {
			grid[height-int(y)][int(x)] = c
		}
	}
	for i := range width + 1 {
		part := float64(i) / width
		put(point{part * last.mloc, part * last.cpu}, '.')
	}
	for _, p := range points {
		put(p, 'o')
	}
	var w strings.Builder
	fmt.Fprintf(&w, "\n  cpu, up to %.0f s\n", top)
	for _, row := range grid {
		w.WriteString("  |" + strings.TrimRight(string(row), " ") + "\n")
	}
	fmt.Fprintf(&w, "  +%s> lines, up to %.1f M\n", strings.Repeat("-", width), last.mloc)
	return w.String()
}
