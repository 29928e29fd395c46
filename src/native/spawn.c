/* The life of one spawn on the caller's side: lay the block out, block signals, let the method create the child,
 * restore the caller, learn from the child how it went. */
#define _GNU_SOURCE
#include "spawn.h"
#include "signals.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

int fail(struct spawning *s, enum spawn_stage stage, int call, long error)
{
	s->result->stage = stage;
	s->result->failed_call = call;
	s->result->error = (int)-error;
	return (int)error;
}

void close_fd(int32_t *fd)
{
	if (*fd >= 0)
		syscall1(__NR_close, *fd);
	*fd = -1;
}

/* A pipe whose writing end goes away in the child at execve or death. It must not sit on a number that the script
 * names, or it would be mistaken for a descriptor of the user's, or overwritten. */
static int open_end_of_file_pipe(struct spawning *s)
{
	int ends[2], floor = (int)s->block->fd_floor;
	long error = syscall2(__NR_pipe2, ends, O_CLOEXEC);
	if (error < 0)
		return fail(s, STAGE_PREPARE, __NR_pipe2, error);
	s->end_of_file = ends[0];
	s->report_fd = ends[1];
	for (int i = 0; i < 2; i++) {
		int *end = i ? &s->report_fd : &s->end_of_file;
		if (*end >= floor)
			continue;
		long moved = syscall3(__NR_fcntl, *end, F_DUPFD_CLOEXEC, floor);
		if (moved < 0)
			return fail(s, STAGE_PREPARE, __NR_fcntl, moved == -EINVAL ? -EMFILE : moved);
		close_fd(end);
		*end = (int)moved;
	}
	return 0;
}

static int create(struct spawning *s)
{
	switch (s->block->method) {
	case METHOD_FORK:
		return create_by_fork(s);
	case METHOD_VFORK:
		return create_by_vfork(s);
	case METHOD_POSIX_SPAWN:
		return create_by_posix_spawn(s);
	case METHOD_CLONE:
		return create_by_clone(s);
	case METHOD_CLONE_VM:
		return create_by_clone_vm(s);
	case METHOD_ZYGOTE:
		return create_by_zygote(s);
	}
	return fail(s, STAGE_PREPARE, 0, -EINVAL);
}

static void await_end_of_file(int fd)
{
	char byte;
	while (syscall3(__NR_read, fd, &byte, 1) == -EINTR)
		;
}

static int reap(struct spawning *s)
{
	close_fd(&s->result->pidfd);
	return reap_for_status(s->result->pid);
}

/* For a child that came without a pidfd. The pipe's writing end is of no more use here, and gives its number up for it:
 * out of descriptors is said before there is a child. */
void adopt(struct spawning *s, int pid)
{
	close_fd(&s->report_fd);
	s->result->pid = pid;
	s->result->pidfd = open_pidfd(pid);
}

/* The child has executed, failed or died: the block says which. posix_spawn's child writes none, its return has told. */
void read_report(struct spawning *s)
{
	struct spawn_result *result = s->result;
	struct child_report report = s->block->report;
	if (s->block->method == METHOD_POSIX_SPAWN)
		return;
	result->candidate = report.candidate;
	switch (report.state) {
	case CHILD_EXECUTING:
		result->stage = STAGE_SPAWNED;
		return;
	case CHILD_FAILED:
		result->stage = report.failed_step == FAILED_AT_EXEC ? STAGE_EXEC : STAGE_STEP;
		result->failed_step = report.failed_step;
		result->error = report.error;
		return;
	default:
		result->stage = STAGE_KILLED;
	}
}

void release_spawning(struct spawning *s)
{
	close_fd(&s->end_of_file);
	close_fd(&s->report_fd);
	if (s->stack)
		release_stack(s);
	release_block(s);
}

static int tells_at_once(uint32_t method)
{
	return method == METHOD_VFORK || method == METHOD_CLONE || method == METHOD_POSIX_SPAWN;
}

/* Of a clone-vm that is left to the thread the report is read when the child has ended. Ids that change in shared memory
 * are waited out. */
static int needs_end_of_file(const struct spawning *s)
{
	const struct script_header *block = s->block;
	if (block->method == METHOD_CLONE_VM)
		return !s->left_to_thread || (block->traits & (TRAIT_CHANGES_CREDENTIALS | TRAIT_SECOND_PROCESS));
	return block->method != METHOD_POSIX_SPAWN;
}

/* The end of a first process resumes the caller while the second one may still use this memory: the pipe alone tells. */
int is_settled(const struct spawning *s)
{
	const struct script_header *block = s->block;
	return block->method == METHOD_POSIX_SPAWN ||
	       (s->settled_by_resumption && s->child.seen && !(block->traits & TRAIT_SECOND_PROCESS));
}

int is_in_use(const struct spawning *s)
{
	struct pollfd executed = {s->end_of_file, POLLIN, 0};
	return (s->block->traits & TRAIT_SECOND_PROCESS) && poll(&executed, 1, 0) == 0;
}

/* The zygote finds its own way. */
static int32_t caller_pidfd(const struct script_header *block)
{
	if (!asks_by_pidfd(block) || block->method == METHOD_ZYGOTE)
		return -1;
	return open_pidfd((int)syscall0(__NR_getpid));
}

int bring_forth(struct spawning *s, const uint8_t *image, uint32_t image_bytes, struct spawn_result *result, int left_to_thread)
{
	*s = (struct spawning){
		.result = result, .end_of_file = -1, .report_fd = -1, .block_fd = -1, .left_to_thread = left_to_thread};
	*result = (struct spawn_result){.pid = -1, .pidfd = -1};
	s->started_ns = monotonic_ns();
	int error = lay_block_out(s, image, image_bytes);
	if (error == 0 && left_to_thread && !tells_at_once(s->block->method))
		error = look_first(s);
	if (error == 0 && needs_end_of_file(s))
		error = open_end_of_file_pipe(s);
	if (error < 0)
		return error;
	s->child = (struct child){.block = s->block, .reset_handlers = 1, .caller_pidfd = caller_pidfd(s->block)};
	save_dumpable(s);
	s->caller_mask = block_all_signals();
	stamp(s->block, STAMP_CREATING);
	error = create(s);
	restore_signals(s->caller_mask);
	result->caller_blocked_ns = monotonic_ns() - s->started_ns;
	close_fd(&s->report_fd);
	if (s->child.caller_pidfd >= 0)
		syscall1(__NR_close, s->child.caller_pidfd);
	if (error < 0)
		restore_dumpable(s);
	return error;
}

void conclude(struct spawning *s)
{
	if (!is_settled(s))
		await_end_of_file(s->end_of_file);
	read_report(s);
	if (s->result->stage != STAGE_SPAWNED)
		s->result->wait_status = reap(s);
	s->result->spawn_to_exec_ns = monotonic_ns() - s->started_ns;
	restore_dumpable(s);
}

static void spawn(struct spawning *s, const uint8_t *image, uint32_t image_bytes, struct spawn_result *result)
{
	if (bring_forth(s, image, image_bytes, result, 0) == 0)
		conclude(s);
}

void spawnctl_spawn(const uint8_t *image, uint32_t image_bytes, struct spawn_result *result)
{
	struct spawning s;
	spawn(&s, image, image_bytes, result);
	release_spawning(&s);
}

void spawn_stamped(uint8_t *image, uint32_t image_bytes, struct spawn_result *result)
{
	struct spawning s;
	spawn(&s, image, image_bytes, result);
	if (s.block)
		put_stamps_back(image, &s);
	release_spawning(&s);
}
