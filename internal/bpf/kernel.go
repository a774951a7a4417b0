package bpf

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
)

// Missing is a function that is not followed, and why.
type Missing struct {
	Func string
	Why  string
}

// kernel is what the running kernel lets be traced.
type kernel struct {
	types   *btf.Spec
	ftraced map[string]bool // nil: the list cannot be read
}

func readKernel() (*kernel, error) {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return nil, explain("read the types of the kernel (BTF)", err)
	}
	return &kernel{types: spec, ftraced: ftraced()}, nil
}

// ftraced reads which functions ftrace, and so fentry, can stop at.
func ftraced() map[string]bool {
	for _, dir := range []string{"/sys/kernel/tracing", "/sys/kernel/debug/tracing"} {
		f, err := os.Open(dir + "/available_filter_functions")
		if err != nil {
			continue
		}
		defer f.Close() //nolint:errcheck // read only
		out := map[string]bool{}
		sc := bufio.NewScanner(f)
		for sc.Scan() {
			name, _, _ := strings.Cut(sc.Text(), " ")
			out[name] = true
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// prune leaves in spec the programs that this kernel can take, of one way to
// attach, and returns the functions that none of them follows.
func (k *kernel) prune(spec *ebpf.CollectionSpec, kprobes bool) []Missing {
	var left []Missing
	for name, p := range spec.Programs {
		probe := p.Type == ebpf.Kprobe
		switch {
		case strings.HasPrefix(p.SectionName, "tp_btf/"):
			if !k.has("btf_trace_" + p.AttachTo) {
				left = append(left, Missing{p.AttachTo, "this kernel has no such tracepoint"})
				delete(spec.Programs, name)
			}
		case probe != kprobes:
			delete(spec.Programs, name)
		case !k.hasFunc(p.AttachTo):
			delete(spec.Programs, name) // of another configuration: CONFIG_DEBUG_LOCK_ALLOC renames functions
		case k.ftraced != nil && !k.ftraced[p.AttachTo] && !probe:
			left = append(left, Missing{p.AttachTo, "ftrace does not list it"})
			delete(spec.Programs, name)
		}
	}
	return left
}

func (k *kernel) has(typedef string) bool {
	var t *btf.Typedef
	return k.types.TypeByName(typedef, &t) == nil
}

func (k *kernel) hasFunc(name string) bool {
	var f *btf.Func
	return k.types.TypeByName(name, &f) == nil
}

func attachOne(spec *ebpf.ProgramSpec, p *ebpf.Program) (link.Link, error) {
	var l link.Link
	var err error
	switch {
	case spec.Type != ebpf.Kprobe:
		l, err = link.AttachTracing(link.TracingOptions{Program: p})
	case strings.HasPrefix(spec.SectionName, "kretprobe/"):
		l, err = link.Kretprobe(spec.AttachTo, p, nil)
	default:
		l, err = link.Kprobe(spec.AttachTo, p, nil)
	}
	if err != nil {
		return nil, explain("attach to "+spec.AttachTo, err)
	}
	return l, nil
}

// closeLinks detaches, one after the other: each time the kernel waits, under
// one mutex, for all tasks to leave the trampoline, so that more threads would
// only stand in line, blocked.
func closeLinks(links []link.Link) error {
	var errs []error
	for _, l := range links {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// errRefused marks errors after which kprobes are worth a try.
var errRefused = errors.New("tracing programs are refused")

func explain(doing string, err error) error {
	var ve *ebpf.VerifierError
	if errors.Is(err, os.ErrPermission) && !errors.As(err, &ve) {
		return fmt.Errorf("%s: %w (%s): %w", doing, errRefused, refusal, err)
	}
	// kernel/trace/bpf_trace.c, bpf_tracing_func_proto(): there is no such
	// function where lockdown forbids it.
	if errors.As(err, &ve) && strings.Contains(err.Error(), "unknown func bpf_probe_read") {
		return fmt.Errorf("%s: the kernel does not let programs read its memory (lockdown=confidentiality?): %w", doing, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
