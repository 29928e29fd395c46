/* spawnctl-init PID: stands between spawnctl and a program that had to be a grandchild, or is not to be process 1.
 *
 * Becomes:  by exec from the child that made the program, so that is its child already, and every signal is blocked.
 * Signals:  what is sent to it goes on to the program, or to its whole group where that is said (init.h); what the terminal
 *           sends has reached that as well.
 * Stops:    with the program, and continues it, so that a shell sees a stopped job. Process 1 is stopped from outside.
 * Reaps:    as process 1 of a pid namespace whatever is orphaned there.
 * Ends:     as the program did: its exit code, or its signal; 128 + n where that does not end process 1. A pid namespace
 *           ends with it.
 * It links no libc and holds nothing open. Source: pid_namespaces(7), unshare(1) and nsenter(1) with --fork, docker-init. */
#include "init.h"
#include "syscall.h"

#include <asm/errno.h>
#include <asm/resource.h>
#include <linux/wait.h>
#include <signal.h>
#include <stdint.h>

#define LAST_OF_NO_CLOSE_RANGE 1024

static void by_default(int sig)
{
	struct kernel_sigaction action = {0, 0, 0, 0};
	syscall4(__NR_rt_sigaction, sig, &action, 0, SIGSET_BYTES);
}

static void send(long pid, int sig)
{
	syscall2(__NR_kill, pid, sig);
}

/* No pipe stays open, no directory busy, because of it. */
static void let_go(void)
{
	if (syscall3(__NR_close_range, 0, ~0u, 0) < 0)
		for (int fd = 0; fd < LAST_OF_NO_CLOSE_RANGE; fd++)
			syscall1(__NR_close, fd);
	syscall1(__NR_chdir, "/");
}

static _Noreturn void end_as(int status)
{
	int sig = status & 0x7f;
	if (sig) {
		uint64_t no_core[2] = {0, 0}, mask = 1ull << (sig - 1);
		syscall4(__NR_prlimit64, 0, RLIMIT_CORE, no_core, 0);
		by_default(sig);
		send(syscall0(__NR_getpid), sig);
		syscall4(__NR_rt_sigprocmask, SIG_UNBLOCK, &mask, 0, SIGSET_BYTES);
	}
	exit_now(sig ? 128 + sig : (status >> 8) & 0xff);
}

static void reap(long program)
{
	int status;
	long pid;
	while ((pid = syscall4(__NR_wait4, -1, &status, WNOHANG | WUNTRACED | __WALL, 0)) > 0) {
		if (pid != program)
			continue;
		if ((status & 0xff) != 0x7f)
			end_as(status);
		if (syscall0(__NR_getpid) != 1) {
			send(syscall0(__NR_getpid), SIGSTOP);
			send(program, SIGCONT);
		}
	}
	if (pid < 0) /* there is no program any more, or a filter refuses to tell of it */
		end_as(0xff << 8);
}

/* What was sent to the group from within comes back: from itself, or from process 1 of the namespace below, which the
 * kernel names by its number there. That of this namespace is told from it by being this one's maker: what that sends is
 * passed on, even if some of it may be an echo. */
static int is_echo(const siginfo_t *info)
{
	return info->si_pid == syscall0(__NR_getpid) || (info->si_pid == 1 && syscall0(__NR_getppid) != 1);
}

static void pass_on(long program, int sig, const siginfo_t *info)
{
	if (info->si_code == SI_QUEUE && info->si_value.sival_int == TO_GROUP)
		send(0, sig);
	else if (info->si_code != SI_KERNEL && info->si_pid != program && !is_echo(info))
		send(program, sig);
}

static long number(const char *text)
{
	long value = 0;
	for (; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (*text - '0');
	return value;
}

/* The words as the kernel lays them out: argc, then argv. */
__attribute__((used)) _Noreturn void init_main(char **words)
{
	long program = number(words[2]);
	uint64_t all = ~0ull;
	siginfo_t info;
	let_go();
	by_default(SIGCHLD);
	for (;;) {
		reap(program);
		long sig = syscall4(__NR_rt_sigtimedwait, &all, &info, 0, SIGSET_BYTES);
		if (sig > 0 && sig != SIGCHLD)
			pass_on(program, (int)sig, &info);
	}
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\txor %ebp, %ebp\n\tand $-16, %rsp\n\tcall init_main\n\thlt\n");
#else
__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tmov x29, xzr\n\tbl init_main\n\tbrk 1\n");
#endif
