package lab

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gordian/internal/klog"
	"gordian/internal/lab/proto"
)

// take handles one thing from the guest.
func (r *run) take(x input) {
	switch {
	case x.event != nil:
		r.event(*x.event)
	case len(x.console) > 0:
		r.print(x.console)
	}
}

// print saves what came from the console.
func (r *run) print(b []byte) {
	if r.logErr != nil {
		return
	}
	r.heard, r.fresh = time.Now(), true
	r.printed = r.heard
	if _, err := r.w.Log.Write(b); err != nil {
		r.logErr = fmt.Errorf("save the console: %w", err)
	}
	r.text.feed(b, func(line []byte) {
		r.crash(string(line))
	})
}

// crash notes the kernel's own end, but not one that poke has brought about.
func (r *run) crash(line string) {
	r.panicked = r.panicked || strings.Contains(line, "end Kernel panic")
	what, ok := klog.Crash(line)
	if !ok || r.res.Stop == Silent {
		return
	}
	r.panic = r.panic || strings.HasPrefix(what, "Kernel panic")
	if r.res.Crash == "" {
		r.res.Crash, r.crashed = what, time.Now()
	}
}

// event notes what init reports.
func (r *run) event(e proto.Event) {
	r.heard = time.Now()
	switch e.Kind {
	case proto.Ready:
		r.ready, r.res.Release, r.res.Boot = r.heard, e.Text, time.Since(r.start)
		r.w.Say("init runs, kernel " + e.Text)
	case proto.Begin:
		r.res.Step = e.Step
		r.w.Say(r.stepName(e.Step))
	case proto.End:
		if e.Error != "" {
			r.res.Errors[e.Step] = e.Error
		}
		if e.Text != "" {
			r.res.Texts[e.Step] = e.Text
		}
	case proto.Output:
		r.res.Output = append(r.res.Output, Output{e.Step, e.Text})
		r.w.Say("| " + e.Text)
	case proto.Beat:
		if e.Text != r.stuck && e.Text != "" {
			r.w.Say(e.Text)
		}
		if e.Text == "" {
			r.stuckAt = time.Time{}
		} else if r.stuckAt.IsZero() {
			r.stuckAt = r.heard
		}
		r.stuck = e.Text
	case proto.Note:
		r.res.Notes = append(r.res.Notes, e.Text)
		r.w.Say(e.Text)
	case proto.Answer:
		r.shown = true
	case proto.Done:
		r.done(e)
	}
}

func (r *run) done(e proto.Event) {
	switch {
	case r.res.Stop != "":
	case e.Error != "":
		r.stop(Failed, e.Error)
	default:
		r.stop(Finished, "")
	}
}

func (r *run) stepName(i int) string {
	if i < 0 || i >= len(r.job.Steps) {
		return "starting"
	}
	return r.job.Steps[i].Name
}

// look checks what no event tells.
func (r *run) look() {
	now := time.Now()
	quiet := now.Sub(r.heard)
	switch {
	case r.panic, !r.crashed.IsZero() && now.Sub(r.crashed) > crashGrace:
		r.stop(Crashed, "at: "+r.stepName(r.res.Step))
	case r.ready.IsZero() && quiet > bootSilence:
		r.stop(NoBoot, fmt.Sprintf("the guest said nothing for %d s and never reached init", int(quiet.Seconds())))
	case r.ready.IsZero() && now.Sub(r.start) > bootTime:
		r.stop(NoBoot, fmt.Sprintf("the guest did not reach init within %s", bootTime))
	case !r.ready.IsZero() && quiet > silence:
		r.stop(Silent, fmt.Sprintf("no sign of life for %d s at: %s", int(quiet.Seconds()), r.stepName(r.res.Step)))
	case r.judge():
		r.stop(Found, "")
	case !r.ready.IsZero() && r.lim.Timeout > 0 && now.Sub(r.ready) > r.lim.Timeout:
		r.stop(TimeOut, fmt.Sprintf("not finished after %s at: %s", r.lim.Timeout, r.stepName(r.res.Step)))
	}
}

// judge asks the judge when there is something new, and never so often that a
// guest that floods its console keeps the host busy.
func (r *run) judge() bool {
	if !r.fresh || time.Since(r.judged) < max(300*time.Millisecond, 8*r.cost) {
		return false
	}
	begin := time.Now()
	r.fresh = false
	found := r.w.Judge()
	r.judged = time.Now()
	r.cost = r.judged.Sub(begin)
	return found
}

// wrapUp gives the guest time to say all, and asks it for what is stuck.
func (r *run) wrapUp(ctx context.Context) error {
	switch r.res.Stop {
	case Finished:
		if err := r.wait(ctx, settle/10, never); err != nil || !r.fresh || !r.w.Judge() {
			return err
		}
		r.stop(Found, "")
		return r.ask(ctx, settle)
	case Found:
		r.w.Say("something was found: letting the guest finish its report")
		return r.ask(ctx, settle)
	case TimeOut:
		// A list of tasks that happen to be blocked at this moment would be taken
		// for a list of those that hang.
		if r.stuckAt.IsZero() || time.Since(r.stuckAt) < stuckTime {
			return r.wait(ctx, settle/5, never)
		}
		return r.ask(ctx, settle)
	case Silent, NoBoot:
		r.w.Say(r.res.Why)
		return r.poke(ctx)
	case Crashed:
		return r.wait(ctx, settle, func() bool { return r.panicked })
	case Failed: // its reason is in the log, a moment later
		return r.wait(ctx, settle/5, never)
	}
	return nil
}

// ask has init print the stacks of the blocked tasks and, where lockdep is
// there, the locks that all tasks hold.
func (r *run) ask(ctx context.Context, d time.Duration) error {
	if err := errors.Join(r.wait(ctx, d, never), r.hush(ctx)); err != nil {
		return err
	}
	if _, err := r.m.Channel.WriteString(proto.Show + "\n"); err != nil {
		return nil //nolint:nilerr // QEMU is gone: the log is as long as it will be
	}
	if err := r.wait(ctx, answerTime, func() bool { return r.shown }); err != nil {
		return err
	}
	// It has been said, and may not be printed yet: the console has one printer
	// at a time, which may be another task (kernel/printk/printk.c, console_trylock_spinning(), 6.1).
	return errors.Join(r.wait(ctx, settle/5, never), r.hush(ctx))
}

// poke tries to wake a guest that shows no sign of life: by magic SysRq over
// the console, which needs one CPU that takes interrupts, and then by an NMI,
// which makes the kernel panic and print the stacks of all CPUs.
func (r *run) poke(ctx context.Context) error {
	for _, key := range []string{"w", "l"} {
		if err := r.hush(ctx); err != nil {
			return err
		}
		if r.m.Break(key) != nil {
			return nil // QEMU is gone
		}
		if err := r.wait(ctx, settle, never); err != nil {
			return err
		}
	}
	if err := r.hush(ctx); err != nil {
		return err
	}
	if r.m.NMI() != nil {
		return nil
	}
	return r.wait(ctx, panicTime, func() bool { return r.panicked })
}

// hush waits until the console is quiet: what is asked for while a report is
// being printed gets between its lines, and not every kernel says which line is
// whose (CONFIG_PRINTK_CALLER).
func (r *run) hush(ctx context.Context) error {
	for begin := time.Now(); time.Since(begin) < hushMost && (r.text.inLine() || time.Since(r.printed) < hushTime); {
		if err := r.wait(ctx, hushTime/6, never); err != nil || r.logErr != nil || r.m.WaitGone(0) {
			return err
		}
	}
	return nil
}

func never() bool { return false }

// wait goes on listening for d, or until enough says so.
func (r *run) wait(ctx context.Context, d time.Duration, enough func() bool) error {
	t := time.NewTimer(d)
	defer t.Stop()
	for r.logErr == nil && !enough() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
			return nil
		case <-r.m.Gone():
			return nil
		case x := <-r.in:
			r.take(x)
		}
	}
	return nil
}
