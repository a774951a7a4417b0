package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gordian/internal/model"
	"gordian/internal/report"
)

// lockMap is the hierarchy of what was checked, with the findings that are
// sure enough in red.
func (k *checkCmd) lockMap(c *checked) *report.LockMap {
	sure := &model.Document{Findings: slices.Clone(c.findings), Stats: map[string]int64{}}
	keepConfident(sure, model.Confidence(k.minConfidence.value))
	return report.NewLockMap(titleOf(c), c.source, sure.Findings)
}

// titleOf names what was checked: the path that was given, or the folder that
// all paths have in common.
func titleOf(c *checked) string {
	if c.stdin != "" {
		return stdinName
	}
	if len(c.source.Files) == 0 {
		return strings.Join(c.options.Paths, " ")
	}
	common := c.source.Files[0].Path
	for _, f := range c.source.Files[1:] {
		for common != "." && common != "/" && f.Path != common && !strings.HasPrefix(f.Path, common+"/") {
			common = filepath.Dir(common)
		}
	}
	if common != "." && common != "/" {
		return common
	}
	if c.options.Root != "" {
		return filepath.Base(c.options.Root)
	}
	if here, err := os.Getwd(); err == nil {
		return filepath.Base(here)
	}
	return common
}

// listLocks prints the locks in place of the findings.
func (k *checkCmd) listLocks(c *checked) error {
	m := k.lockMap(c)
	fill := func(w io.Writer) error {
		if k.out.renderer.Name == "json" {
			return m.JSON(w, "gordian "+version())
		}
		return m.Table(w, report.Options{Width: k.Width, Color: k.out.useColor()})
	}
	if k.out.file != "" && k.out.file != "-" {
		return writeFile(k.out.file, fill)
	}
	w := bufio.NewWriter(k.Out)
	if err := fill(w); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

func graphFormats() []string { return []string{".svg", ".html", ".dot"} }

// writeGraph draws the hierarchy into the file of --graph.
func (k *checkCmd) writeGraph(c *checked) error {
	m := k.lockMap(c)
	err := writeFile(k.graph, func(w io.Writer) error {
		switch strings.ToLower(filepath.Ext(k.graph)) {
		case ".svg":
			return m.SVG(w, "gordian "+version())
		case ".html":
			return m.HTML(w, "gordian "+version())
		}
		return m.DOT(w)
	})
	if err == nil {
		fmt.Fprintf(k.Err, "gordian: %s: %s\n", safe(k.graph), safe(m.Counts()))
	}
	return err
}

// checkLocks refuses what makes no sense together with the map of locks.
func (k *checkCmd) checkLocks(inputs []string) error {
	name := k.out.renderer.Name
	switch {
	case k.listLocksOnly && name != "text" && name != "json":
		return fmt.Errorf("--list-locks is text or json, not %s: --graph draws", name)
	case k.listLocksOnly && (k.out.quiet || k.fix):
		return errors.New("--list-locks prints no findings: leave --quiet and --fix out")
	case k.graph == "" && k.out.flags.Changed("graph"):
		return errors.New("--graph: the name of the file is empty")
	case k.graph != "" && !slices.Contains(graphFormats(), strings.ToLower(filepath.Ext(k.graph))):
		return fmt.Errorf("--graph %s: the name must end in %s", k.graph, strings.Join(graphFormats(), ", "))
	}
	for _, in := range inputs {
		if k.graph != "" && sameFile(k.graph, in) {
			return fmt.Errorf("--graph %s: that is an input, which would be lost: give another name", k.graph)
		}
	}
	return nil
}
