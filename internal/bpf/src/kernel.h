/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel structures that the programs read, with only the members that
 * they read. The loader relocates each access to where the member is in the
 * running kernel (CO-RE), so order and padding here mean nothing.
 */
#ifndef GORDIAN_KERNEL_H
#define GORDIAN_KERNEL_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

typedef __u64 u64;
typedef __s64 s64;
typedef __u32 u32;
typedef __s32 s32;

#define CORE __attribute__((preserve_access_index))

struct thread_struct {
	unsigned long sp;
} CORE;

struct task_struct {
	unsigned int __state;
	long state; /* before 5.14 */
	void *stack;
	int pid;
	int tgid;
	unsigned int flags;
	char comm[16];
	u64 start_time;
	unsigned long nvcsw;
	unsigned long nivcsw;
	unsigned long blocker; /* CONFIG_DETECT_HUNG_TASK_BLOCKER, 6.16 */
	struct thread_struct thread;
} CORE;

struct work_struct {
	void *func;
} CORE;

struct kmem_cache {
	unsigned int size;
	const char *name;
} CORE;

struct slab {
	struct kmem_cache *slab_cache;
} CORE;

struct page {
	unsigned long compound_head;
	struct kmem_cache *slab_cache; /* before 5.17 */
} CORE;

struct swait_queue_head {
	int unused; /* only its place in a completion is asked for */
} CORE;

struct completion {
	unsigned int done;
	struct swait_queue_head wait;
} CORE;

struct mutex {
	struct {
		long counter;
	} owner;
} CORE;

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} CORE;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} CORE;

/* x86-64 only: what a kprobe sees. */
struct pt_regs {
	unsigned long di;
	unsigned long si;
	unsigned long ax;
	unsigned long sp;
} CORE;

#endif
