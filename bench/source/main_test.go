package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestUnitsAndUpTo(t *testing.T) {
	got := units(map[string]int{"fs/ext4/a.c": 10, "fs/ext4/sub/b.c": 5, "fs/read.c": 99, "drivers/net/ethernet/c.c": 7, "drivers/net/d.c": 3})
	if want := map[string]int{"fs/ext4": 15, "drivers/net/ethernet": 7}; !maps.Equal(got, want) {
		t.Errorf("folders %v, want %v", got, want)
	}
	folders := map[string]int{"a": 40, "b": 40, "c": 40, "d": 40}
	chosen := upTo(folders, 80)
	if len(chosen) != 2 || !slices.IsSorted(chosen) || !slices.Equal(chosen, upTo(folders, 80)) {
		t.Errorf("chosen for 80 of 160 lines: %v", chosen)
	}
}

func TestPlot(t *testing.T) {
	got := plot([]point{{1, 10}, {2, 10}, {4, 20}})
	rows := strings.Split(got, "\n")
	if !strings.Contains(got, "cpu, up to 20 s") || !strings.Contains(got, "lines, up to 4.0 M") {
		t.Errorf("no scale:\n%s", got)
	}
	if top := rows[2]; top[len(top)-1] != 'o' {
		t.Errorf("the last point is not at the top right:\n%s", got)
	}
	if n := strings.Count(got, "o") - strings.Count("cpu, up to 20 s lines, up to 4.0 M", "o"); n != 3 {
		t.Errorf("%d points of 3:\n%s", n, got)
	}
}

func TestChoose(t *testing.T) {
	if all, err := choose(nil); err != nil || len(all) != 5 {
		t.Errorf("all parts: %d, %v", len(all), err)
	}
	if one, err := choose([]string{"whole"}); err != nil || len(one) != 1 || one[0].name != "whole" {
		t.Errorf("one part: %v, %v", one, err)
	}
	if _, err := choose([]string{"nothing"}); err == nil {
		t.Error("a part that there is not was taken")
	}
}

func TestWithoutLinux(t *testing.T) {
	t.Setenv("LINUX", t.TempDir())
	var out bytes.Buffer
	if err := run([]string{"gordian"}, &out); err != nil || !strings.Contains(out.String(), "linux-source") {
		t.Errorf("%v, %q", err, out.String())
	}
}

// A stand-in for gordian shows what is asked of it, and how its document is read.
func TestFolder(t *testing.T) {
	linux := t.TempDir()
	bin := filepath.Join(linux, "gordian")
	script := "#!/bin/sh\necho \"$@\" >>asked\necho '{\"findings\":[{\"confidence\":\"high\"}],\"stats\":{\"lines\":2000000}}'\n"
	if err := os.WriteFile(bin, []byte(script), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	var out bytes.Buffer
	b := &bench{out: &out, bin: bin, linux: linux, jobs: "2"}
	if err := b.folder(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "2000000 lines") {
		t.Errorf("row: %q", out.String())
	}
	asked, err := os.ReadFile(filepath.Join(linux, "asked"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "check --format json --fail-on never --jobs 2 --no-cache " + driver + "\n"; string(asked) != strings.Repeat(want, repeat) {
		t.Errorf("asked %q", asked)
	}
	_, doc, err := b.check(1, "x")
	if err != nil || doc.yield(doc.mloc()) != "high 1 (0.5/MLOC)  medium 0 (0.0/MLOC)  low 0 (0.0/MLOC)" {
		t.Errorf("%v, %v", doc, err)
	}
}

func TestStandIns(t *testing.T) {
	linux, gen := t.TempDir(), t.TempDir()
	for _, p := range []string{"include/asm-generic/a.h", "include/asm-generic/b.h", "include/uapi/asm-generic/c.h", "arch/x86/include/asm/b.h"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(linux, p)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(linux, p), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := standIns(linux, gen); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(gen, "asm/a.h")); err != nil || string(text) != "#include <asm-generic/a.h>\n" {
		t.Errorf("asm/a.h: %q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(gen, "asm/b.h")); err == nil {
		t.Error("x86 has its own asm/b.h")
	}
	if conf, err := os.ReadFile(filepath.Join(gen, "generated/autoconf.h")); err != nil || !strings.Contains(string(conf), "#define CONFIG_SMP 1\n") {
		t.Errorf("autoconf.h: %v", err)
	}
}
