package check

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"gordian/internal/klog"
	"gordian/internal/model"
)

func TestDev(t *testing.T) {
	for _, p := range strings.Fields(os.Getenv("DEVLOGS")) {
		b, _ := os.ReadFile(p)
		f := &model.Facts{}
		if err := klog.Read(context.Background(), bytes.NewReader(b), 0, f); err != nil {
			t.Error(p, err)
		}
		fs := Run(context.Background(), f)
		fmt.Println("=====", p, len(f.Reports), "reports", len(fs), "findings; edges", len(f.Edges), "tasks", len(f.Tasks))
		if os.Getenv("DEVFAM") != "" {
			for i, r := range f.Reports {
				fmt.Println("   #", i, r.Base().Family, r.Base().Line, r.Base().Header)
			}
		}
		for _, x := range fs {
			fmt.Printf("  [%s/%s/%s/%s/%s] %s\n", x.Rule, x.Status, x.Verdict, x.Severity, x.Confidence, x.Title)
			if os.Getenv("DEVLONG") != "" {
				fmt.Println("     ", x.Explanation)
				for _, s := range x.Path {
					fmt.Println("        path:", s.Kind, s.From, "->", s.To, s.Mode, s.At)
				}
				for _, m := range x.Interleaving {
					fmt.Println("        step:", m.Actor, "|", m.Does, "|", m.Note)
				}
				for _, m := range x.Missing {
					fmt.Println("        missing:", m)
				}
				for _, m := range x.Related {
					fmt.Println("        related:", m.Rule, m.How)
				}
				fmt.Println("        fix:", x.Fix[0].Title, "|", x.Fix[0].Detail)
				fmt.Println("        reports:", x.Reports, "locks:", x.Locks)
			}
			if os.Getenv("DEVJSON") != "" {
				j, _ := json.MarshalIndent(x, "", " ")
				fmt.Println(string(j))
			}
		}
	}
}
