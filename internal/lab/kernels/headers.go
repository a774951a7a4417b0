package kernels

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// collectHeaders puts what module builds need of the source and of the build
// directory into one tree at dir, as if it had been built in place. So it
// needs neither of them afterwards, and may move.
func collectHeaders(ctx context.Context, src, build, dir string) error {
	if err := copyTree(ctx, src, dir, headerFile); err != nil {
		return err
	}
	if err := copyTree(ctx, build, dir, builtFile); err != nil {
		return err
	}
	return keepBTF(ctx, filepath.Join(build, "vmlinux"), filepath.Join(dir, "vmlinux"))
}

// keepBTF leaves the types of vmlinux and nothing else: all that pahole and
// resolve_btfids ask it for when they add types to a module
// (scripts/Makefile.modfinal, cmd_btf_ko, 6.1).
func keepBTF(ctx context.Context, from, to string) error {
	c := exec.CommandContext(ctx, "objcopy", "--only-section=.BTF", "--only-section=.BTF_ids", from, to)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("objcopy %s: %w: %s", from, err, lastLine(string(out)))
	}
	return nil
}

// copyTree copies the files below from that keep wants; links stay links. A
// build directory's link "source" is not followed.
func copyTree(ctx context.Context, from, to string, keep func(rel string) bool) error {
	return filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		rel, err := filepath.Rel(from, p)
		if err != nil || d.IsDir() || !keep(rel) {
			return err
		}
		dst := filepath.Join(to, rel)
		if err := os.MkdirAll(filepath.Dir(dst), 0o777); err != nil {
			return err
		}
		if d.Type()&fs.ModeSymlink != 0 {
			return copyLink(p, dst)
		}
		return copyFile(p, dst)
	})
}

func copyLink(from, to string) error {
	target, err := os.Readlink(from)
	if err != nil {
		return err
	}
	err = os.Symlink(target, to)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// copyFile replaces what is there: a file of the build wins over the source's.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // opened for reading
	st, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, st.Mode().Perm())
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close() //nolint:errcheck // the error of the copy is the one to tell
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return out.Close()
}
