package report

import (
	"io"
	"net/url"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/model"
)

// SARIF writes SARIF 2.1.0, for code-scanning services and editors. The rules
// carry their documentation, so that a viewer can explain a result.
func SARIF(rules []RuleDoc) Renderer {
	return Renderer{
		Name: "sarif",
		Help: "SARIF 2.1.0, for code-scanning services and editors",
		Render: func(w io.Writer, d *model.Document, _ Options) error {
			return encode(w, newSarifLog(rules, d))
		},
	}
}

func newSarifLog(rules []RuleDoc, d *model.Document) sarifLog {
	b := &sarifBuilder{d: d, index: map[string]int{}}
	run := sarifRun{Results: []sarifResult{}, Artifacts: []sarifArtifact{}}
	run.Tool.Driver = sarifDriver{
		Name: "gordian", FullName: safeLine(d.Tool),
		ShortDescription: &sarifMessage{Text: "Deadlock diagnosis for the Linux kernel"},
		Rules:            []sarifRule{},
	}
	for _, r := range rules {
		b.index[r.ID] = len(run.Tool.Driver.Rules)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, newSarifRule(r))
	}
	for _, in := range d.Inputs {
		run.Artifacts = b.addArtifact(run.Artifacts, in)
	}
	for i := range d.Findings {
		run.Results = append(run.Results, b.result(&d.Findings[i]))
	}
	inv := sarifInvocation{ExecutionSuccessful: true}
	for _, x := range d.Incomplete {
		inv.Notifications = append(inv.Notifications, sarifNotification{
			Level: "warning", Message: sarifMessage{Text: "incomplete: " + SafeText(x.Reason)},
			Locations: b.locate(x.Input, ""),
		})
	}
	run.Invocations = []sarifInvocation{inv}
	return sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	}
}

func newSarifRule(r RuleDoc) sarifRule {
	page := RulePage(r)
	return sarifRule{
		ID: r.ID, Name: camel(r.ID),
		ShortDescription: sarifMessage{Text: r.Summary + "."},
		FullDescription:  &sarifMessage{Text: unmark(r.What)},
		Help:             &sarifMessage{Text: page, Markdown: page},
		Configuration:    &sarifConfiguration{Level: sarifLevel(r.Severity)},
	}
}

type sarifBuilder struct {
	d        *model.Document
	index    map[string]int // rule id → place in the list of rules
	artifact []int          // input → place in the list of artifacts
}

// addArtifact adds an input, unless it was given before: the schema wants
// lists without repetition.
func (b *sarifBuilder) addArtifact(list []sarifArtifact, in model.Input) []sarifArtifact {
	a := sarifArtifact{Location: sarifArtifactLocation{URI: sarifURI(in.Path)}}
	if in.SHA256 != "" {
		a.Hashes = map[string]string{"sha-256": safeLine(in.SHA256)}
	}
	if in.Bytes > 0 {
		a.Length = &in.Bytes
	}
	at := slices.IndexFunc(list, func(x sarifArtifact) bool { return reflect.DeepEqual(x, a) })
	if at < 0 {
		at, list = len(list), append(list, a)
	}
	b.artifact = append(b.artifact, at)
	return list
}

func (b *sarifBuilder) result(f *model.Finding) sarifResult {
	text := SafeText(titleOf(f))
	if f.Explanation != "" {
		text += ".\n\n" + SafeText(f.Explanation)
	}
	r := sarifResult{
		RuleID: safeLine(f.Rule), Level: sarifLevel(f.Severity), Kind: "fail",
		Message: sarifMessage{Text: text}, Rank: sarifRank(f.Confidence),
		Locations: b.locations(f),
		Properties: map[string]any{
			"status": f.Status, "verdict": f.Verdict, "confidence": f.Confidence,
		},
	}
	if i, ok := b.index[f.Rule]; ok {
		r.RuleIndex = &i
	}
	if f.Fingerprint != "" {
		r.Fingerprints = map[string]string{"gordian/v1": safeLine(f.Fingerprint)}
	}
	if threads := sourceThreads(f.Locations); len(threads) > 0 {
		r.CodeFlows = []sarifCodeFlow{{ThreadFlows: threads}}
	} else if flow := b.flow(f); len(flow) > 0 {
		r.CodeFlows = []sarifCodeFlow{{ThreadFlows: []sarifThreadFlow{{Locations: flow}}}}
	}
	r.Fixes = sarifFixes(f.Fix)
	r.Related = b.related(f)
	return r
}

// related lists the places in the evidence, each once.
func (b *sarifBuilder) related(f *model.Finding) []sarifLocation {
	var out []sarifLocation
	for _, p := range f.Evidence {
		for _, l := range b.locate(p.Input, p.Locator) {
			if p.Excerpt != "" {
				l.Message = &sarifMessage{Text: SafeText(p.Excerpt)}
			}
			if !slices.ContainsFunc(out, func(x sarifLocation) bool { return reflect.DeepEqual(x, l) }) {
				out = append(out, l)
			}
		}
	}
	for i := range f.Locations {
		l := sourceLocation(&f.Locations[i])
		if !slices.ContainsFunc(out, func(x sarifLocation) bool { return reflect.DeepEqual(x, l) }) {
			out = append(out, l)
		}
	}
	return out
}

// locations says where the result is: the source line when it is known, and
// the place in the evidence where it was first reported.
func (b *sarifBuilder) locations(f *model.Finding) []sarifLocation {
	var out []sarifLocation
	if f.File != "" {
		out = append(out, sarifPlace(f.File, f.Line))
	}
	if len(out) == 0 && len(f.Reports) > 0 && f.Reports[0] >= 0 && f.Reports[0] < len(b.d.Reports) {
		r := b.d.Reports[f.Reports[0]].Base()
		out = b.locate(r.Input, "line "+strconv.Itoa(r.Line))
	}
	if len(out) == 0 && len(f.Evidence) > 0 {
		out = b.locate(f.Evidence[0].Input, f.Evidence[0].Locator)
	}
	if len(out) == 0 && len(b.d.Inputs) > 0 {
		out = b.locate(0, "")
	}
	if f.Function != "" && len(out) > 0 {
		out[0].Logical = []sarifLogical{{Name: safeLine(f.Function), Kind: "function"}}
	}
	return out
}

// flow is the proof as a code flow, one step for each edge.
func (b *sarifBuilder) flow(f *model.Finding) []sarifFlowStep {
	var out []sarifFlowStep
	for i := range f.Path {
		s := &f.Path[i]
		l := sarifLocation{}
		if len(s.Why) > 0 {
			if at := b.locate(s.Why[0].Input, s.Why[0].Locator); len(at) > 0 {
				l = at[0]
			}
		}
		l.Message = &sarifMessage{Text: stepWords(s)}
		out = append(out, sarifFlowStep{Location: l})
	}
	return out
}

var (
	logLine    = regexp.MustCompile(`^lines? (\d+)`)
	sourceLine = regexp.MustCompile(`^([^\s:]+\.[chS]):(\d+)$`)
)

// locate turns a place in the evidence into a location, or into none.
func (b *sarifBuilder) locate(input int, locator string) []sarifLocation {
	if m := sourceLine.FindStringSubmatch(locator); m != nil {
		n, _ := strconv.Atoi(m[2])
		return []sarifLocation{sarifPlace(m[1], n)}
	}
	if input < 0 || input >= len(b.d.Inputs) {
		return nil
	}
	n := 0
	if m := logLine.FindStringSubmatch(locator); m != nil {
		n, _ = strconv.Atoi(m[1])
	}
	l := sarifPlace(b.d.Inputs[input].Path, n)
	l.Physical.Artifact.Index = &b.artifact[input]
	return []sarifLocation{l}
}

func sarifPlace(path string, line int) sarifLocation {
	p := &sarifPhysical{Artifact: sarifArtifactLocation{URI: sarifURI(path)}}
	if line > 0 {
		p.Region = &sarifRegion{StartLine: line}
	}
	return sarifLocation{Physical: p}
}

// sarifURI makes a relative reference of a relative path, a file: URI of an
// absolute one.
func sarifURI(path string) string {
	u := url.URL{Path: filepath.ToSlash(path)}
	if strings.HasPrefix(u.Path, "/") {
		u.Scheme = "file"
	}
	return u.String()
}

func sarifLevel(s model.Severity) string {
	switch s {
	case model.SevError, model.SevWarning, model.SevNote:
		return string(s)
	}
	return "none"
}

// sarifRank is the confidence on SARIF's scale of 0 to 100.
func sarifRank(c model.Confidence) float64 {
	switch c {
	case model.High:
		return 95
	case model.Medium:
		return 60
	case model.Low:
		return 25
	}
	return -1
}

// camel makes "LockOrderInversion" of "lock-order-inversion".
func camel(id string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(id, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
