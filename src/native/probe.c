/* What this kernel, container and user allow, found out by trying it.
 *
 * Every attempt is made in a child that shares nothing with the caller (a fork-like clone), so the caller stays as it is,
 * and an attempt that is killed or hangs is an answer like any other. The child has no exit signal: no SIGCHLD handler
 * of the host hears of it, and ignoring SIGCHLD does not take its end away.
 * What is tried is a script without a program (src/doctor lowers it): it ends with "no such program" when every call has
 * worked, and at the call that was refused otherwise. */
#include "signals.h"
#include "spawn.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define CLOSE_RANGE_CLOEXEC 4

extern const char *gnu_get_libc_version(void) __attribute__((weak));

/* 0, or -errno when close_range cannot set close-on-exec (before 5.11, or a seccomp filter). */
int spawnctl_probe_close_range(void)
{
	return (int)syscall3(__NR_close_range, ~0u, ~0u, CLOSE_RANGE_CLOEXEC);
}

/* How an attempt ended; src/native/probe.ts knows these numbers. */
enum probe_end {
	PROBE_WORKED = 0,
	PROBE_FAILED,	   /* error, at failed_step of the script */
	PROBE_NOT_CREATED, /* error, of the call that creates the child the attempt is about */
	PROBE_KILLED,	   /* wait_status */
	PROBE_HUNG,
	PROBE_UNTRIED, /* error: there was no child to try it in */
};

/* Filled for JavaScript; 32 bytes, read by src/native/probe.ts. */
struct probe_result {
	int32_t end;
	int32_t error; /* errno, positive */
	int32_t failed_step;
	int32_t wait_status;
	int32_t shares_memory; /* what the created child wrote into private memory was seen */
	int32_t has_pidfd;
	uint64_t fork_ns; /* how long the fork-like clone of the caller took */
};

/* Which call creates the child that runs the script. */
enum probe_creation {
	CREATE_BY_FORK = 0, /* no other than the one that every attempt is made in */
	CREATE_BY_VFORK,
	CREATE_BY_CLONE3,
	CREATE_BY_CLONE,
};

/* Lies in memory that caller and child share. */
struct attempt {
	struct probe_result result;
	struct script_header *block;
	uint32_t creation;
	int32_t cgroup;
	uint64_t flags;
	char stack[CHILD_STACK_BYTES];
};

/* Whether the script ran to its end, as the block tells. */
static void collect_report(struct attempt *attempt)
{
	struct child_report report = attempt->block->report;
	struct probe_result *result = &attempt->result;
	if (report.state != CHILD_FAILED) {
		result->end = PROBE_KILLED;
		return;
	}
	result->end = report.failed_step == FAILED_AT_EXEC ? PROBE_WORKED : PROBE_FAILED;
	result->error = report.error;
	result->failed_step = report.failed_step;
}

static long clone3_onto_stack(struct attempt *attempt, struct child *child, int *pidfd)
{
	struct clone_args args;
	memset(&args, 0, sizeof args);
	args.flags = attempt->flags;
	args.pidfd = (uint64_t)pidfd;
	args.stack = (uint64_t)attempt->stack;
	args.stack_size = sizeof attempt->stack;
	if (attempt->cgroup < 0)
		return clone_onto_stack(__NR_clone3, (long)&args, CLONE_ARGS_SIZE_VER0, 0, 0, run_child, child);
	args.cgroup = (uint64_t)attempt->cgroup;
	return clone_onto_stack(__NR_clone3, (long)&args, CLONE_ARGS_SIZE_VER2, 0, 0, run_child, child);
}

/* In the child that shares nothing: creates the one that the attempt is about, and waits for it. */
static void create_and_wait(struct attempt *attempt)
{
	struct probe_result *result = &attempt->result;
	struct spawn_result spawned = {.pid = -1, .pidfd = -1};
	struct spawning s = {.result = &spawned, .report_fd = -1, .block = attempt->block, .child = {.block = attempt->block}};
	int pidfd = -1;
	long pid;
	if (attempt->creation == CREATE_BY_VFORK)
		pid = create_by_vfork(&s) < 0 ? -spawned.error : spawned.pid;
	else if (attempt->creation == CREATE_BY_CLONE3)
		pid = clone3_onto_stack(attempt, &s.child, &pidfd);
	else
		pid = clone_onto_stack(__NR_clone, (long)attempt->flags, (long)(attempt->stack + sizeof attempt->stack), (long)&pidfd,
				       0, run_child, &s.child);
	if (pid < 0) {
		result->end = PROBE_NOT_CREATED;
		result->error = (int)-pid;
		return;
	}
	result->has_pidfd = pidfd >= 0;
	result->wait_status = reap_for_status((int)pid);
	result->shares_memory = s.child.seen != 0;
	collect_report(attempt);
}

/* Returns 0 when there is nothing to be read within the time. */
static int wait_for_end_of_file(int fd, int timeout_ms)
{
	struct pollfd end = {.fd = fd, .events = POLLIN};
	uint64_t deadline = monotonic_ns() + (uint64_t)timeout_ms * 1000000u;
	for (;;) {
		uint64_t now = monotonic_ns(), left = now < deadline ? deadline - now : 0;
		struct timespec pause = {(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
		long ready = syscall5(__NR_ppoll, &end, 1, &pause, 0, 0);
		if (ready != -EINTR)
			return ready != 0;
	}
}

/* With what it has created, which would hang on, and which only its group names. Who has not begun yet has no group of its own. */
static void end_hung(long pid, const struct attempt *attempt)
{
	if (attempt->creation != CREATE_BY_FORK) {
		syscall2(__NR_setpgid, pid, pid);
		syscall2(__NR_kill, -pid, SIGKILL);
	}
	syscall2(__NR_kill, pid, SIGKILL);
}

/* Makes the child that shares nothing, and learns how it ended. */
static void try_apart(struct attempt *attempt, int timeout_ms)
{
	struct probe_result *result = &attempt->result;
	int ends[2];
	result->end = PROBE_UNTRIED;
	long error = syscall2(__NR_pipe2, ends, O_CLOEXEC);
	if (error < 0) {
		result->error = (int)-error;
		return;
	}
	uint64_t mask = block_all_signals(), started_ns = monotonic_ns();
	long pid = syscall5(__NR_clone, 0, 0, 0, 0, 0);
	if (pid == 0) {
		struct child child = {.block = attempt->block, .reset_handlers = 1};
		if (attempt->creation == CREATE_BY_FORK)
			run_child(&child);
		syscall2(__NR_setpgid, 0, 0);
		create_and_wait(attempt);
		exit_now(0);
	}
	result->fork_ns = monotonic_ns() - started_ns;
	restore_signals(mask);
	syscall1(__NR_close, ends[1]);
	if (pid < 0) {
		result->error = (int)-pid;
	} else {
		int hung = !wait_for_end_of_file(ends[0], timeout_ms);
		if (hung)
			end_hung(pid, attempt);
		int status = reap_for_status((int)pid);
		if (hung)
			result->end = PROBE_HUNG;
		else if (attempt->creation == CREATE_BY_FORK)
			collect_report(attempt);
		else if (result->end == PROBE_UNTRIED)
			result->end = PROBE_KILLED;
		if (result->end == PROBE_KILLED && WIFSIGNALED(status))
			result->wait_status = status;
	}
	syscall1(__NR_close, ends[0]);
}

static void *map_shared(size_t bytes)
{
	long address = syscall6(__NR_mmap, 0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return address < 0 && address > -4096 ? 0 : (void *)address;
}

/* Tries a script in a child that the given call creates. The flags come in two halves: numbers that cross have 32 bits. */
void spawnctl_probe(const uint8_t *image, uint32_t image_bytes, uint32_t creation, uint32_t flags_low, uint32_t flags_high,
		    int32_t cgroup, int32_t timeout_ms, struct probe_result *result)
{
	struct attempt *attempt = map_shared(sizeof *attempt);
	struct script_header *block = map_shared(image_bytes);
	memset(result, 0, sizeof *result);
	result->end = PROBE_UNTRIED;
	result->error = ENOMEM;
	if (attempt && block) {
		memcpy(block, image, image_bytes);
		attempt->block = block;
		attempt->creation = creation;
		attempt->flags = (uint64_t)flags_high << 32 | flags_low;
		attempt->cgroup = cgroup;
		try_apart(attempt, timeout_ms);
		*result = attempt->result;
	}
	if (attempt)
		syscall2(__NR_munmap, attempt, sizeof *attempt);
	if (block)
		syscall2(__NR_munmap, block, image_bytes);
}

/* "2.36" where libc is glibc; musl does not tell its version. Returns the length, 0 where there is none to tell. */
int spawnctl_glibc_version(uint8_t *text, uint32_t room)
{
	const char *version = gnu_get_libc_version ? gnu_get_libc_version() : "";
	uint32_t length = 0;
	for (; length < room && version[length]; length++)
		text[length] = (uint8_t)version[length];
	return (int)length;
}
