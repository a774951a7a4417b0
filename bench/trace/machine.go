package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"gordian/internal/lab/initramfs"
	"gordian/internal/lab/kbuild"
	"gordian/internal/lab/kernels"
)

const (
	qemu = "qemu-system-x86_64"
	// bootTime bounds one guest: an emulated CPU runs some 10⁸ instructions in a second.
	bootTime = 25 * time.Minute
	// cpu has no fast string instructions: each byte that they move would count
	// as an instruction, and 4096 of them for a cleared page hide all else.
	cpu = "max,-erms,-fsrm"
	// pairsModule is where the guest finds the module.
	pairsModule = "/lockpairs.ko"
)

// machine is one boot.
type machine struct {
	kernel  string
	gordian string   // binary; empty if no tracer needs it
	tracers []string // run one after the other, after a run with nothing
	icount  bool     // count instructions
	idle    bool     // measure no work, only how long it takes to begin and to end
}

// boot runs this program as init of a guest and returns what it measured.
func boot(ctx context.Context, m machine) ([]line, error) {
	store, err := kernels.UserStore()
	if err != nil {
		return nil, err
	}
	k, err := store.Find(m.kernel)
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "gordian-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp) //nolint:errcheck // nothing else can be done
	initrd := filepath.Join(tmp, "initrd")
	if err := m.pack(ctx, k, tmp, initrd); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, bootTime)
	defer cancel()
	return start(exec.CommandContext(ctx, qemu, m.args(k, initrd)...))
}

func (m machine) args(k kernels.Kernel, initrd string) []string {
	args := []string{"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-m", "512M", "-serial", "stdio",
		"-kernel", k.Image, "-initrd", initrd, "-cpu", cpu,
		// The kernel gives init what it does not know itself as environment.
		"-append", "console=ttyS0 quiet loglevel=1 panic=-1 rdinit=/init no_timer_check tracers=" + strings.Join(m.tracers, ",") + fmt.Sprintf(" bench_idle=%t", m.idle)}
	if m.icount {
		return append(args, "-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", "-smp", "1")
	}
	return append(args, "-accel", "tcg,thread=multi", "-smp", "2")
}

// pack makes the guest's file system: this program, the module, the tracers.
func (m machine) pack(ctx context.Context, k kernels.Kernel, tmp, to string) error {
	img := initramfs.New()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := img.AddProgram("/init", self); err != nil {
		return err
	}
	mod, err := kbuild.Build(ctx, "bench/trace/lockpairs", filepath.Join(tmp, "module"), kbuild.Headers{Dir: k.HeadersDir, Release: k.Release})
	if err != nil {
		return err
	}
	img.Add(pairsModule, mod.Modules[0])
	if m.gordian != "" {
		if err := img.AddProgram("/gordian", m.gordian); err != nil {
			return err
		}
	}
	for _, name := range m.tracers {
		p := peers()[name]
		if p == "" {
			continue
		}
		// One that is not installed is not in the guest, and so not in the table.
		if _, err := os.Stat(p); err == nil {
			if err := img.AddProgram(p, p); err != nil {
				return err
			}
		}
	}
	f, err := img.Memory()
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it is memory
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.Copy(out, f); err != nil {
		return err
	}
	return out.Close()
}

// start runs QEMU to its end and reads what the guest says.
func start(c *exec.Cmd) ([]line, error) {
	console, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		return nil, err
	}
	var out []line
	var said []string
	done := false
	for sc := bufio.NewScanner(console); sc.Scan(); {
		text := strings.TrimSpace(sc.Text())
		if l, ok := parse(text); ok {
			fmt.Fprintf(os.Stderr, "%s, %s: %.2f %s\n", l.tracer, l.what, l.value, l.unit)
			out = append(out, l)
			continue
		}
		done = done || text == "bench: done"
		said = append(said, text)
		if strings.HasPrefix(text, "bench: ") {
			fmt.Fprintln(os.Stderr, text)
		}
	}
	err = c.Wait()
	if !done {
		return nil, errors.Join(err, fmt.Errorf("the guest did not get to the end:\n%s", strings.Join(said[max(0, len(said)-40):], "\n")))
	}
	return out, nil
}
