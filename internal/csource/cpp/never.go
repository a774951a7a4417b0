package cpp

import "strings"

// A header's macro may stay a call although its body has statements: the
// analysis knows these families by name, and their bodies are compiler lore
// that hides what they say.

// never reports whether a header's macro of this name is not expanded,
// whatever its body.
func never(name string) bool {
	return hasPrefix(name, fileScope) || has(neverNames, name)
}

// dull reports whether a header's macro is expanded only if its body is
// essential, as the one of a driver's own dev_lock() is.
func dull(name string) bool { return hasPrefix(name, families) || has(dullNames, name) }

// hasPrefix reports whether name starts with one of the prefixes.
func hasPrefix(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if name[0] == p[0] && strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// has reports whether name is in the set.
func has(set map[string]struct{}, name string) bool {
	_, found := set[name]
	return found
}

// fileScope are calls outside of functions; the parser or the analysis takes
// their arguments apart.
var fileScope = []string{
	"SYSCALL_DEFINE", "COMPAT_SYSCALL_DEFINE", "BPF_CALL_", "TRACE_EVENT", "DEFINE_EVENT", "DECLARE_EVENT", "EXPORT_SYMBOL",
	"MODULE_", "DEVICE_ATTR", "DRIVER_ATTR", "BUS_ATTR", "CLASS_ATTR", "BIN_ATTR", "DEFINE_PER_CPU", "DECLARE_PER_CPU",
	"DEFINE_STATIC_", "DECLARE_STATIC_", "module_",
}

var families = []string{
	"pr_", "dev_", "netdev_", "netif_", "printk", "WARN", "BUG", "BUILD_BUG", "rcu_dereference", "rcu_assign", "list_", "hlist_",
	"rb_", "xa_", "static_branch_", "this_cpu_", "__this_cpu_", "raw_cpu_", "per_cpu", "__per_cpu", "atomic_", "cmpxchg", "xchg",
	"cpu_to_", "le16", "le32", "le64", "be16", "be32", "be64", "get_unaligned", "put_unaligned", "trace_", "ida_", "idr_", "DIV_",
}

var neverNames = setOf(
	"container_of", "container_of_const", "offsetof", "READ_ONCE", "WRITE_ONCE", "__READ_ONCE", "__WRITE_ONCE", "ACCESS_ONCE",
	"likely", "unlikely", "ARRAY_SIZE", "typecheck", "static_assert", "BUILD_BUG_ON_ZERO", "fallthrough", "barrier",
	"smp_load_acquire", "smp_store_release", "smp_store_mb", "smp_mb", "smp_rmb", "smp_wmb", "data_race", "current", "get_current",
	"sizeof_field", "struct_size", "flex_array_size", "array_size", "THIS_MODULE", "KBUILD_MODNAME", "NULL",
	"__is_defined", "___is_defined", "____is_defined", "__take_second_arg", "IS_ENABLED", "IS_BUILTIN", "IS_MODULE", "IS_REACHABLE",
	"__ATTR", "__ATTR_RO", "__ATTR_RW", "__ATTR_WO",
	"DEFINE_SHOW_ATTRIBUTE", "DEFINE_SEQ_ATTRIBUTE", "DEFINE_SIMPLE_ATTRIBUTE", "DEFINE_DEBUGFS_ATTRIBUTE", "DEFINE_MUTEX",
	"DEFINE_SPINLOCK", "DEFINE_RAW_SPINLOCK", "DEFINE_RWLOCK", "DEFINE_SEMAPHORE", "DECLARE_RWSEM", "DEFINE_SRCU", "DEFINE_SEQLOCK",
	"DECLARE_WAIT_QUEUE_HEAD", "DECLARE_WAIT_QUEUE_HEAD_ONSTACK", "DECLARE_WAITQUEUE", "DEFINE_WAIT", "DEFINE_WAIT_FUNC",
	"DECLARE_COMPLETION", "DECLARE_COMPLETION_ONSTACK", "DECLARE_WORK", "DECLARE_DELAYED_WORK", "DECLARE_DEFERRABLE_WORK",
	"DEFINE_TIMER", "DECLARE_TASKLET", "DECLARE_TASKLET_OLD", "DECLARE_TASKLET_DISABLED", "DEFINE_IDR", "DEFINE_IDA", "DEFINE_XARRAY",
	"LIST_HEAD", "HLIST_HEAD", "LIST_HEAD_INIT", "RADIX_TREE", "INIT_RADIX_TREE", "DECLARE_BITMAP", "DECLARE_HASHTABLE",
	"DEFINE_HASHTABLE", "DECLARE_FLEX_ARRAY", "struct_group", "__struct_group", "struct_group_attr", "struct_group_tagged", "ATOMIC_NOTIFIER_HEAD",
	"BLOCKING_NOTIFIER_HEAD", "RAW_NOTIFIER_HEAD", "SRCU_NOTIFIER_HEAD", "DEFINE_RATELIMIT_STATE", "ATTRIBUTE_GROUPS",
	"guard", "scoped_guard", "scoped_cond_guard", "CLASS", "DEFINE_CLASS", "DEFINE_GUARD", "DEFINE_FREE", "no_free_ptr", "return_ptr",
	"memcpy", "memmove", "memset", "memcmp", "memchr", "strlen", "strnlen", "strcpy", "strncpy", "strlcpy", "strscpy", "strcat",
	"strncat", "strcmp", "__stringify", "const_ilog2", "va_arg", "va_start", "va_end", "va_copy", "BIT", "GENMASK", "FIELD_PREP", "FIELD_GET", "FIELD_FIT",
)

var dullNames = setOf(
	"min", "max", "min_t", "max_t", "min3", "max3", "min_not_zero", "clamp", "clamp_t", "clamp_val", "swap", "do_div",
	"round_up", "round_down", "roundup", "rounddown", "access_ok", "get_user", "put_user", "__get_user", "__put_user",
	"unsafe_get_user", "unsafe_put_user", "alternative", "CIRC_SPACE", "CIRC_CNT", "abs", "ilog2", "roundup_pow_of_two",
	"rounddown_pow_of_two", "order_base_2", "test_bit", "set_bit", "clear_bit", "__set_bit", "__clear_bit", "change_bit",
	"test_and_set_bit", "test_and_clear_bit", "udelay", "ndelay", "net_ratelimit",
)

// setOf makes a set.
func setOf(names ...string) map[string]struct{} {
	m := make(map[string]struct{}, len(names))
	for _, n := range names {
		m[n] = struct{}{}
	}
	return m
}
