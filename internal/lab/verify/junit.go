package verify

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// Suite is a group of test cases in a JUnit report: a kernel, or the source.
type Suite struct {
	Name       string
	Properties [][2]string
	Cases      []Case
}

// Case is one test case. It passed if it has neither Failures nor an Error nor
// a reason to be Skipped.
type Case struct {
	Name     string
	Took     time.Duration
	Failures []Failure
	Error    string // it could not be run
	Skipped  string // it was not run, and why
}

// Failure is one finding.
type Failure struct{ Type, Message, Text string }

// The elements of JUnit XML as Jenkins and GitLab read them.
type (
	xmlSuites struct {
		XMLName  xml.Name   `xml:"testsuites"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Suites   []xmlSuite `xml:"testsuite"`
	}
	xmlSuite struct {
		Name       string        `xml:"name,attr"`
		Tests      int           `xml:"tests,attr"`
		Failures   int           `xml:"failures,attr"`
		Errors     int           `xml:"errors,attr"`
		Skipped    int           `xml:"skipped,attr"`
		Properties *xmlProps     `xml:"properties"`
		Cases      []xmlTestCase `xml:"testcase"`
	}
	xmlProps struct {
		List []xmlProp `xml:"property"`
	}
	xmlProp struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	xmlTestCase struct {
		Name     string       `xml:"name,attr"`
		Class    string       `xml:"classname,attr"`
		Time     string       `xml:"time,attr"`
		Failures []xmlProblem `xml:"failure"`
		Error    *xmlProblem  `xml:"error"`
		Skipped  *xmlProblem  `xml:"skipped"`
	}
	xmlProblem struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes a report for CI systems. name is what was proven.
func WriteJUnit(w io.Writer, name string, suites []Suite) error {
	top := xmlSuites{Name: clean(name)}
	for _, s := range suites {
		x := suiteXML(s)
		top.Tests += x.Tests
		top.Failures += x.Failures
		top.Errors += x.Errors
		top.Suites = append(top.Suites, x)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(top); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func suiteXML(s Suite) xmlSuite {
	x := xmlSuite{Name: clean(s.Name), Tests: len(s.Cases)}
	if len(s.Properties) > 0 {
		x.Properties = &xmlProps{}
		for _, p := range s.Properties {
			x.Properties.List = append(x.Properties.List, xmlProp{clean(p[0]), clean(p[1])})
		}
	}
	for _, c := range s.Cases {
		t := xmlTestCase{Name: clean(c.Name), Class: clean(s.Name), Time: fmt.Sprintf("%.1f", c.Took.Seconds())}
		for _, f := range c.Failures {
			t.Failures = append(t.Failures, xmlProblem{clean(f.Type), clean(f.Message), clean(f.Text)})
		}
		switch {
		case len(c.Failures) > 0:
			x.Failures++
		case c.Error != "":
			x.Errors++
			t.Error = &xmlProblem{Message: clean(c.Error)}
		case c.Skipped != "":
			x.Skipped++
			t.Skipped = &xmlProblem{Message: clean(c.Skipped)}
		}
		x.Cases = append(x.Cases, t)
	}
	return x
}

// clean takes out what a guest may print and XML cannot hold: control
// characters, and bytes that are no UTF-8.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || r < ' ' && r != '\n' && r != '\t' {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}
