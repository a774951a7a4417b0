package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"gordian/internal/lab/kernels"
)

const labKernelLong = `List the kernels that the lab can boot, or check how well a kernel checks its locks.

The lab boots the distribution's kernels ("stock"), unpacked from their packages
without being installed, and one of its own with every check of locking switched on
("lockdep"), built from kernel source. Both are kept in the user's cache directory.
An installed kernel, in /boot, needs no step at all.

With --check, say which options for finding deadlocks a kernel has, which it lacks,
what each would have caught, and what it costs. It reads a configuration, plain or
compressed, or a kernel image with CONFIG_IKCONFIG; "-" is standard input.`

const labKernelExample = `  gordian lab kernel
  gordian lab kernel install stock
  gordian lab kernel install stock --version 6.12 --flavour rt
  gordian lab kernel build lockdep
  gordian lab kernel --check /boot/config-$(uname -r)
  zcat /proc/config.gz | gordian lab kernel --check - --format json`

type labKernel struct {
	Streams
	check  string
	format *choice
}

func newLabKernel(s Streams) *cobra.Command {
	k := &labKernel{Streams: s, format: newChoice("text", "text", "json")}
	c := &cobra.Command{
		Use:     "kernel",
		Short:   "List, get, build and check kernels",
		Long:    labKernelLong,
		Example: labKernelExample,
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("check") {
				return k.judge()
			}
			return k.list()
		},
	}
	c.Flags().StringVar(&k.check, "check", "", "say what the kernel of this configuration or image can tell about deadlocks: `CONFIG`")
	addChoice(c, k.format, "format", "output format")
	c.AddCommand(newLabKernelInstall(s), newLabKernelBuild(s), newLabKernelRemove(s))
	return c
}

func (k *labKernel) list() error {
	store, err := kernels.UserStore()
	if err != nil {
		return err
	}
	list, err := store.List()
	if k.format.value == "json" {
		if werr := writeJSON(k.Out, kernelList{Schema: "gordian/kernels/v1", Kernels: list}); werr != nil {
			return werr
		}
		return err
	}
	for i, kern := range list {
		if i == 0 {
			fmt.Fprintf(k.Out, "%-36s %-8s %-9s %s\n", "NAME", "FLAVOUR", "HEADERS", "FROM")
		}
		headers := "yes"
		if kern.HeadersDir == "" {
			headers = "no"
		}
		fmt.Fprintf(k.Out, "%-36s %-8s %-9s %s\n", safe(kern.Name), safe(kern.Flavour), headers, safe(kern.Origin))
	}
	if len(list) == 0 {
		fmt.Fprintln(k.Out, "no kernels yet: gordian lab kernel install stock, or gordian lab kernel build lockdep")
	}
	return err
}

type kernelList struct {
	Schema  string           `json:"schema"`
	Kernels []kernels.Kernel `json:"kernels"`
}

func newLabKernelInstall(s Streams) *cobra.Command {
	o := kernels.StockOptions{}
	c := &cobra.Command{
		Use:   "install stock",
		Short: "Get the distribution's kernel, without installing it",
		Long: `Get the distribution's kernel: its package is fetched with apt-get download and
unpacked into the cache. Nothing is installed, no root is needed, and no script of the
package runs. A kernel that is there already, or in /boot, is not fetched again.

To build modules for it, install its headers: apt-get install linux-headers-RELEASE.`,
		Example: `  gordian lab kernel install stock
  gordian lab kernel install stock --version 6.1 --flavour rt`,
		Args: oneWord(kernels.Stock),
		RunE: func(c *cobra.Command, _ []string) error {
			store, err := kernels.UserStore()
			if err != nil {
				return err
			}
			bar := newSteps(s)
			defer bar.done()
			o.Step = bar.step
			k, err := store.InstallStock(c.Context(), o)
			if err != nil {
				return err
			}
			bar.done()
			fmt.Fprintf(s.Out, "%s: %s\n", safe(k.Name), safe(k.Image))
			if err := k.MissingHeaders(); err != nil {
				complain(s, err)
			}
			return nil
		},
	}
	c.Flags().StringVar(&o.Version, "version", "", "the beginning of a `RELEASE`, such as 6.1 (default: what the distribution installs)")
	c.Flags().StringVar(&o.Flavour, "flavour", "cloud", "which of the distribution's `KIND`s: cloud (made for virtual machines), rt, generic")
	return c
}

func newLabKernelBuild(s Streams) *cobra.Command {
	o := kernels.BuildOptions{}
	c := &cobra.Command{
		Use:   "build lockdep",
		Short: "Build the kernel that checks its locks",
		Long: `Build a small kernel with every check of locking switched on, and keep it.

The source is a kernel tree, a tarball of one, or "auto": the newest
/usr/src/linux-source-*.tar.xz, which apt-get install linux-source-6.1 puts there. The
tree is not written to. The kernel is kept under a hash of source, configuration and
compiler, so that it is built once. An interrupted build goes on where it was.

The configuration is small: what a virtual machine and a simple driver need. --config
adds options that your driver depends on, such as CONFIG_USB=y.`,
		Example: `  gordian lab kernel build lockdep
  gordian lab kernel build lockdep --source ~/linux --jobs 8
  gordian lab kernel build lockdep --kasan`,
		Args: oneWord(kernels.Lockdep),
		RunE: func(c *cobra.Command, _ []string) error {
			store, err := kernels.UserStore()
			if err != nil {
				return err
			}
			bar := newSteps(s)
			defer bar.done()
			o.Step, o.Progress = bar.step, bar.objects
			k, err := store.BuildLockdep(c.Context(), o)
			if err != nil {
				return err
			}
			bar.done()
			fmt.Fprintf(s.Out, "%s: %s\n", safe(k.Name), safe(k.Image))
			return nil
		},
	}
	c.Flags().StringVar(&o.Source, "source", "auto", "kernel source: `DIR`, a tarball, or auto")
	c.Flags().StringArrayVar(&o.Fragments, "config", nil, "merge the options of this `FILE`, which win over gordian's (repeatable)")
	c.Flags().BoolVar(&o.KASAN, "kasan", false, "find memory errors too; about three times slower")
	c.Flags().IntVarP(&o.Jobs, "jobs", "j", 0, "compilers that run at once: `N` (default: one per CPU)")
	return c
}

func newLabKernelRemove(Streams) *cobra.Command {
	return &cobra.Command{
		Use:     "remove NAME...",
		Short:   "Remove kernels from the cache",
		Example: "  gordian lab kernel remove 6.1.0-56-cloud-amd64",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			store, err := kernels.UserStore()
			if err != nil {
				return err
			}
			for _, name := range args {
				if err := store.Remove(name); err != nil {
					return err
				}
			}
			return nil
		},
		ValidArgsFunction: cachedKernels,
	}
}

func cachedKernels(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	store, err := kernels.UserStore()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list, _ := store.List() // completion offers what can be read
	var names []string
	for _, k := range list {
		if k.Dir != "" {
			names = append(names, k.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// oneWord is for commands whose argument can be one thing only, so far.
func oneWord(word string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 1 && args[0] == word {
			return nil
		}
		return usageError(c, fmt.Errorf("say: %s", c.CommandPath()+" "+word))
	}
}
