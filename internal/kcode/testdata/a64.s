// SPDX-License-Identifier: Apache-2.0
// Functions whose locking a64_test.go knows. a64.txt is made of this by:
//   aarch64-linux-gnu-gcc -c a64.s -o a64.o &&
//   aarch64-linux-gnu-ld -Ttext 0xffff800081000000 --defsym first=0xffff800082000000 -e 0 a64.o -o a64.elf &&
//   aarch64-linux-gnu-objdump -d a64.elf > a64.txt
	.text
	.macro fn name
	.p2align 4
	.globl \name
	.type \name, %function
\name:
	.endm
	.macro enter
	paciasp
	stp x29, x30, [sp, #-48]!
	mov x29, sp
	stp x19, x20, [sp, #16]
	.endm
	.macro leave
	ldp x19, x20, [sp, #16]
	ldp x29, x30, [sp], #48
	autiasp
	ret
	.endm

// What the kernel's locking API is called; only the names matter.
fn down
	ret
fn up
	ret
fn down_interruptible
	ret
fn mutex_lock
	ret
fn mutex_unlock
	ret
fn mutex_trylock
	ret
fn down_read
	ret
fn up_read
	ret
fn _raw_spin_lock
	ret
fn complete
	ret
fn msleep
	ret

// down(&first); msleep(); up(&first);
fn straight
	enter
	adrp x0, first
	add x0, x0, :lo12:first
	bl down
	mov w0, #100
	bl msleep
	adrp x0, first
	add x0, x0, :lo12:first
	bl up
	leave

// A lock that is taken on one of two ways only.
fn perhaps
	enter
	mov x19, x0
	cmp x1, #3
	b.ls 1f
	add x0, x19, #0x10
	bl mutex_lock
1:	bl msleep
	leave

// if (down_interruptible(p)) return; msleep(); up(p);
fn condition
	enter
	mov x19, x0
	bl down_interruptible
	cbnz w0, 1f
	bl msleep
	mov x0, x19
	bl up
1:	leave

// if (!mutex_trylock(p)) return; …, with the test of the result apart.
fn trial
	enter
	mov x20, x0
	bl mutex_trylock
	cmp w0, #0
	b.eq 1f
	bl msleep
	mov x0, x20
	bl mutex_unlock
1:	leave

// An error is negative: tbnz of the sign.
fn negative
	enter
	mov x19, x0
	bl down_interruptible
	tbnz w0, #31, 1f
	bl msleep
1:	leave

// Nothing is held: the lock is released in each round.
fn around
	enter
	mov x19, x0
1:	add x0, x19, #8
	bl mutex_lock
	add x0, x19, #8
	bl mutex_unlock
	bl msleep
	ldr w1, [x19, #64]
	cbz w1, 1b
	add x0, x19, #0x40
	bl complete
	leave

// A helper takes the lock of its argument.
fn helper
	enter
	add x0, x0, #0x18
	bl mutex_lock
	leave
fn wrapped
	enter
	mov x19, x0
	bl helper
	bl msleep
	add x0, x19, #0x18
	bl mutex_unlock
	leave

// A helper that jumps to the lock function.
fn tailed
	add x0, x0, #0x20
	b mutex_lock
fn throughtail
	enter
	mov x19, x0
	bl tailed
	bl msleep
	leave

// mutex_lock(&p->dev->lock), where only p is in a register.
fn pointed
	enter
	mov x19, x0
	ldr x0, [x0, #0x30]
	add x0, x0, #0x40
	bl mutex_lock
	bl msleep
	leave

// An inlined unlock: stlrb wzr. The lock is held in the first sleep only.
fn inlined
	enter
	mov x19, x0
	bl _raw_spin_lock
	bl msleep
	stlrb wzr, [x19]
	bl msleep
	leave

// The pointer is on the stack alone.
fn spilled
	enter
	str x0, [sp, #40]
	bl down_read
	mov x19, xzr
	bl msleep
	ldr x0, [sp, #40]
	bl up_read
	leave

// Exclusives, atomics and pairs with moving bases do not lose the lock.
fn noisy
	enter
	mov x19, x0
	bl down
1:	ldxr w1, [x19]
	stxr w2, w1, [x19]
	cbnz w2, 1b
	mrs x3, sp_el0
	stp x1, x2, [sp, #-16]!
	ldp x1, x2, [sp], #16
	ldr x4, [x3], #8
	str x4, [x3, #8]!
	movk x4, #1, lsl #16
	csel x5, x4, x3, eq
	bl msleep
	leave

// Through code of the module loader.
fn far
	enter
	mov x19, x0
	bl veneer
	bl msleep
	leave
	.p2align 4
veneer:
	adrp x16, mutex_lock
	add x16, x16, :lo12:mutex_lock
	br x16
