package cli

import (
	"github.com/spf13/cobra"
)

const traceLong = `Look into the running kernel with eBPF: which locks it takes in which order, and
where it waits for them. It needs root, x86-64, and a kernel with BTF; nothing is
compiled or installed, and everything is gone when gordian ends, however it ends.`

func newTrace(s Streams) *cobra.Command {
	c := &cobra.Command{
		Use:     "trace",
		Short:   "Watch the locks of the running kernel (eBPF)",
		Long:    traceLong,
		Example: traceOrderExample,
		Args:    noCommand,
		RunE: func(c *cobra.Command, _ []string) error {
			return c.Help()
		},
	}
	c.AddCommand(newTraceOrder(s), newTraceUser(s))
	return c
}
