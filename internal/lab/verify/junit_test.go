package verify

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"time"
)

func TestWriteJUnit(t *testing.T) {
	var b bytes.Buffer
	err := WriteJUnit(&b, "x", []Suite{
		{Name: "a", Properties: [][2]string{{"console", "x.log"}}, Cases: []Case{
			{Name: "passes", Took: 1500 * time.Millisecond},
			{Name: "fails", Failures: []Failure{{"deadlock", "evil \x1b[31m<b>\xff", "why & how"}, {"hung-task", "2", ""}}},
			{Name: "not run", Error: "no kernel"}, {Name: "left out", Skipped: "no time"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="x" tests="4" failures="1" errors="1">
  <testsuite name="a" tests="4" failures="1" errors="1" skipped="1">
    <properties>
      <property name="console" value="x.log"></property>
    </properties>
    <testcase name="passes" classname="a" time="1.5"></testcase>
    <testcase name="fails" classname="a" time="0.0">
      <failure type="deadlock" message="evil ?[31m&lt;b&gt;?">why &amp; how</failure>
      <failure type="hung-task" message="2"></failure>
    </testcase>
    <testcase name="not run" classname="a" time="0.0">
      <error message="no kernel"></error>
    </testcase>
    <testcase name="left out" classname="a" time="0.0">
      <skipped message="no time"></skipped>
    </testcase>
  </testsuite>
</testsuites>
`
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
	d := xml.NewDecoder(strings.NewReader(b.String()))
	for {
		if _, err := d.Token(); err != nil {
			if err.Error() != "EOF" {
				t.Error(err)
			}
			break
		}
	}
}
