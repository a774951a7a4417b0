// Package lab boots a kernel in a virtual machine, gives it work, and watches
// what becomes of it.
package lab

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gordian/internal/lab/initramfs"
	"gordian/internal/lab/kernels"
	"gordian/internal/lab/kmod"
	"gordian/internal/lab/proto"
)

// Job is one boot: a kernel, what is in its initramfs, and the steps that
// init takes one after the other.
type Job struct {
	Kernel   kernels.Kernel
	CPUs     int
	MemoryMB int
	Append   string // added to the kernel's command line
	Steps    []proto.Step

	image   *initramfs.Image
	tree    kmod.Tree
	inside  map[string]string // module name → path in the guest
	drivers []string
	magic   string // vermagic of the kernel's own modules, once known
}

// Sizes of a guest when nobody asks for others. Four CPUs leave one to report
// when three of them spin; 256 MB hold a kernel with lockdep and KASAN off.
const (
	DefaultCPUs     = 4
	DefaultMemoryMB = 256
)

// NewJob prepares a boot of k with nothing to do yet. self is the binary of
// gordian, which is init there.
func NewJob(k kernels.Kernel, self string) (*Job, error) {
	j := &Job{
		Kernel: k, CPUs: DefaultCPUs, MemoryMB: DefaultMemoryMB,
		image: initramfs.New(), inside: map[string]string{},
	}
	if k.ModulesDir != "" {
		j.tree.Dirs = []string{k.ModulesDir}
	}
	if err := j.image.AddProgram("/init", self); err != nil {
		return nil, fmt.Errorf("gordian as init: %w", err)
	}
	for _, role := range []string{"insmod", "rmmod", "snapshot", "stress", "probe"} {
		j.image.Link("/sbin/"+role, "/init")
	}
	return j, nil
}

// Load adds the step that loads the module file at path, after the modules
// that it needs: those beside it, else the kernel's own.
func (j *Job) Load(path string, params []string) error {
	b, info, err := kmod.Load(path)
	if err != nil {
		return err
	}
	if err := j.fits(path, info); err != nil {
		return err
	}
	near := kmod.Tree{Dirs: append([]string{filepath.Dir(path)}, j.tree.Dirs...)}
	needs, err := near.Needs(info)
	if err != nil {
		return err
	}
	for _, n := range needs {
		if err := j.need(n); err != nil {
			return err
		}
	}
	j.Steps = append(j.Steps, proto.Step{
		Op: proto.Load, Path: j.put(info.Name, b), Args: params,
		Name: strings.Join(append([]string{"load " + info.Name}, params...), " "),
	})
	return nil
}

// need adds the step that loads a module that another one needs, once.
func (j *Job) need(path string) error {
	b, info, err := kmod.Load(path)
	if err != nil || j.inside[info.Name] != "" {
		return err
	}
	if err := j.fits(path, info); err != nil {
		return err
	}
	j.Steps = append(j.Steps, proto.Step{Op: proto.Load, Path: j.put(info.Name, b), Name: "load " + info.Name})
	return nil
}

func (j *Job) put(name string, b []byte) string {
	guest := "/modules/" + name + ".ko"
	j.image.AddData(guest, b)
	j.inside[name] = guest
	return guest
}

// fits tells before the boot what the kernel would say after it.
func (j *Job) fits(path string, info kmod.Info) error {
	if info.Release() != j.Kernel.Release {
		return fmt.Errorf("module %s was built for kernel %s, and this kernel is %s: build it against the headers of %s",
			path, info.Release(), j.Kernel.Release, j.Kernel.Release)
	}
	if own := j.vermagic(); own != "" && strings.TrimSpace(own) != strings.TrimSpace(info.Vermagic) {
		return fmt.Errorf("module %s has the version magic %q, and the kernel's own modules have %q: it was built for another configuration of %s",
			path, strings.TrimSpace(info.Vermagic), strings.TrimSpace(own), j.Kernel.Release)
	}
	return nil
}

// vermagic is that of any module of the kernel, "" when it has none here.
func (j *Job) vermagic() string {
	if j.magic != "" {
		return j.magic
	}
	for _, path := range j.tree.Some() {
		if _, info, err := kmod.Load(path); err == nil && info.Release() == j.Kernel.Release {
			j.magic = info.Vermagic
			break
		}
	}
	return j.magic
}

// Exec adds the step that runs a program of the host with its arguments.
func (j *Job) Exec(args []string) error {
	path, err := j.program(args[0])
	if err != nil {
		return err
	}
	j.Steps = append(j.Steps, proto.Step{Op: proto.Exec, Args: append([]string{path}, args[1:]...), Name: "run " + strings.Join(args, " ")})
	return nil
}

// Watch adds the step that waits until nothing has been stuck for d.
func (j *Job) Watch(d time.Duration) {
	j.Steps = append(j.Steps, proto.Step{Op: proto.Watch, For: d, Name: "watch for " + d.String()})
}

// AddFile puts a file of the host into the guest; programs come with their libraries.
func (j *Job) AddFile(host, guest string) error {
	st, err := os.Stat(host)
	if err != nil {
		return fmt.Errorf("file for the guest: %w", err)
	}
	if st.Mode().IsRegular() && st.Mode()&0o111 != 0 {
		return j.image.AddProgram(guest, host)
	}
	j.image.Add(guest, host)
	return nil
}

// driver adds a module that the lab itself needs, if the kernel has it as one.
func (j *Job) driver(name string) error {
	path := j.tree.Find(name)
	if path == "" {
		return nil // built in, or not there: init says so if it matters
	}
	_, info, err := kmod.Load(path)
	if err != nil {
		return err
	}
	needs, err := j.tree.Needs(info)
	if err != nil {
		return err
	}
	for _, n := range append(needs, path) {
		b, info, err := kmod.Load(n)
		if err != nil {
			return err
		}
		j.drivers = append(j.drivers, j.put(info.Name, b))
	}
	return nil
}

// initrd packs everything.
func (j *Job) initrd() (*os.File, error) {
	b, err := json.Marshal(proto.Spec{Drivers: j.drivers, Sysctls: watchdogs(), Steps: j.Steps})
	if err != nil {
		return nil, err
	}
	j.image.AddData(proto.SpecPath, b)
	return j.image.Memory()
}
