package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

const rootLong = `gordian says what is stuck in a Linux kernel, who holds what, why, and how to fix it.

It takes what there is: a kernel log, a memory dump, the host itself, a driver's source,
the running kernel through eBPF, or a run in a virtual machine. Each finding has its
proof, its fix and a way to verify the fix.`

const exitHelp = `Exit status:
  0    nothing found at or above --fail-on
  1    findings at or above --fail-on
  2    could not run, bad usage, or some of the evidence could not be read
  130  interrupted
`

const rootExample = `  gordian diagnose dmesg.txt             a saved log (compressed ones too)
  journalctl -k -b -1 | gordian diagnose -
                                         the previous boot, from the journal
  gordian diagnose --format html -o report.html console.log
                                         a page to attach to a bug report
  gordian diagnose vmcore                a memory dump; no vmlinux needed
  sudo gordian host                      what is stuck on this host, now
  gordian check drivers/net/foo/         source: a driver, or all of Linux
  gordian lab verify drivers/net/foo/    the same driver in a virtual machine
  gordian explain lock-order-inversion   what a rule means, and the usual fixes`

// newRoot builds the command tree. The same tree gives help, completions and
// the manual page.
func newRoot(s Streams) *cobra.Command {
	root := &cobra.Command{
		Use:           "gordian",
		Short:         "Diagnose deadlocks of the Linux kernel",
		Long:          rootLong,
		Example:       rootExample,
		SilenceErrors: true, // Run prints them
		SilenceUsage:  true,
		Args:          noCommand,
		Version:       versionLine(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := c.Help(); err != nil {
				return err
			}
			return &exitStatus{code: exitFailure}
		},
	}
	root.AddCommand(newDiagnose(s), newCore(s), newHost(s), newHostReader(s), newCheck(s), newLab(s), newTrace(s), newRender(s), newExplain(s), newVersion(), newMan())
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError(c, err)
	})
	root.SetHelpTemplate(root.HelpTemplate() + "{{if not .HasParent}}\n" + exitHelp + "{{end}}")
	root.InitDefaultCompletionCmd()
	root.CompletionOptions.HiddenDefaultCmd = false
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().Bool("version", false, "print the version")
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			shellNeeded(c)
		}
	}
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Args = func(_ *cobra.Command, args []string) error {
			_, rest, err := root.Find(args)
			if err == nil && len(rest) > 0 {
				return noCommand(root, rest)
			}
			return err
		}
	}
	return root
}

// shellNeeded makes the completion command refuse a line without a shell that
// it knows: by default it prints help and succeeds.
func shellNeeded(c *cobra.Command) {
	c.Use = "completion bash|zsh|fish|powershell"
	c.Long = "Print the completion script of a shell."
	c.Example = "  source <(gordian completion bash)"
	c.DisableFlagsInUseLine = true
	c.Args = nil
	c.RunE = func(c *cobra.Command, _ []string) error {
		return usageError(c, errors.New("name a shell: bash, zsh, fish or powershell"))
	}
}
