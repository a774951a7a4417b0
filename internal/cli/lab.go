package cli

import (
	"github.com/spf13/cobra"
)

const labLong = `Try kernels and drivers in a virtual machine, where a deadlock harms nobody.`

// newLab is the parent of the commands that boot kernels, or get them.
func newLab(s Streams) *cobra.Command {
	c := &cobra.Command{Use: "lab", Short: "Reproduce deadlocks and prove fixes in a virtual machine", Long: labLong, Args: noCommand}
	c.AddCommand(newLabKernel(s))
	return c
}
