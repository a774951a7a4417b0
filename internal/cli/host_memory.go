package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"gordian/internal/check"
	"gordian/internal/evidence"
	"gordian/internal/model"
)

// memory reads the running kernel's memory: locks, owners and waiters as in a
// dump, and the kernel's log with them. nil, with the reason, if it may not be
// read; that is normal without root.
func (h *hostCommand) memory(ctx context.Context) (*model.Facts, string) {
	if h.noMemory {
		return nil, ""
	}
	if f, err := os.Open(liveImage); err != nil {
		return nil, h.whyNot(err)
	} else if f.Close() != nil {
		return nil, ""
	}
	if masked() {
		return nil, "the kernel's memory was not read: " + errMasked.Error()
	}
	facts, err := h.read(ctx, []string{liveImage}, evidence.Options{MaxMemory: int64(defaultMem)})
	if err != nil || facts == nil || len(facts.Inputs) == 0 {
		return nil, fmt.Sprintf("%s: %v", liveImage, err)
	}
	return facts, ""
}

var errMasked = errors.New("another file is mounted over it, as container runtimes do: run gordian on the host")

// masked reports whether /proc/kcore is no file of procfs: /dev/null is put
// there to keep it from containers.
func masked() bool {
	st, err := os.Stat(liveImage)
	return err == nil && !st.Mode().IsRegular()
}

func (h *hostCommand) whyNot(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "the kernel's memory was not read: there is no " + liveImage + " (CONFIG_PROC_KCORE, or a container)"
	case errors.Is(err, fs.ErrPermission) && os.Geteuid() == 0:
		return "the kernel's memory was not read: " + liveImage + " is refused even to root (lockdown, or a container)"
	}
	return "the kernel's memory was not read: only root may (" + err.Error() + ")"
}

// certain lowers what a second look does not bear out. The kernel runs while
// its memory is read, so that a single look can show a circle that never was:
// half from before, half from after a lock changed hands.
func certain(ctx context.Context, before *model.Facts, now []model.Finding) {
	if before == nil {
		return
	}
	seen := map[string]bool{}
	for _, f := range check.Run(ctx, before) {
		seen[sameHang(f)] = true
	}
	for i := range now {
		f := &now[i]
		if f.Verdict == model.Deadlocked && len(f.Reports) == 0 && !seen[sameHang(*f)] {
			f.Confidence, f.Verdict = model.Low, model.Undecided
			f.Missing = append(f.Missing, "A second look: this circle was in the kernel's memory once, and not at the look before. Run gordian host again; a deadlock stays.")
		}
	}
}

// sameHang is equal for one hang in two looks: rule, classes and tasks.
func sameHang(f model.Finding) string {
	var tasks []string
	for _, t := range f.Tasks {
		tasks = append(tasks, fmt.Sprintf("%s/%d", t.Comm, t.PID))
	}
	slices.Sort(tasks)
	return f.Fingerprint + " " + strings.Join(tasks, " ")
}
