package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"gordian/internal/bpf"
	"gordian/internal/check"
	"gordian/internal/evidence"
	"gordian/internal/host"
	"gordian/internal/host/files"
	"gordian/internal/model"
)

const hostLong = `Look at this host: which tasks are blocked, where and since when, what keeps a CPU
busy in the kernel, which interrupts storm, what the kernel's own watchdogs and its
log say, and which programs wait for each other's file locks.

It reads /proc, /sys and /dev/kmsg, in seconds, and changes nothing. It works without
root and then says what it could not see. It never waits for a stuck task: each read is
done by a helper process that is left behind when the kernel does not answer.

Beside each table stands the command that shows the same by hand.

` + exitHelp

const hostExample = `  sudo gordian host                      what is stuck, now
  sudo gordian host --sample 10s         a longer look: surer about busy CPUs
  sudo gordian host -f html -o host.html a page to attach to a ticket
  sudo gordian host --watch              the same, refreshed in place
  gordian host --doctor                  which detectors are off, and how to switch them on
  gordian host -q                        one line per finding, for scripts`

// readTimeout is how long one read of /proc may take. A healthy kernel answers
// in microseconds, an overloaded one in milliseconds.
const readTimeout = 5 * time.Second

type hostCommand struct {
	Streams
	out      output
	failOn   *choice
	sample   time.Duration
	root     string
	doctor   bool
	watched  bool
	interval time.Duration
	noLog    bool
	noMemory bool
}

func newHost(s Streams) *cobra.Command {
	h := &hostCommand{Streams: s, failOn: newChoice("error", "error", "warning", "note", "never")}
	c := &cobra.Command{
		Use:     "host [flags]",
		Short:   "Say what is stuck on this host, now",
		Long:    hostLong,
		Example: hostExample,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return h.run(c.Context()) },
	}
	h.out.addFlags(c, s)
	addChoice(c, h.failOn, "fail-on", "least severity of a finding that makes the exit status 1")
	c.Flags().DurationVar(&h.sample, "sample", time.Second, "`TIME` between the two looks that are compared")
	c.Flags().StringVar(&h.root, "root", "", "read the copy of /proc and /sys below `DIR`, in place of this host's")
	c.Flags().BoolVarP(&h.watched, "watch", "w", false, "look again and again, in a view of the terminal")
	c.Flags().DurationVar(&h.interval, "interval", 2*time.Second, "`TIME` between two looks of --watch")
	c.Flags().BoolVar(&h.doctor, "doctor", false, "say what this kernel can detect, what is switched off, and how to switch it on")
	c.Flags().BoolVar(&h.noLog, "no-log", false, "leave the kernel log out")
	c.Flags().BoolVar(&h.noMemory, "no-memory", false, "leave the kernel's memory (/proc/kcore) out, which shows who holds which lock")
	return c
}

func (h *hostCommand) run(ctx context.Context) error {
	if h.sample < 0 || h.sample > time.Hour {
		return fmt.Errorf("--sample %v: must be between 0 and 1h", h.sample)
	}
	if err := h.out.choose(nil); err != nil {
		return err
	}
	f, done, err := h.files()
	if err != nil {
		return err
	}
	defer done()
	if h.watched {
		return h.watch(ctx, f)
	}
	look := h.look
	if h.doctor {
		look = h.examine
	}
	doc, err := look(ctx, f)
	if err != nil {
		return err
	}
	failed := atLeast(doc.Findings, h.failOn.value)
	if err := h.out.write(doc); err != nil {
		return err
	}
	if failed {
		return &exitStatus{code: exitFindings}
	}
	return nil
}

// files opens the host, or the copy of one.
func (h *hostCommand) files() (files.Files, func(), error) {
	if h.root != "" {
		return files.Dir(h.root), func() {}, nil
	}
	self, err := os.Executable()
	if err != nil {
		return nil, nil, fmt.Errorf("find gordian's own program for the helper: %w", err)
	}
	f := files.NewHelper(readTimeout, self, hostReaderName)
	return f, f.Close, nil
}

// look joins the look at /proc, the kernel's memory and log, and what the
// rules say of all. The memory is read before and after the sample.
func (h *hostCommand) look(ctx context.Context, f files.Files) (*model.Document, error) {
	var before *model.Facts
	if h.root == "" {
		before, _ = h.memory(ctx)
	}
	look, err := host.Collect(ctx, f, host.Options{Sample: h.sample})
	if err != nil {
		return nil, err
	}
	facts := h.here(ctx)
	host.Facts(look, facts)
	findings := check.Run(ctx, facts)
	certain(ctx, before, findings)
	findings = append(findings, check.Host(ctx, look)...)
	model.SortFindings(findings)
	return newDocument(facts, findings), ctx.Err()
}

// here reads the memory of this kernel, which has its log in it, or else the
// log. It comes last, so that it has what was reported meanwhile.
func (h *hostCommand) here(ctx context.Context) *model.Facts {
	if h.root != "" {
		return &model.Facts{}
	}
	facts, why := h.memory(ctx)
	if facts == nil {
		facts = &model.Facts{}
		if !h.noLog {
			facts = h.log(ctx)
		}
	}
	if why != "" {
		facts.Inputs = append(facts.Inputs, model.Input{Path: liveImage, Kind: model.InputHost})
		facts.Incomplete = append(facts.Incomplete, model.Incomplete{Input: len(facts.Inputs) - 1, Reason: why})
	}
	return facts
}

// examine looks at the host's means, not at its state.
func (h *hostCommand) examine(ctx context.Context, f files.Files) (*model.Document, error) {
	ds, err := host.Doctor(ctx, f, h.tracing())
	if err != nil {
		return nil, err
	}
	facts := &model.Facts{Inputs: []model.Input{{Path: "/proc", Kind: model.InputHost}}, Sections: host.DoctorSections(ds)}
	for _, d := range ds {
		facts.Count("detectors", 1)
		if d.State == host.On {
			facts.Count("detectors_on", 1)
		}
	}
	return newDocument(facts, nil), nil
}

// tracing asks package bpf what stands in its way here.
func (h *hostCommand) tracing() host.Tracing {
	var t host.Tracing
	if t.Obstacles = bpf.Obstacles(cmp.Or(h.root, "/"), runtime.GOARCH); len(t.Obstacles) > 0 || h.root != "" {
		return t
	}
	n, left, err := bpf.Followed()
	if err != nil {
		t.Obstacles = []string{err.Error()}
		return t
	}
	t.Functions = n
	for _, m := range left {
		t.Left = append(t.Left, m.Func+" ("+m.Why+")")
	}
	return t
}

// log reads the kernel's ring buffer. Without the right to it, the rest of the
// look is still worth having.
func (h *hostCommand) log(ctx context.Context) *model.Facts {
	const kmsg = "/dev/kmsg"
	facts, err := h.read(ctx, []string{kmsg}, evidence.Options{})
	if facts == nil {
		facts = &model.Facts{}
	}
	if err != nil && ctx.Err() == nil {
		facts.Inputs = append(facts.Inputs, model.Input{Path: kmsg, Kind: model.InputLog})
		reason := "the kernel log was not read: " + err.Error()
		if errors.Is(err, fs.ErrPermission) || os.Geteuid() != 0 {
			reason += " (run gordian as root, or kernel.dmesg_restrict=0)"
		}
		facts.Incomplete = append(facts.Incomplete, model.Incomplete{Input: len(facts.Inputs) - 1, Reason: reason})
	}
	return facts
}

// hostReaderName is the hidden command that the helper process runs.
const hostReaderName = "host-reader"

func newHostReader(s Streams) *cobra.Command {
	return &cobra.Command{
		Use: hostReaderName, Hidden: true, Args: cobra.NoArgs,
		Short: "Read files for gordian host (internal)",
		RunE:  func(*cobra.Command, []string) error { return files.Serve(s.In, s.Out) },
	}
}
