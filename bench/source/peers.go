package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const lockCall = `\b(?:(?:raw_)?spin_lock|(?:read|write)_lock|mutex_lock|down_(?:read|write))(?:_\w+)?\s*\(`

// lockFiles picks files with lock calls, from all over the kernel.
func (b *bench) lockFiles() (files []string, lines int, err error) {
	all, err := b.sources()
	if err != nil {
		return nil, 0, err
	}
	lock := regexp.MustCompile(lockCall)
	for _, path := range shuffled(slices.Collect(maps.Keys(all))) {
		top, _, _ := strings.Cut(path, "/")
		if len(files) == b.peers || !slices.Contains([]string{"drivers", "fs", "kernel", "net", "sound", "block", "mm"}, top) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(b.linux, path))
		if err != nil {
			return nil, 0, err
		}
		if lock.Match(text) {
			files = append(files, path)
			lines += all[path]
		}
	}
	return files, lines, nil
}

// besidePeers gives the same files to gordian, sparse and coccinelle.
func (b *bench) besidePeers() error {
	files, lines, err := b.lockFiles()
	if err != nil {
		return err
	}
	mloc := float64(lines) / 1e6
	b.print(fmt.Sprintf("\nthe same %d files with lock calls, %.2f MLOC, on one CPU", len(files), mloc))
	u, doc, err := b.check(1, append([]string{"--no-cache", "--jobs", "1"}, files...)...)
	if err != nil {
		return err
	}
	b.row("gordian, all in one run", u, fmt.Sprintf("%.3f s/file  %s", u.wall.Seconds()/float64(len(files)), doc.yield(mloc)))
	if err := b.sparse(files); err != nil {
		return err
	}
	return b.coccinelle(files)
}

// peer is another tool, run on one file after the other, as it is used.
type peer struct {
	label   string
	cmd     []string // the file comes last
	report  string   // pattern of a finding
	trouble string   // pattern of what says that a file was given up
}

func (b *bench) each(files []string, p peer) error {
	report, trouble := regexp.MustCompile("(?m)"+p.report), regexp.MustCompile(p.trouble)
	var sum use
	reports, failed := 0, 0
	for _, f := range files {
		u, out, _, err := b.measure(true, append(slices.Clone(p.cmd), f)...)
		if err != nil {
			return err
		}
		sum.add(u)
		reports += len(report.FindAll(out, -1))
		if trouble.Match(out) {
			failed++
		}
	}
	b.row(p.label, sum, fmt.Sprintf("%.3f s/file  %d reports, %d files given up", sum.wall.Seconds()/float64(len(files)), reports, failed))
	return nil
}

// sparse wants preprocessed code, so a configured kernel. The stand-ins give
// it what can be had without one: it reads the headers, and checks most
// functions, but not those of options that are off, and it gives up on a file
// after 100 errors.
func (b *bench) sparse(files []string) error {
	if _, err := exec.LookPath("sparse"); err != nil {
		b.print("sparse: not installed (Debian package sparse)")
		return nil
	}
	gen, err := os.MkdirTemp("", "gordian-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(gen) }()
	if err := standIns(b.linux, gen); err != nil {
		return err
	}
	arch := "arch/x86/include"
	cmd := []string{
		"sparse", "-Wcontext", "-m64", "-nostdinc", "-D__KERNEL__", "-DMODULE", `-DKBUILD_MODNAME="x"`, `-DKBUILD_BASENAME="x"`,
		"-Iinclude", "-I" + arch, "-I" + arch + "/uapi", "-Iinclude/uapi", "-I" + gen,
		"-include", "include/linux/kconfig.h", "-include", "include/linux/compiler_types.h",
	}
	return b.each(files, peer{"sparse -Wcontext", cmd, "context imbalance", "error: too many errors|error: unable to open|error: no more"})
}

// coccinelle runs the kernel's own lock scripts. They look at one function at
// a time.
func (b *bench) coccinelle(files []string) error {
	if _, err := exec.LookPath("spatch"); err != nil {
		b.print("coccinelle: not installed (Debian package coccinelle)")
		return nil
	}
	const folder = "scripts/coccinelle/locks"
	scripts, err := os.ReadDir(filepath.Join(b.linux, folder))
	if err != nil {
		return err
	}
	for _, s := range scripts {
		cmd := []string{"spatch", "-D", "report", "--very-quiet", "--no-includes", "--include-headers", "--timeout", "60", "--sp-file", folder + "/" + s.Name()}
		if err := b.each(files, peer{"coccinelle " + s.Name(), cmd, `^[^ \n]+:\d+:\d+-\d+: `, "(?i)exn|timeout"}); err != nil {
			return err
		}
	}
	return nil
}
