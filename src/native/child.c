/* Runs in the child, from its creation until execve.
 *
 * Memory:   with vfork and clone(CLONE_VM) this is the parent's memory, still in use by its other threads.
 * May call: system calls, thinly wrapped. Nothing that locks, allocates or formats; set*id only by raw system call
 *           (the libc wrapper signals every thread of the process it believes it is in). No thread-local storage:
 *           errno and the stack protector's canary are the parent's.
 * Signals:  all blocked on entry. Handlers go to default first; the last step of the script sets the mask.
 * Reports:  {how far it came, failed step, errno} in the shared block, once; the end-of-file of the close-on-exec
 *           pipe says "look now".
 * Ends:     execve or _exit(127); one that has made a second process for the program executes spawnctl-init instead.
 *           Never returns into a caller's frame, never exit().
 * Held to:  test/native/child-contract.native.test.ts (nm -u child.o is empty).
 * Source:   vfork(2), signal-safety(7), execvp(3), musl's posix_spawn.c. */
#include "child.h"
#include "syscall.h"

#include <asm/errno.h>
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#define LAST_SIGNAL 64
#define CAUGHT(action) ((action).handler > 1) /* neither SIG_DFL nor SIG_IGN */

static void reset_handlers(void)
{
	struct kernel_sigaction now, by_default = {0, 0, 0, 0};
	for (int sig = 1; sig <= LAST_SIGNAL; sig++)
		if (syscall4(__NR_rt_sigaction, sig, 0, &now, SIGSET_BYTES) == 0 && CAUGHT(now))
			syscall4(__NR_rt_sigaction, sig, &by_default, 0, SIGSET_BYTES);
}

/* A filter that the script has set need not allow the clock. */
static int is_filtered(const struct script_header *block)
{
	const struct step *steps = at(block, block->steps);
	return block->step_count > 0 && steps[block->step_count - 1].nr == __NR_seccomp;
}

void stamp(struct script_header *block, uint32_t which)
{
	struct {
		int64_t sec, nsec;
	} now;
	if (!block->stamps || (which >= STAMP_STEPS + block->step_count && is_filtered(block)))
		return;
	if (syscall2(__NR_clock_gettime, CLOCK_MONOTONIC, &now) == 0)
		((int64_t *)at(block, block->stamps))[which] = now.sec * 1000000000 + now.nsec;
}

static _Noreturn void leave(struct script_header *block, int32_t failed_step, long error)
{
	stamp(block, STAMP_STEPS + block->step_count + 1);
	block->report.failed_step = failed_step;
	block->report.error = (int32_t)-error;
	__atomic_store_n(&block->report.state, CHILD_FAILED, __ATOMIC_RELEASE);
	exit_now(127);
}

static int forgiven(const struct step *step, long error)
{
	return -error == step->forgive[0] || -error == step->forgive[1];
}

/* A fork in another thread may hold a program that was just written open for writing: a short wait cures it. */
#define BUSY_RETRIES 6
static long execute(const char *path, char **argv, char **envp)
{
	struct {
		int64_t sec, nsec;
	} pause = {0, 1000000};
	long error = syscall3(__NR_execve, path, argv, envp);
	for (int i = 0; error == -ETXTBSY && i < BUSY_RETRIES; i++, pause.nsec *= 2) {
		syscall2(__NR_nanosleep, &pause, 0);
		error = syscall3(__NR_execve, path, argv, envp);
	}
	return error;
}

/* execvp's search, in the one child: a missing file goes on to the next, EACCES is remembered, a file without a known
 * format is the shell's to read, anything else ends the search. */
static long execute_candidates(struct script_header *block)
{
	char **argv = at(block, block->argv), **envp = at(block, block->envp);
	char **candidates = at(block, block->candidates);
	long error = -ENOENT, denied = 0;
	for (uint32_t i = 0; i < block->candidate_count; i++) {
		block->report.candidate = i;
		error = execute(candidates[i], argv, envp);
		if (error == -ENOEXEC) {
			char **shell_argv = argv - 1;
			shell_argv[0] = at(block, block->shell);
			shell_argv[1] = candidates[i];
			return execute(shell_argv[0], shell_argv, envp);
		}
		if (error == -EACCES)
			denied = error;
		else if (error != -ENOENT && error != -ENOTDIR)
			return error;
	}
	return denied ? denied : error;
}

/* One that was made by another process of the script: with its maker it shares memory, and the program's end. */
struct second_process {
	const struct child *child;
	uint32_t first_step;
	uint32_t maker_lives; /* the kernel writes 0 when the maker has ended: set_tid_address(2) */
	struct kernel_sigaction on_child;
};

/* A maker that has ended before the death signal was asked for sends none. */
static void end_unless_made(const struct second_process *self)
{
	if (self && !__atomic_load_n(&self->maker_lives, __ATOMIC_ACQUIRE))
		exit_now(127);
}

static _Noreturn void run_program(struct script_header *block, const struct second_process *self)
{
	end_unless_made(self);
	stamp(block, STAMP_STEPS + block->step_count);
	block->report.state = CHILD_EXECUTING;
	leave(block, FAILED_AT_EXEC, execute_candidates(block));
}

static void run_steps(const struct child *child, uint32_t first, const struct second_process *self);

static _Noreturn void run_second(void *context)
{
	const struct second_process *self = context;
	syscall4(__NR_rt_sigaction, SIGCHLD, &self->on_child, 0, SIGSET_BYTES);
	run_steps(self->child, self->first_step, self);
	run_program(self->child->block, self);
}

static void write_decimal(char *text, long number)
{
	int digits = 1;
	for (long rest = number; rest >= 10; rest /= 10)
		digits++;
	for (text[digits] = 0; digits > 0; number /= 10)
		text[--digits] = (char)('0' + number % 10);
}

/* The program may have become somebody whom this one, as an ordinary user of a user namespace, could not signal after its
 * own execve: neither pass anything on, nor end it by dying. An ambient capability outlives that. Where it may not have
 * it, it needs none. */
static void keep_right_to_signal(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
	if (syscall2(__NR_capget, &header, sets) < 0)
		return;
	sets[0].inheritable |= 1u << CAP_KILL;
	if (syscall2(__NR_capset, &header, sets) == 0)
		syscall5(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0);
}

/* Below everything that this process may still need of its stack while it sleeps, and is not going to need later. */
#define STACK_KEPT_BYTES 2048

/* The program is to be a child of this process, which only watches over it. The second process has its own stretch of the
 * stack and the same memory; this one sleeps until that has executed the program or failed, as its own parent may do, and
 * then executes spawnctl-init. Killed meanwhile, it wakes its parent; so nothing that the second one uses lies on a stack
 * that is not its own. SIGCHLD is not ignored meanwhile, whatever the script says: the status would be lost. */
static __attribute__((noinline)) _Noreturn void begin_second_process(const struct child *child, uint32_t step, const long *args,
								     const struct second_process *self)
{
	struct script_header *block = child->block;
	struct kernel_sigaction by_default = {0, 0, 0, 0};
	char *top = child->second_stack && !self ? child->second_stack : (char *)__builtin_frame_address(0) - STACK_KEPT_BYTES;
	struct second_process *second = (void *)((long)(top - sizeof *second) & -16);
	second->child = child;
	second->first_step = step + 1;
	second->maker_lives = 1;
	end_unless_made(self);
	syscall4(__NR_rt_sigaction, SIGCHLD, &by_default, &second->on_child, SIGSET_BYTES);
	syscall1(__NR_set_tid_address, &second->maker_lives);
	long pid = clone_onto_stack(__NR_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, (long)second, 0, 0, run_second, second);
	if (pid < 0)
		leave(block, (int32_t)step, pid);
	int status = 0;
	if (__atomic_load_n(&block->report.state, __ATOMIC_ACQUIRE) == CHILD_EXECUTING) {
		char *const *argv = (char *const *)args[1];
		write_decimal((char *)args[2], pid);
		keep_right_to_signal();
		long error = syscall5(__NR_execveat, args[0], "", argv, argv + 2, AT_EMPTY_PATH);
		syscall2(__NR_kill, pid, SIGKILL);
		syscall4(__NR_wait4, pid, &status, __WALL, 0);
		leave(block, (int32_t)step, error);
	}
	syscall4(__NR_wait4, pid, &status, __WALL, 0);
	exit_now(status & 0x7f ? 128 + (status & 0x7f) : 127);
}

/* Out of another pid namespace the caller's pid reads as 0. Where poll is refused nothing tells that it has ended. */
static int is_caller_there(const struct child *child, long parent, long caller)
{
	struct {
		int32_t fd;
		int16_t events, revents;
	} ended = {child->caller_pidfd, POLLIN, 0};
	int64_t at_once[2] = {0, 0};
	if (parent != 0)
		return parent == caller;
	return ended.fd < 0 || syscall5(__NR_ppoll, &ended, 1, at_once, 0, SIGSET_BYTES) != 1;
}

static void run_steps(const struct child *child, uint32_t first, const struct second_process *self)
{
	struct script_header *block = child->block;
	struct step *steps = at(block, block->steps);
	int64_t *slots = at(block, block->slots);
	for (uint32_t i = first; i < block->step_count; i++) {
		const struct step *step = &steps[i];
		long args[6];
		for (int n = 0; n < 6; n++) {
			uint64_t arg = step->args[n];
			if (step->from_slot & (1u << n))
				arg = (uint64_t)slots[arg];
			if (step->relocate & (1u << n))
				arg += (uint64_t)block;
			args[n] = (long)arg;
		}
		stamp(block, STAMP_STEPS + i);
		if (step->nr == SECOND_PROCESS)
			begin_second_process(child, i, args, self);
		long result = syscall6(step->nr, args[0], args[1], args[2], args[3], args[4], args[5]);
		if (result < 0 && result > -4096 && !forgiven(step, result))
			leave(block, (int32_t)i, result);
		if (asks_for_caller(step) && !is_caller_there(child, result, args[5]))
			leave(block, (int32_t)i, -ESRCH);
		if (step->save_slot >= 0)
			slots[step->save_slot] = result;
	}
}

_Noreturn void run_child(void *context)
{
	struct child *child = context;
	struct script_header *block = child->block;
	child->seen = 1;
	stamp(block, STAMP_BEGAN);
	block->report.state = CHILD_RUNNING;
	if (child->reset_handlers)
		reset_handlers();
	run_steps(child, 0, 0);
	run_program(block, 0);
}
