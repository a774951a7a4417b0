# SPDX-License-Identifier: Apache-2.0
# Functions whose locking kcode_test.go knows. code.txt is made of this by:
#   gcc -c code.s -o code.o && ld -Ttext 0xffffffff81000000 -e 0 code.o -o code.elf && objdump -d code.elf > code.txt
	.text
	.macro fn name
	.p2align 4, 0xcc
	.globl \name
	.type \name, @function
\name:
	.endm

# What the kernel's locking API is called; only the names matter.
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
fn panic
	int3

# down(&first); msleep(); up(&first);
fn straight
	endbr64
	push %rbx
	mov $first, %rdi
	call down
	call msleep
	mov $first, %rdi
	call up
	pop %rbx
	ret

# A lock that is taken on one of two ways only.
fn perhaps
	push %rbx
	mov %rdi, %rbx
	test %esi, %esi
	je 1f
	lea 0x10(%rbx), %rdi
	call mutex_lock
1:	call msleep
	pop %rbx
	ret

# Out of line block: a sweep through the text in order would see the unlock
# before the call that sleeps.
fn outofline
	push %rbx
	mov %rdi, %rbx
	lea 0x20(%rbx), %rdi
	call mutex_lock
	cmpl $0, 0x8(%rbx)
	jne 2f
	lea 0x20(%rbx), %rdi
	call mutex_unlock
	pop %rbx
	ret
2:	call msleep
	lea 0x20(%rbx), %rdi
	call mutex_unlock
	pop %rbx
	ret

# if (down_interruptible(s)) return; msleep();
fn condition
	push %rbp
	mov %rdi, %rbp
	call down_interruptible
	test %eax, %eax
	jne 3f
	call msleep
	mov %rbp, %rdi
	call up
3:	pop %rbp
	ret

# if (!mutex_trylock(m)) return; msleep();
fn trial
	push %rbp
	mov %rdi, %rbp
	call mutex_trylock
	test %eax, %eax
	je 4f
	call msleep
	mov %rbp, %rdi
	call mutex_unlock
4:	pop %rbp
	ret

# Locks and unlocks in a loop, sleeps outside of the section.
fn around
	push %r12
	push %rbx
	mov %rdi, %rbx
	mov $10, %r12d
5:	lea 0x8(%rbx), %rdi
	call mutex_lock
	lea 0x8(%rbx), %rdi
	call mutex_unlock
	call msleep
	sub $1, %r12d
	jne 5b
	pop %rbx
	pop %r12
	ret

# A reader that reads again in a loop: down_read(s); do { down_read(s);
# up_read(s); } while (…); up_read(s);
fn nested
	push %rbx
	mov %rdi, %rbx
	call down_read
7:	mov %rbx, %rdi
	call down_read
	mov %rbx, %rdi
	call up_read
	call msleep
	test %eax, %eax
	jne 7b
	mov %rbx, %rdi
	call up_read
	pop %rbx
	ret

# A signal: down() again and again, never up().
fn signalled
	push %rbx
	mov %rdi, %rbx
6:	mov %rbx, %rdi
	call down
	call msleep
	jmp 6b

# Wrappers, one of them by a tail call.
fn take
	add $0x18, %rdi
	jmp mutex_lock
fn give
	sub $8, %rsp
	add $0x18, %rdi
	call mutex_unlock
	add $8, %rsp
	ret
fn wrapped
	push %r14
	mov %rdi, %r14
	call take
	call msleep
	mov %r14, %rdi
	call give
	pop %r14
	ret

# The lock is reached through a pointer: mutex_lock(&p->dev->lock).
fn pointed
	push %rbx
	mov %rdi, %rbx
	mov 0x30(%rbx), %rdi
	add $0x40, %rdi
	call mutex_lock
	call msleep
	mov 0x30(%rbx), %rdi
	add $0x40, %rdi
	call mutex_unlock
	pop %rbx
	ret

# spin_unlock() inlined: one byte is cleared.
fn inlined
	push %rbx
	mov %rdi, %rbx
	call _raw_spin_lock
	call msleep
	movb $0, (%rbx)
	call msleep
	pop %rbx
	ret

# Completes for others, later.
fn server
	push %rbx
	mov %rdi, %rbx
	mov $state, %rdi
	call mutex_lock
	lea 0x50(%rbx), %rdi
	call complete
	mov $state, %rdi
	call mutex_unlock
	pop %rbx
	ret

# Spills a pointer to the stack instead of a callee-saved register.
fn spilled
	push %rbp
	mov %rsp, %rbp
	push %rbx
	sub $24, %rsp
	mov %rdi, -0x18(%rbp)
	xor %ebx, %ebx
	call down_read
	call msleep
	mov -0x18(%rbp), %rdi
	call up_read
	mov -0x8(%rbp), %rbx
	leave
	ret

# Never comes back: what follows in the text belongs to nobody.
fn lost
	push %rbx
	mov $first, %rdi
	call down
	call panic

# down(p); up(p->peer), which may be p; msleep();
fn twonames
	push %rbx
	mov %rdi, %rbx
	call down
	mov 0x40(%rbx), %rdi
	call up
	call msleep
	pop %rbx
	ret

# down(p); a jump table, of which some ways may release it; msleep();
fn tabled
	push %rbx
	mov %rdi, %rbx
	call down
	cmp $3, %esi
	ja 1f
	mov %esi, %eax
	jmp *first(,%rax,8)
1:	call msleep
	pop %rbx
	ret

# lea and and: the stack is aligned to 16 bytes before anything is saved;
# down(p); msleep();
fn aligned
	lea 8(%rsp), %r10
	and $-16, %rsp
	push -8(%r10)
	push %rbp
	mov %rsp, %rbp
	push %r10
	push %rbx
	mov %rdi, %rbx
	call down
	call msleep
	pop %rbx
	pop %r10
	pop %rbp
	lea -8(%r10), %rsp
	ret
	.globl first, state
	.set first, 0xffffffff82000000
	.set state, 0xffffffff82000040
