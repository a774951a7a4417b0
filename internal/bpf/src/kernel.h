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

/* A task's number in a namespace of processes; the innermost one comes last. */
struct upid {
	int nr;
} CORE;

struct pid {
	unsigned int level;
	struct upid numbers[1];
} CORE;

struct task_struct {
	int pid;
	char comm[16];
	struct pid *thread_pid;
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

/* A structure of which only the place in another one is asked for. */
struct opaque {
	int unused;
} CORE;

struct completion {
	struct opaque wait;
} CORE;

struct mutex {
	struct opaque owner; /* a word: the task and three flags */
} CORE;

struct rw_semaphore {
	struct opaque owner; /* the same */
} CORE;

/* x86-64 only: what a kprobe or uprobe sees. */
struct pt_regs {
	unsigned long r15;
	unsigned long r14;
	unsigned long r13;
	unsigned long r12;
	unsigned long bp;
	unsigned long bx;
	unsigned long ax;
	unsigned long si;
	unsigned long di;
	unsigned long ip;
	unsigned long sp;
} CORE;

#endif
