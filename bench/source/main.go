// Command source measures speed, memory and yield of `gordian check` on
// Linux, beside sparse and coccinelle.
//
//	LINUX=DIR source GORDIAN [PART...]    parts: file folder peers linear whole; all of them without any
//
// DIR is an unpacked linux-source; the figures in docs are of 6.1. Nothing in
// it is changed, nor needs to be configured. JOBS (default 2) is for gordian's
// own runs, PEER_FILES (default 200) the number of files that the peers get.
package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

const usage = "usage: LINUX=DIR source GORDIAN [file|folder|peers|linear|whole]..."

// bench is one run of the program.
type bench struct {
	out   io.Writer
	bin   string // gordian
	linux string
	jobs  string
	peers int // files
}

// part is one measurement.
type part struct {
	name string
	run  func(*bench) error
}

func parts() []part {
	return []part{
		{"file", (*bench).file}, {"folder", (*bench).folder}, {"peers", (*bench).besidePeers},
		{"linear", (*bench).linear}, {"whole", (*bench).whole},
	}
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("%s", usage)
	}
	chosen, err := choose(args[1:])
	if err != nil {
		return err
	}
	linux := os.Getenv("LINUX")
	if info, err := os.Stat(filepath.Join(linux, "include/linux")); err != nil || !info.IsDir() {
		_, err := fmt.Fprintln(out, "no kernel source: set LINUX to an unpacked linux-source (Debian package linux-source-6.1); gordian check was not measured")
		return err
	}
	b := &bench{out: out, jobs: cmp.Or(os.Getenv("JOBS"), "2")}
	if b.peers, err = strconv.Atoi(cmp.Or(os.Getenv("PEER_FILES"), "200")); err != nil {
		return fmt.Errorf("PEER_FILES: %w", err)
	}
	if b.bin, err = filepath.Abs(args[0]); err != nil {
		return err
	}
	if b.linux, err = filepath.Abs(linux); err != nil {
		return err
	}
	for _, p := range chosen {
		if err := p.run(b); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// choose returns the parts with these names, or all.
func choose(names []string) ([]part, error) {
	if len(names) == 0 {
		return parts(), nil
	}
	known := map[string]part{}
	for _, p := range parts() {
		known[p.name] = p
	}
	var out []part
	for _, n := range names {
		p, ok := known[n]
		if !ok {
			return nil, fmt.Errorf("no part %q\n%s", n, usage)
		}
		out = append(out, p)
	}
	return out, nil
}
