package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"gordian/internal/baseline"
	"gordian/internal/model"
	"gordian/internal/suppress"
)

// filter leaves the findings that the user wants to hear of: of the rules that
// were named, not suppressed in the source, not in the baseline.
func (k *checkCmd) filter(c *checked) error {
	if len(k.rules) > 0 {
		c.findings = slices.DeleteFunc(c.findings, func(f model.Finding) bool { return !slices.Contains(k.rules, f.Rule) })
	}
	c.suppress()
	return k.filterKnown(c)
}

// filterKnown applies and writes baselines.
func (k *checkCmd) filterKnown(c *checked) error {
	known := &baseline.List{}
	if k.baseline != "" {
		l, err := readBaseline(k.baseline)
		if err != nil {
			return err
		}
		known = l
	}
	if k.writeBaseline != "" {
		now := baseline.New(c.findings)
		if err := writeFile(k.writeBaseline, func(w io.Writer) error { return now.Write(w) }); err != nil {
			return err
		}
		fmt.Fprintf(k.Err, "gordian: %d findings are known now in %s\n", len(c.findings), safe(k.writeBaseline))
		known.Findings = append(known.Findings, now.Findings...)
	}
	left, n, stale := known.Filter(c.findings)
	c.findings = left
	if k.baseline != "" || k.writeBaseline != "" {
		c.inputs.Count("baselined", int64(n))
	}
	if k.writeBaseline == "" {
		k.sayStale(c, stale)
	}
	return nil
}

func readBaseline(path string) (*baseline.List, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	defer f.Close() //nolint:errcheck // read only
	l, err := baseline.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

// sayStale tells of entries that could go. Only of files that this run has
// checked: the rest of the baseline is about something else. With --rule,
// most entries were not looked for.
func (k *checkCmd) sayStale(c *checked, stale []baseline.Entry) {
	if len(k.rules) > 0 {
		return
	}
	files := map[string]bool{}
	for _, f := range c.source.Files {
		files[f.Path] = true
	}
	stale = slices.DeleteFunc(stale, func(e baseline.Entry) bool { return !files[e.File] })
	const most = 5
	for _, e := range stale[:min(len(stale), most)] {
		fmt.Fprintf(k.Err, "gordian: %s: stale: no longer found: %s: %s\n", safe(k.baseline), safe(e.File), safe(e.Title))
	}
	if n := len(stale) - most; n > 0 {
		fmt.Fprintf(k.Err, "gordian: %s: and %d more stale entries; --write-baseline makes a new file\n", safe(k.baseline), n)
	}
}

// suppress takes away what comments in the source speak for, and notes the
// comments that cannot be obeyed.
func (c *checked) suppress() {
	comments := map[string][]suppress.Comment{}
	for _, file := range c.commented() {
		list := suppress.Find(c.text.Text(file))
		list = slices.DeleteFunc(list, func(s suppress.Comment) bool { return c.badComment(file, s) })
		if len(list) > 0 {
			comments[file] = list
		}
	}
	if len(comments) == 0 {
		return
	}
	n := len(c.findings)
	c.findings = slices.DeleteFunc(c.findings, func(f model.Finding) bool { return suppressed(&f, comments) })
	c.inputs.Count("suppressed", int64(n-len(c.findings)))
}

// commented lists the files to search for comments: all of a project; of a
// whole kernel those that findings go through, and those that the analysis
// saw some in.
func (c *checked) commented() []string {
	files := namedFiles(c.findings)
	for _, i := range c.source.Ignored {
		files[i.File] = true
	}
	var out []string
	for _, f := range c.source.Files {
		if files[f.Path] || len(c.source.Files) <= manyInputs {
			out = append(out, f.Path)
			delete(files, f.Path)
		}
	}
	for f := range files { // headers
		if f != "" {
			out = append(out, f)
		}
	}
	slices.Sort(out)
	return out
}

// badComment reports whether a comment lacks what it needs, and says so.
func (c *checked) badComment(file string, s suppress.Comment) bool {
	why := ""
	if err := knownRules(s.Rules); err != nil {
		why = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	switch {
	case len(s.Rules) == 0:
		why = "it names no rule"
	case why == "" && s.Reason == "":
		why = "it gives no reason"
	}
	if why == "" {
		return false
	}
	at := slices.IndexFunc(c.inputs.Inputs, func(in model.Input) bool { return in.Path == file })
	if at < 0 {
		at = len(c.inputs.Inputs)
		c.inputs.Inputs = append(c.inputs.Inputs, model.Input{Path: file, Kind: model.InputSource})
	}
	c.inputs.Incomplete = append(c.inputs.Incomplete, model.Incomplete{Input: at,
		Reason: fmt.Sprintf("line %d: `gordian: ignore` has no effect: %s (it is: /* gordian: ignore RULE reason */)", s.Line, why)})
	return true
}

// suppressed reports whether a comment speaks for any place of a finding.
func suppressed(f *model.Finding, comments map[string][]suppress.Comment) bool {
	covered := func(file string, line int) bool {
		return slices.ContainsFunc(comments[file], func(s suppress.Comment) bool { return s.Covers(f.Rule, line) })
	}
	return covered(f.File, f.Line) || slices.ContainsFunc(f.Locations, func(l model.Location) bool { return covered(l.File, l.Line) })
}
