package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// A driver of middle size, and its largest file.
const (
	driver     = "drivers/net/ethernet/intel/e1000e"
	driverFile = driver + "/netdev.c"
)

const repeat = 5 // of runs that take less than a second

// file measures one file where it stands in the tree, and a copy of it that
// stands elsewhere.
func (b *bench) file() error {
	u, _, err := b.check(repeat, "--no-cache", driverFile)
	if err != nil {
		return err
	}
	b.row("one file in the tree", u, "aim: 0.3 s")
	text, err := os.ReadFile(filepath.Join(b.linux, driverFile))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "gordian-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	away := filepath.Join(dir, filepath.Base(driverFile))
	if err := os.WriteFile(away, text, 0o600); err != nil {
		return err
	}
	if u, _, err = b.check(repeat, "--no-cache", "--root", b.linux, away); err != nil {
		return err
	}
	b.row("one file elsewhere, --root", u, "aim: 0.3 s")
	return nil
}

func (b *bench) folder() error {
	u, doc, err := b.check(repeat, "--no-cache", driver)
	if err != nil {
		return err
	}
	b.row("one driver folder", u, fmt.Sprintf("aim: 0.5 s; %d lines", doc.Stats["lines"]))
	return nil
}

// whole measures all of Linux, and then once more with the result kept.
func (b *bench) whole() error {
	dir, err := os.MkdirTemp("", "gordian-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	u, doc, err := b.check(1, "--cache-dir", dir, ".")
	if err != nil {
		return err
	}
	b.row(fmt.Sprintf("all of Linux, %.1f MLOC", doc.mloc()), u, "aim: 60 s, 4096 MiB")
	b.more("%s", doc.yield(doc.mloc()))
	locks, understood := doc.Stats["lock_functions"], doc.Stats["lock_functions_understood"]
	b.more("%d of %d functions with lock calls understood (%.2f %%)", understood, locks, 100*float64(understood)/float64(max(locks, 1)))
	if u, _, err = b.check(1, "--cache-dir", dir, "."); err != nil {
		return err
	}
	b.row("once more, unchanged", u, "aim: 3 s")
	return nil
}
