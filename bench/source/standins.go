package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// options are set for sparse as a configured kernel would set them.
func options() map[string]int {
	out := map[string]int{
		"NR_CPUS": 64, "HZ": 250, "X86_L1_CACHE_SHIFT": 6, "X86_INTERNODE_CACHE_SHIFT": 6, "PGTABLE_LEVELS": 4, "NODES_SHIFT": 6,
		"PHYSICAL_ALIGN": 0x200000, "PHYSICAL_START": 0x1000000, "RCU_FANOUT": 64, "RCU_FANOUT_LEAF": 16, "BASE_SMALL": 0,
		"DEFAULT_MMAP_MIN_ADDR": 65536, "LOG_BUF_SHIFT": 17, "ILLEGAL_POINTER_VALUE": 0,
	}
	on := `64BIT X86 X86_64 SMP MMU PCI NET INET BLOCK TREE_RCU PREEMPT_COUNT X86_LOCAL_APIC X86_IO_APIC X86_TSC HAS_IOMEM HAS_DMA
		PM SYSFS PROC_FS FUTEX SWAP SPARSEMEM SPARSEMEM_VMEMMAP IRQ_DOMAIN MODULES OF SLUB PAGE_SIZE_4KB`
	for name := range strings.FieldsSeq(on) {
		out[name] = 1
	}
	return out
}

// generated are headers that a configured build would make, by path.
func generated() map[string]string {
	values := options()
	var conf strings.Builder
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(&conf, "#define CONFIG_%s %d\n", name, values[name])
	}
	out := map[string]string{
		"generated/autoconf.h":   conf.String(),
		"generated/bounds.h":     "#define NR_PAGEFLAGS 24\n#define MAX_NR_ZONES 4\n#define NR_CPUS_BITS 6\n#define SPINLOCK_SIZE 4\n",
		"generated/utsrelease.h": "#define UTS_RELEASE \"x\"\n",
		"linux/version.h":        "#define LINUX_VERSION_CODE 0\n#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))\n",
	}
	for _, h := range []string{"generated/timeconst", "generated/asm-offsets", "asm/unistd_64", "asm/unistd_32", "asm/unistd_64_x32",
		"asm/unistd_32_ia32", "asm/syscalls_64", "asm/syscalls_32", "asm/cpufeaturemasks"} {
		out[h+".h"] = ""
	}
	return out
}

// standIns writes the headers to gen, and those of asm/ that x86 takes from
// asm-generic.
func standIns(linux, gen string) error {
	text := generated()
	own := func(name string) bool {
		return slices.ContainsFunc([]string{"asm", "uapi/asm"}, func(d string) bool {
			_, err := os.Stat(filepath.Join(linux, "arch/x86/include", d, name))
			return err == nil
		})
	}
	for _, dir := range []string{"include/asm-generic", "include/uapi/asm-generic"} {
		list, err := os.ReadDir(filepath.Join(linux, dir))
		if err != nil {
			return err
		}
		for _, e := range list {
			if name := e.Name(); strings.HasSuffix(name, ".h") && !own(name) {
				text["asm/"+name] = "#include <asm-generic/" + name + ">\n"
			}
		}
	}
	for name, content := range text {
		p := filepath.Join(gen, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}
