package evidence

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"gordian/internal/kcore"
	"gordian/internal/klog"
	"gordian/internal/kmem"
	"gordian/internal/model"
)

// looksLikeDump recognises memory dumps by their first bytes. An ELF file is
// one only if it is a core: a kernel or a module is no evidence.
func looksLikeDump(head []byte) bool {
	if bytes.HasPrefix(head, []byte(elf.ELFMAG)) {
		return len(head) >= 18 && elf.Type(binary.LittleEndian.Uint16(head[16:])) == elf.ET_CORE
	}
	return bytes.HasPrefix(head, []byte("KDUMP   ")) || bytes.HasPrefix(head, []byte("DISKDUMP")) || bytes.HasPrefix(head, []byte("makedumpfile"))
}

// groups puts the files of a split dump together; every other path is alone.
func groups(paths []string) [][]string {
	var out [][]string
	part := false // the last group is of a split dump
	for _, p := range paths {
		is := p != "-" && kmem.IsPart(p)
		if is && part {
			out[len(out)-1] = append(out[len(out)-1], p)
			continue
		}
		out, part = append(out, []string{p}), is
	}
	return out
}

// readDump reads a dump, which is read at random and not from its start like
// other evidence. stdin has what "-" stands for, decompressed.
func readDump(ctx context.Context, paths []string, stdin io.Reader, o Options, f *model.Facts) error {
	k, err := kcore.Open(ctx, paths, kmem.Options{MaxMemory: o.MaxMemory, Stdin: stdin, Progress: func(_ string, done, total int64) {
		if o.Progress != nil {
			o.Progress(done, total)
		}
	}})
	if err != nil {
		return err
	}
	defer k.Close() //nolint:errcheck // opened for reading
	if o.Vmlinux != "" {
		if err := k.UseVmlinux(o.Vmlinux); err != nil {
			return fmt.Errorf("--vmlinux %w", err)
		}
	}
	input := len(f.Inputs)
	f.Inputs = append(f.Inputs, model.Input{Path: paths[0], Kind: model.InputCore, Bytes: sizes(paths), Format: k.Image.Format})
	boot := f.NewBoot()
	// The log of a dump whose tasks cannot be read is worth having; but nobody
	// shall take "nothing found" in it for an all-clear.
	err = k.AddFacts(ctx, f, input, boot)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		err = fmt.Errorf("%s: the tasks of the dump cannot be read: %w", paths[0], err)
	}
	return errors.Join(err, addLog(ctx, k, f, input, boot))
}

// addLog reads the kernel's log in the dump like any other log: of the same
// boot, so that what it reports joins what the memory shows.
func addLog(ctx context.Context, k *kcore.Kernel, f *model.Facts, input int, boot model.Boot) error {
	records, lost, err := k.Log()
	if lost > 0 {
		f.Incomplete = append(f.Incomplete, model.Incomplete{Input: input, Reason: fmt.Sprintf("%d records of the kernel's log cannot be read", lost)})
	}
	if err != nil {
		f.Incomplete = append(f.Incomplete, model.Incomplete{Input: input, Reason: err.Error()})
		return nil
	}
	var text []byte
	for i := range records {
		text = records[i].AppendText(text)
	}
	return klog.ReadBoot(ctx, bytes.NewReader(text), input, f, boot)
}

// sizes adds up files. That of /proc/kcore is the address space, not memory.
func sizes(paths []string) int64 {
	var n int64
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && info.Size() < 1<<46 {
			n += info.Size()
		}
	}
	return n
}
