package cpp

import "strings"

// never reports whether a header's macro stays a call. The analysis knows
// these by name, and their bodies are compiler lore that hides what they say.
func never(name string) bool {
	if strings.HasPrefix(name, "__") && strings.Contains(name, "attribute") {
		return true
	}
	for _, p := range neverPrefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	_, found := neverNames[name]
	return found
}

var neverPrefixes = []string{
	"SYSCALL_DEFINE", "COMPAT_SYSCALL_DEFINE", "BPF_CALL_", "TRACE_EVENT", "DEFINE_EVENT", "DECLARE_EVENT", "EXPORT_SYMBOL",
	"MODULE_", "DEVICE_ATTR", "DRIVER_ATTR", "BUS_ATTR", "CLASS_ATTR", "pr_", "dev_", "netdev_", "netif_", "printk",
	"WARN", "BUG", "BUILD_BUG", "rcu_dereference", "rcu_assign", "list_", "hlist_", "rb_", "xa_", "static_branch_",
	"this_cpu_", "raw_cpu_", "__this_cpu_", "per_cpu", "__per_cpu", "raw_cpu", "atomic_", "cmpxchg", "xchg", "module_",
	"subsys_", "late_", "early_", "core_", "fs_initcall", "arch_initcall", "postcore_", "device_initcall", "pure_initcall",
	"min", "max", "clamp", "swap", "cpu_to_", "le16", "le32", "le64", "be16", "be32", "be64", "get_unaligned", "put_unaligned",
	"DEFINE_PER_CPU", "DECLARE_PER_CPU", "DEFINE_STATIC_", "DECLARE_STATIC_", "tracepoint", "trace_", "do_div", "round_", "roundup",
	"ida_", "idr_", "of_", "readx_poll", "read_poll", "regmap_", "seq_", "DIV_", "USB_", "PCI_", "PNP", "SOC_", "SND_",
}

var neverNames = setOf(
	"container_of", "container_of_const", "offsetof", "READ_ONCE", "WRITE_ONCE", "__READ_ONCE", "__WRITE_ONCE", "ACCESS_ONCE",
	"likely", "unlikely", "ARRAY_SIZE", "typecheck", "static_assert", "BUILD_BUG_ON_ZERO", "fallthrough", "barrier",
	"smp_load_acquire", "smp_store_release", "smp_store_mb", "smp_mb", "smp_rmb", "smp_wmb", "data_race", "current", "get_current",
	"access_ok", "get_user", "put_user", "__get_user", "__put_user", "copy_from_user", "copy_to_user", "unsafe_get_user",
	"unsafe_put_user", "sizeof_field", "struct_size", "flex_array_size", "array_size", "THIS_MODULE", "KBUILD_MODNAME", "NULL",
	"__is_defined", "___is_defined", "____is_defined", "__take_second_arg", "IS_ENABLED", "IS_BUILTIN", "IS_MODULE", "IS_REACHABLE", "__ATTR", "__ATTR_RO", "__ATTR_RW", "__ATTR_WO",
	"DEFINE_SHOW_ATTRIBUTE", "DEFINE_SEQ_ATTRIBUTE", "DEFINE_SIMPLE_ATTRIBUTE", "DEFINE_DEBUGFS_ATTRIBUTE", "DEFINE_MUTEX",
	"DEFINE_SPINLOCK", "DEFINE_RAW_SPINLOCK", "DEFINE_RWLOCK", "DEFINE_SEMAPHORE", "DECLARE_RWSEM", "DEFINE_SRCU", "DEFINE_SEQLOCK",
	"DECLARE_WAIT_QUEUE_HEAD", "DECLARE_WAIT_QUEUE_HEAD_ONSTACK", "DECLARE_WAITQUEUE", "DEFINE_WAIT", "DEFINE_WAIT_FUNC",
	"DECLARE_COMPLETION", "DECLARE_COMPLETION_ONSTACK", "DECLARE_WORK", "DECLARE_DELAYED_WORK", "DECLARE_DEFERRABLE_WORK",
	"DEFINE_TIMER", "DECLARE_TASKLET", "DECLARE_TASKLET_OLD", "DECLARE_TASKLET_DISABLED", "DEFINE_IDR", "DEFINE_IDA", "DEFINE_XARRAY",
	"LIST_HEAD", "HLIST_HEAD", "LIST_HEAD_INIT", "RADIX_TREE", "INIT_RADIX_TREE", "DECLARE_BITMAP", "DECLARE_HASHTABLE",
	"DEFINE_HASHTABLE", "DECLARE_FLEX_ARRAY", "struct_group", "struct_group_attr", "struct_group_tagged", "ATOMIC_NOTIFIER_HEAD",
	"BLOCKING_NOTIFIER_HEAD", "RAW_NOTIFIER_HEAD", "SRCU_NOTIFIER_HEAD", "DEFINE_RATELIMIT_STATE", "ATTRIBUTE_GROUPS",
	"SIMPLE_DEV_PM_OPS", "SET_SYSTEM_SLEEP_PM_OPS", "SET_RUNTIME_PM_OPS", "UNIVERSAL_DEV_PM_OPS", "guard", "scoped_guard",
	"scoped_cond_guard", "CLASS", "DEFINE_CLASS", "DEFINE_GUARD", "DEFINE_FREE", "no_free_ptr", "return_ptr", "va_arg", "va_start",
	"va_end", "va_copy", "BIT", "GENMASK", "FIELD_PREP", "FIELD_GET", "alternative", "asm_volatile_goto", "__must_check",
)

func setOf(names ...string) map[string]struct{} {
	m := make(map[string]struct{}, len(names))
	for _, n := range names {
		m[n] = struct{}{}
	}
	return m
}
