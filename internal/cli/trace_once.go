package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"gordian/internal/bpf"
	"gordian/internal/check"
	"gordian/internal/kcore"
	"gordian/internal/kmem"
	"gordian/internal/model"
)

// traceOnce finds what tasks wait for at this moment: also in a deadlock that
// happened long before.
type traceOnce struct {
	Streams
	now    bool
	out    output
	failOn *choice
}

// settle is the time between the two looks at a kernel that goes on running.
const settle = 100 * time.Millisecond

func (t *traceOnce) run(ctx context.Context) error {
	if err := t.out.choose(nil); err != nil {
		return err
	}
	k, err := openRunning(ctx, t.Streams)
	if err != nil {
		return err
	}
	defer k.Close() //nolint:errcheck // opened for reading
	before, err := t.look(ctx, k)
	if err != nil {
		return err
	}
	select {
	case <-time.After(settle):
	case <-ctx.Done():
		return ctx.Err()
	}
	k.Mem.Forget()
	facts, err := t.look(ctx, k)
	if err != nil {
		return err
	}
	findings := check.Run(ctx, facts)
	certain(ctx, before, findings)
	doc := newDocument(facts, findings)
	if err := t.out.write(doc); err != nil {
		return err
	}
	if atLeast(doc.Findings, t.failOn.value) {
		return &exitStatus{code: exitFindings}
	}
	return nil
}

func (t *traceOnce) look(ctx context.Context, k *kcore.Kernel) (*model.Facts, error) {
	f := &model.Facts{Inputs: []model.Input{{Path: "running kernel " + k.Release, Kind: model.InputCore, Format: k.Image.Format}}}
	return f, k.AddFacts(ctx, f, 0, f.NewBoot())
}

// openRunning opens the memory of the running kernel: by a program, or, when
// that is refused, by /proc/kcore.
func openRunning(ctx context.Context, s Streams) (*kcore.Kernel, error) {
	k, err := openByProgram(ctx)
	if err == nil || ctx.Err() != nil {
		return k, err
	}
	k, err2 := openImage(ctx)
	if err2 != nil {
		return nil, fmt.Errorf("read the kernel's memory: by eBPF: %w; by %s: %w", err, liveImage, err2)
	}
	complain(s, fmt.Errorf("reading %s, since eBPF is no way to the kernel's memory: %w", liveImage, err))
	return k, nil
}

func openImage(ctx context.Context) (*kcore.Kernel, error) {
	if masked() {
		return nil, errMasked
	}
	return kcore.Open(ctx, []string{liveImage}, kmem.Options{})
}

func openByProgram(ctx context.Context) (*kcore.Kernel, error) {
	if what := bpf.Obstacles("/", runtime.GOARCH); len(what) > 0 {
		return nil, errors.New(strings.Join(what, "; "))
	}
	syms, err := kernelSymbols()
	if err != nil {
		return nil, err
	}
	ram, err := bpf.RAM()
	if err != nil {
		return nil, err
	}
	m, err := bpf.OpenMemory(syms)
	if err != nil {
		return nil, err
	}
	live := kmem.Live{Format: "eBPF, snapshot", Read: m.ReadPhysical, Info: m.Info(), Close: m.Close}
	for _, r := range ram {
		live.Ranges = append(live.Ranges, kmem.Range{Start: r[0], End: r[1]})
	}
	return kcore.New(ctx, kmem.OpenLive(live, kmem.Options{}), kmem.Options{})
}
