package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// byteSize is a flag that takes an amount of memory: "512M", "2G".
type byteSize int64

const (
	defaultMem = byteSize(64 << 20)
	leastMem   = 16 << 20
)

func addMem(c *cobra.Command, size *byteSize) {
	c.Flags().Var(size, "mem", "keep at most this much of a dump in memory, as in 512M")
}

func addVmlinux(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "vmlinux", "", "`FILE` with the debug information of a dump's kernel: adds source lines and inlined functions")
}

func (b *byteSize) Type() string { return "SIZE" }

func (b *byteSize) String() string {
	if *b%(1<<30) == 0 && *b > 0 {
		return fmt.Sprintf("%dG", *b>>30)
	}
	return fmt.Sprintf("%dM", *b>>20)
}

func (b *byteSize) Set(s string) error {
	shift := 0
	upper := strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(s), "B"), "I")
	if i := strings.IndexByte("KMGT", (upper + "?")[len(upper)-min(1, len(upper))]); i >= 0 {
		shift, upper = 10*(i+1), upper[:len(upper)-1]
	}
	n, err := strconv.ParseInt(upper, 10, 64)
	if err != nil || n <= 0 || n > 1<<(62-shift) {
		return errors.New("must be a size such as 512M or 2G")
	}
	if n <<= shift; n < leastMem {
		return errors.New("must be at least 16M")
	}
	*b = byteSize(n)
	return nil
}

// roomyForDump lets the collector wait until the pages of a dump that may be
// kept are there: collecting all the time would take most of the time. It costs
// a log nothing, of which little is kept. GOMEMLIMIT wins.
func roomyForDump(mem int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(mem + 64<<20)
	}
}
