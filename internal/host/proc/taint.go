package proc

// Taint is one bit of /proc/sys/kernel/tainted.
type Taint struct {
	Letter  string
	Meaning string
}

// taints are the bits in order (kernel/panic.c, taint_flags;
// Documentation/admin-guide/tainted-kernels.rst).
func taints() []Taint {
	return []Taint{
		{"P", "a proprietary module was loaded"},
		{"F", "a module was loaded by force"},
		{"S", "the kernel runs outside its specification"},
		{"R", "a module was unloaded by force"},
		{"M", "the processor reported a machine check"},
		{"B", "a bad page was found"},
		{"U", "user space asked for this mark"},
		{"D", "the kernel died before (oops or BUG): a task may have gone with its locks held"},
		{"A", "an ACPI table was replaced"},
		{"W", "the kernel warned before"},
		{"C", "a staging driver was loaded"},
		{"I", "a workaround for the firmware is in use"},
		{"O", "an out-of-tree module was loaded"},
		{"E", "an unsigned module was loaded"},
		{"L", "a soft lockup was seen"},
		{"K", "the kernel was patched live"},
		{"X", "auxiliary, set by the distribution"},
		{"T", "the layout of structs was randomised"},
		{"N", "an in-kernel test was run"},
	}
}

// Taints returns the meaning of each bit that is set; bits that this table
// does not know are named by their number.
func Taints(mask uint64) []Taint {
	var out []Taint
	known := taints()
	for bit := 0; bit < 64; bit++ {
		switch {
		case mask&(1<<bit) == 0:
		case bit < len(known):
			out = append(out, known[bit])
		default:
			out = append(out, Taint{"?", "a mark of newer kernels"})
		}
	}
	return out
}
