package cli

import "github.com/spf13/cobra"

const labLong = `Reproduce a deadlock, or prove that it is gone, in a virtual machine, where it harms nobody.

gordian boots a kernel in QEMU with itself as init, gives it work, watches it,
and explains what happened with the same reader and rules as gordian diagnose.`

// newLab is the parent of the commands that boot kernels, or get them.
func newLab(s Streams) *cobra.Command {
	c := &cobra.Command{Use: "lab", Short: "Reproduce deadlocks and prove fixes in a virtual machine", Long: labLong, Args: noCommand}
	c.AddCommand(newLabRun(s), newLabVerify(s), newLabKernel(s))
	return c
}
