package cli

import (
	"github.com/spf13/cobra"
)

const traceLong = `Look into the running kernel with eBPF: which locks it takes in which order, and
where it waits for them. It needs root, x86-64, and a kernel with BTF; nothing is
compiled or installed, and everything is gone when gordian ends, however it ends.`

func newTrace(s Streams) *cobra.Command {
	once := traceOnce{Streams: s, failOn: newChoice("error", "error", "warning", "note", "never")}
	c := &cobra.Command{
		Use:     "trace",
		Short:   "Watch the locks of the running kernel (eBPF)",
		Long:    traceLong,
		Example: "  sudo gordian trace --once               what is deadlocked at this moment\n" + traceOrderExample,
		Args:    noCommand,
		RunE: func(c *cobra.Command, _ []string) error {
			if !once.now {
				return c.Help()
			}
			return once.run(c.Context())
		},
	}
	c.Flags().BoolVar(&once.now, "once", false, "look once at what blocked tasks wait for, and who holds it")
	once.out.addFlags(c, s)
	addChoice(c, once.failOn, "fail-on", "least severity of a finding that makes the exit status 1")
	c.AddCommand(newTraceOrder(s), newTraceContention(s), newTraceUser(s))
	return c
}
