package cpp

// Mark is what is known about a name before any text is read.
type Mark uint8

// Marks.
const (
	// Typename is set on names of types: u8, size_t, and the typedefs of the
	// file as they come.
	Typename Mark = 1 << iota
	// Basic is set on typedefs that are plain numbers.
	Basic
	// Annotation is set on words without meaning for the grammar.
	Annotation
	// known and relevant cache the answers of Config.Relevant.
	known
	relevant
)

type word struct {
	name string
	kind Kind
	mark Mark
}

// words lists all names that are known before any text is read.
func words() []word {
	var out []word
	for _, g := range groups {
		for _, n := range g.names {
			out = append(out, word{n, g.kind, g.mark})
		}
	}
	return out
}

var groups = []struct {
	kind  Kind
	mark  Mark
	names []string
}{
	{KwIf, 0, []string{"if"}},
	{KwElse, 0, []string{"else"}},
	{KwFor, 0, []string{"for"}},
	{KwWhile, 0, []string{"while"}},
	{KwDo, 0, []string{"do"}},
	{KwSwitch, 0, []string{"switch"}},
	{KwCase, 0, []string{"case"}},
	{KwDefault, 0, []string{"default"}},
	{KwGoto, 0, []string{"goto"}},
	{KwBreak, 0, []string{"break"}},
	{KwContinue, 0, []string{"continue"}},
	{KwReturn, 0, []string{"return"}},
	{KwStatic, 0, []string{"static"}},
	{KwExtern, 0, []string{"extern"}},
	{KwTypedef, 0, []string{"typedef"}},
	{KwInline, 0, []string{"inline", "__inline", "__inline__", "__always_inline", "__forceinline"}},
	{KwStorage, 0, []string{"register", "auto", "_Thread_local", "__thread", "_Noreturn"}},
	{KwQual, 0, []string{
		"const", "__const", "__const__", "volatile", "__volatile", "__volatile__",
		"restrict", "__restrict", "__restrict__", "_Atomic",
	}},
	{KwType, 0, []string{
		"void", "char", "short", "int", "long", "float", "double", "signed", "__signed", "__signed__",
		"unsigned", "_Bool", "bool", "_Complex", "__complex__", "__int128", "__int128_t", "__uint128_t",
	}},
	{KwAutoType, 0, []string{"__auto_type"}},
	{KwStruct, 0, []string{"struct"}},
	{KwUnion, 0, []string{"union"}},
	{KwEnum, 0, []string{"enum"}},
	{KwTypeof, 0, []string{"typeof", "__typeof", "__typeof__", "typeof_member", "typeof_unqual", "__unqual_scalar_typeof",
		"__unsigned_scalar_typeof"}},
	{KwAttribute, 0, []string{"__attribute__", "__attribute", "__declspec"}},
	{KwAlignas, 0, []string{"_Alignas"}},
	{KwStaticAssert, 0, []string{"_Static_assert", "static_assert"}},
	{KwSizeof, 0, []string{"sizeof"}},
	{KwAlignof, 0, []string{"_Alignof", "__alignof__", "__alignof", "alignof"}},
	{KwExtension, 0, []string{"__extension__", "__real__", "__imag__"}},
	{KwAsm, 0, []string{"asm", "__asm", "__asm__", "asm_inline", "asm_volatile_goto", "asm_goto_output"}},
	{KwGeneric, 0, []string{"_Generic"}},
	{KwLabel, 0, []string{"__label__"}},
	// include/linux/types.h, include/uapi/linux/types.h, asm-generic/int-ll64.h
	{Ident, Typename | Basic, []string{
		"u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "u128", "s128",
		"__u8", "__u16", "__u32", "__u64", "__s8", "__s16", "__s32", "__s64",
		"uint8_t", "uint16_t", "uint32_t", "uint64_t", "int8_t", "int16_t", "int32_t", "int64_t",
		"u_int8_t", "u_int16_t", "u_int32_t", "u_int64_t", "u_char", "u_short", "u_int", "u_long",
		"uchar", "ushort", "uint", "ulong", "unchar", "size_t", "ssize_t", "ptrdiff_t", "uintptr_t", "intptr_t",
		"loff_t", "off_t", "pid_t", "uid_t", "gid_t", "mode_t", "umode_t", "dev_t", "ino_t", "nlink_t",
		"time64_t", "ktime_t", "sector_t", "blkcnt_t", "pgoff_t", "gfp_t", "fmode_t", "slab_flags_t",
		"dma_addr_t", "phys_addr_t", "resource_size_t", "irq_hw_number_t", "netdev_features_t",
		"acpi_status", "acpi_size", "acpi_handle", "irqreturn_t",
	}},
	{Ident, Typename, []string{
		"__le16", "__le32", "__le64", "__be16", "__be32", "__be64", "__sum16", "__wsum", "__poll_t", "__virtio16",
		"__virtio32", "__virtio64", "__kernel_size_t", "__kernel_pid_t", "__builtin_va_list", "va_list", "__gnuc_va_list",
		"FILE", "DIR",
	}},
	// include/linux/compiler_types.h and friends: the few without underscores
	{Ident, Annotation, []string{
		"asmlinkage", "notrace", "noinline", "noinline_for_stack", "fastcall", "randomized_struct_fields_start",
		"randomized_struct_fields_end",
		"noinstr", "nokprobe_inline", "STATIC", "INIT", "EXPORT", "efi_noinline",
		"__user", "__kernel", "__iomem", "__rcu", "__percpu", "__force", "__nocast", "__private", "__bitwise", "__safe",
		"__must_check", "__maybe_unused", "__always_unused", "__init", "__exit", "__initdata", "__initconst", "__exitdata",
		"__meminit", "__devinit", "__read_mostly", "__ro_after_init", "__used", "__unused", "__section", "__aligned", "__packed",
		"__weak", "__cold", "__hot", "__pure", "__printf", "__scanf", "__malloc", "__visible", "__sched", "__kprobes", "__refdata",
		"__ref", "__lockfunc", "__must_hold", "__acquires", "__releases", "__acquire", "__release", "__cacheline_aligned",
		"__cacheline_aligned_in_smp", "____cacheline_aligned", "____cacheline_aligned_in_smp", "__page_aligned_data",
		"__page_aligned_bss", "__attribute_const__", "__latent_entropy", "__no_sanitize_address", "__free", "__guarded_by",
		"__cpuidle", "__noreturn", "__noclone", "__alias", "__designated_init", "__randomize_layout", "__no_randomize_layout",
		"__net_init", "__net_exit", "__net_initdata", "__init_or_module", "__initdata_or_module", "__init_memblock", "__maybe",
	}},
}
