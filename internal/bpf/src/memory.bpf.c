// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the kernel's memory for user space, a page at a time: what /proc/kcore
 * does, where that is not there.
 */
#include "kernel.h"

char LICENSE[] SEC("license") = "GPL";

#define PAGE 4096

struct request {
	u64 addr;
	s64 result;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, char[PAGE]);
} page SEC(".maps");

SEC("syscall") int read_page(struct request *r)
{
	u32 zero = 0;
	char *to = bpf_map_lookup_elem(&page, &zero);

	if (to)
		r->result = bpf_probe_read_kernel(to, PAGE, (void *)(r->addr & ~(PAGE - 1ULL)));
	return 0;
}
