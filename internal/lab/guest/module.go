package guest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// insmod loads args[0] with the parameters behind it. A module that is there
// already is no error.
func insmod(args []string) error {
	if len(args) == 0 {
		return errors.New("insmod: no module")
	}
	f, err := os.Open(args[0])
	if err != nil {
		return fmt.Errorf("insmod: %w", err)
	}
	defer f.Close() //nolint:errcheck // opened for reading
	err = unix.FinitModule(int(f.Fd()), strings.Join(args[1:], " "), 0)
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("load %s: %w%s", filepath.Base(args[0]), err, loadHint(err))
	}
	return nil
}

// loadHint says what the kernel means by an error of finit_module(2).
func loadHint(err error) string {
	switch {
	case errors.Is(err, unix.ENOENT):
		return " (a symbol that it needs is in no loaded module: see the log)"
	case errors.Is(err, unix.EINVAL):
		return " (a parameter that it refuses, or a symbol of another version: see the log)"
	case errors.Is(err, unix.ENOEXEC):
		return " (it was built for another kernel: see the log)"
	}
	return ""
}

func rmmod(args []string) error {
	if len(args) != 1 {
		return errors.New("rmmod: name one module")
	}
	if err := unix.DeleteModule(args[0], 0); err != nil {
		return fmt.Errorf("unload %s: %w", args[0], err)
	}
	return nil
}
