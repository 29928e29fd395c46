/* Raw system calls: the only way into the kernel on the child's path, and all the zygote has (it links no libc).
 *
 * A libc wrapper would write errno, which is the parent's under CLONE_VM, or signal "its" threads (set*id).
 * Each call returns the kernel's own answer: a result, or -errno. */
#ifndef SPAWNCTL_SYSCALL_H
#define SPAWNCTL_SYSCALL_H

#include <asm/unistd.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#error "spawnctl knows the system calls of x86_64 and aarch64"
#endif

#if defined(__x86_64__)

static inline long syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* A clone or clone3 whose child has a stack of its own: the child calls run(context) there and never comes back,
 * so no frame of the caller is shared. Only registers that the kernel leaves alone carry the call over. child_tid is
 * clone's alone, and stands at another place in each architecture. */
static inline long clone_onto_stack(long nr, long a, long b, long c, const void *child_tid, void (*run)(void *), void *context)
{
	long ret;
	register long r10 __asm__("r10") = (long)child_tid;
	register long r8 __asm__("r8") = 0;
	register void (*r12)(void *) __asm__("r12") = run;
	register void *r13 __asm__("r13") = context;
	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r13, %%rdi\n\t"
			 "call *%%r12\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r12), "r"(r13)
			 : "rcx", "r11", "memory");
	return ret;
}

#else

static inline long syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
}

static inline long clone_onto_stack(long nr, long a, long b, long c, const void *child_tid, void (*run)(void *), void *context)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = 0;
	register long x4 __asm__("x4") = (long)child_tid;
	register void (*x19)(void *) __asm__("x19") = run;
	register void *x20 __asm__("x20") = context;
	__asm__ volatile("svc 0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "mov x0, x20\n\t"
			 "blr x19\n\t"
			 "brk 1\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x19), "r"(x20)
			 : "memory");
	return x0;
}

#endif

#define syscall0(nr) syscall6(nr, 0, 0, 0, 0, 0, 0)
#define syscall1(nr, a) syscall6(nr, (long)(a), 0, 0, 0, 0, 0)
#define syscall2(nr, a, b) syscall6(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define syscall3(nr, a, b, c) syscall6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define syscall4(nr, a, b, c, d) syscall6(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define syscall5(nr, a, b, c, d, e) syscall6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

/* A filter may refuse even this: then by a trap, or who waits for the end would wait for ever. */
static inline _Noreturn void exit_now(long code)
{
	syscall1(__NR_exit_group, code);
	__builtin_trap();
}

#define SIGSET_BYTES 8

/* The kernel's struct sigaction, as rt_sigaction takes it; libc's has another shape. */
struct kernel_sigaction {
	unsigned long handler, flags, restorer, mask;
};

#endif
