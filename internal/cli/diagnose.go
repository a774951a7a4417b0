package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"gordian/internal/check"
	"gordian/internal/evidence"
	"gordian/internal/model"
)

const diagnoseLong = `Read evidence, find what is deadlocked or could deadlock, and explain it.

Evidence is a kernel log (a file, a journal export, a capture of /dev/kmsg) or a
crash dump of x86-64 (vmcore of kdump or makedumpfile, QEMU's dump-guest-memory),
also compressed (.gz, .xz, .zst, .bz2); "-" is standard input. A dump needs no
vmlinux and no debug package. What a file is, and which prefixes its lines have, is
detected. Several arguments are joined in one report; so are the files of a split dump.

` + exitHelp

const diagnoseExample = `  gordian diagnose /var/log/kern.log /var/log/kern.log.1.gz
  dmesg | gordian diagnose -
  gordian diagnose /var/crash/202611211758/vmcore
  gordian diagnose --format json console.log > report.json
  gordian diagnose -o report.html console.log
  gordian diagnose -q --fail-on warning dmesg.txt || echo "look at this host"`

type diagnose struct {
	Streams
	out           output
	failOn        *choice
	minConfidence *choice
	maxFindings   limit
	mem           byteSize
	vmlinux       string
}

func newDiagnose(s Streams) *cobra.Command {
	d := &diagnose{
		Streams:       s,
		failOn:        newChoice("error", "error", "warning", "note", "never"),
		minConfidence: newChoice("low", "high", "medium", "low"),
		mem:           defaultMem,
	}
	c := &cobra.Command{
		Use:     "diagnose [flags] EVIDENCE...",
		Short:   "Find what is stuck, or could get stuck, and explain it",
		Long:    diagnoseLong,
		Example: diagnoseExample,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError(c, errors.New(noEvidence(s.InTTY)))
			}
			return d.run(c.Context(), args)
		},
	}
	d.out.addFlags(c, s)
	addChoice(c, d.failOn, "fail-on", "least severity of a finding that makes the exit status 1")
	addChoice(c, d.minConfidence, "min-confidence", "leave out findings that are less sure than this")
	addMem(c, &d.mem)
	addVmlinux(c, &d.vmlinux)
	c.Flags().Var(&d.maxFindings, "max-findings", "show at most `N` findings, the worst first (0: all)")
	return c
}

func noEvidence(terminal bool) string {
	if terminal {
		return "no evidence given: name a kernel log, or - for standard input"
	}
	return "no evidence given: to read standard input, say: gordian diagnose -"
}

func (d *diagnose) run(ctx context.Context, args []string) error {
	if err := d.out.choose(args); err != nil {
		return err
	}
	roomyForDump(int64(d.mem))
	facts, readErr := d.readAll(ctx, args)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if facts == nil || len(facts.Inputs) == 0 {
		if readErr == nil {
			readErr = errors.New("no evidence was read")
		}
		return readErr
	}
	findings := check.Run(ctx, facts)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	doc := newDocument(facts, findings)
	keepConfident(doc, model.Confidence(d.minConfidence.value))
	failed := atLeast(doc.Findings, d.failOn.value)
	keepFirst(doc, int(d.maxFindings))
	if err := d.out.write(doc); err != nil {
		return err
	}
	if d.out.quiet { // the lines are findings: what was not read is said beside them
		for _, in := range facts.Incomplete {
			if in.Input >= 0 && in.Input < len(facts.Inputs) {
				complain(d.Streams, fmt.Errorf("incomplete: %s: %s", facts.Inputs[in.Input].Path, in.Reason))
			}
		}
	}
	switch {
	case readErr != nil:
		return readErr // said after the report, so that it is seen
	case failed:
		return &exitStatus{code: exitFindings}
	}
	return nil
}

// readAll reads the evidence with a progress bar. A read that blocks (a
// terminal, a pipe) cannot be stopped, so an interrupt leaves it behind.
func (d *diagnose) readAll(ctx context.Context, args []string) (*model.Facts, error) {
	bar := newProgress(d.Streams)
	defer bar.done()
	type result struct {
		facts *model.Facts
		err   error
	}
	done := make(chan result, 1)
	go func() {
		f, err := d.read(ctx, args, evidence.Options{Stdin: d.In, Progress: bar.update, MaxMemory: int64(d.mem), Vmlinux: d.vmlinux})
		done <- result{f, err}
	}()
	select {
	case r := <-done:
		return r.facts, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
