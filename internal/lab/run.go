package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"gordian/internal/lab/vm"
)

// Watcher is who follows a run.
type Watcher struct {
	// Log gets the console, with line ends of this host. An error ends the run.
	Log io.Writer
	// Judge looks at the log so far and reports whether there is a finding
	// that is worth stopping for. It is called when there is something new.
	Judge func() bool
	// Say gets what happens, for people. It may be nil.
	Say func(text string)
}

// Limits bounds a run.
type Limits struct {
	Timeout time.Duration // from init's start to the end of the steps
}

// Dump asks for the guest's memory at the end of the run.
type Dump struct {
	Path   string // "" for none
	Format string // one of vm.DumpFormats
}

// Run boots the job and follows it to its end. QEMU is gone when it returns,
// whatever happened. An error means that the lab itself failed; what the
// guest did, however bad, is in the Result.
func Run(ctx context.Context, j *Job, l Limits, d Dump, w Watcher) (*Result, error) {
	if w.Say == nil {
		w.Say = func(string) {}
	}
	if d.Path != "" {
		// Its driver gives QEMU the address of VMCOREINFO (drivers/firmware/qemu_fw_cfg.c).
		if err := j.driver("qemu_fw_cfg"); err != nil {
			return nil, err
		}
	}
	initrd, err := j.initrd()
	if err != nil {
		return nil, err
	}
	defer initrd.Close() //nolint:errcheck // it is memory
	accel, why := vm.Detect()
	how := "with KVM"
	if accel == vm.TCG {
		how = "emulated (" + why + ")"
	}
	w.Say(fmt.Sprintf("booting %s, %s, %d CPUs, %d MB", j.Kernel.Release, how, j.CPUs, j.MemoryMB))
	start := time.Now()
	m, err := vm.Start(vm.Config{
		Kernel: j.Kernel.Image, Initrd: initrd, Append: commandLine(accel, j.Append),
		CPUs: j.CPUs, MemoryMB: j.MemoryMB, Accel: accel,
	})
	if err != nil {
		return nil, err
	}
	defer m.Kill()
	r := newRun(m, j, l, w, start)
	err = r.follow(ctx)
	if err == nil && d.Path != "" {
		err = r.dump(d)
	}
	m.Kill()
	r.drain()
	r.res.Total = time.Since(start)
	return &r.res, errors.Join(err, r.logErr)
}

// run is a run that goes on.
type run struct {
	m     *vm.Machine
	job   *Job
	lim   Limits
	w     Watcher
	start time.Time
	res   Result

	in     chan input // closed when both ports are
	logErr error

	ready    time.Time // when init said so; zero before
	heard    time.Time // last sign of life
	printed  time.Time // when the console last said something
	fresh    bool      // the log has grown since it was judged
	judged   time.Time
	cost     time.Duration // of the last judgement
	text     lineReader
	crashed  time.Time // when the first oops or panic began
	panic    bool      // the kernel gave up
	panicked bool      // and has said all about it
	shown    bool      // the guest has done what it was asked
	hunger   starving
	stuck    string    // what init says is stuck
	stuckAt  time.Time // since when something has been
}

func newRun(m *vm.Machine, j *Job, l Limits, w Watcher, start time.Time) *run {
	r := &run{
		m: m, job: j, lim: l, w: w, start: start, heard: start,
		in:  listen(m.Console, m.Channel),
		res: Result{Step: -1, Texts: map[int]string{}, Errors: map[int]string{}},
	}
	return r
}

// follow waits for the first reason to stop, and for what belongs to it.
func (r *run) follow(ctx context.Context) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	slow := time.NewTicker(time.Second)
	defer slow.Stop()
	for r.res.Stop == "" {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.m.Gone():
			return r.ended()
		case x := <-r.in:
			r.take(x)
		case <-tick.C:
			r.look()
		case now := <-slow.C:
			r.hunger.note(now, r.m.Waited())
			r.res.Starved = r.hunger.worst
		}
		if r.logErr != nil {
			return nil // said by the caller
		}
	}
	return r.wrapUp(ctx)
}

// ended is QEMU's end without our doing.
func (r *run) ended() error {
	r.drain()
	if err := r.m.Err(); err != nil {
		return err
	}
	r.stop(Ended, "the guest has reset or switched off")
	if r.ready.IsZero() {
		r.stop(NoBoot, "the guest reset before it reached init")
	}
	return nil
}

func (r *run) stop(s Stop, why string) {
	r.res.Stop, r.res.Why = s, why
}

// drain takes what is still on its way. QEMU must be gone.
func (r *run) drain() {
	for x := range r.in {
		r.take(x)
	}
}

func (r *run) dump(d Dump) error {
	r.w.Say("writing the memory of the guest to " + d.Path)
	if r.m.WaitGone(0) {
		return errors.New("dump: the guest is gone")
	}
	return r.m.Dump(d.Path, d.Format)
}
