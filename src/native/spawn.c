/* The life of one spawn on the caller's side: lay the block out, block signals, let the method create the child,
 * restore the caller, learn from the child how it went. */
#define _GNU_SOURCE /* environ */
#include "spawn.h"
#include "signals.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

uint64_t monotonic_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Safe from pid reuse: only this process can reap the child. */
int open_pidfd(int pid)
{
	long fd = syscall2(__NR_pidfd_open, pid, 0);
	return fd < 0 ? -1 : (int)fd;
}

/* Where pidfd_send_signal is not to be had, or refused, by pid: that of a child which has not been reaped is still its own,
 * and one that has been would have got ESRCH. */
long signal_process(int pid, int pidfd, int sig)
{
	long error = pidfd < 0 ? -ENOSYS : syscall4(__NR_pidfd_send_signal, pidfd, sig, 0, 0);
	return error < 0 && error != -ESRCH ? syscall2(__NR_kill, pid, sig) : error;
}

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

/* Bytes that the caller's environment takes in a block: words, and the strings. */
static uint32_t environment_bytes(uint32_t *count)
{
	uint32_t bytes = sizeof(uint64_t);
	for (*count = 0; environ && environ[*count]; ++*count)
		bytes += sizeof(uint64_t) + (uint32_t)strlen(environ[*count]) + 1;
	return (bytes + 7) & ~7u;
}

static void append_environment(struct script_header *block, uint32_t count, uint32_t bytes)
{
	uint64_t *words = (uint64_t *)((char *)block + block->total_bytes);
	uint32_t at = block->total_bytes + (count + 1) * (uint32_t)sizeof *words;
	uint32_t end = block->total_bytes + bytes, i;
	block->envp = block->total_bytes;
	block->total_bytes = end;
	for (i = 0; i < count && environ[i]; i++) {
		uint32_t length = (uint32_t)strnlen(environ[i], end - at) + 1;
		if (length > end - at)
			break; /* another thread has made it longer meanwhile */
		memcpy((char *)block + at, environ[i], length);
		words[i] = at;
		at += length;
	}
	words[i] = 0;
	block->envc = i;
}

static int map_shared(struct spawning *s, uint32_t method, uint32_t bytes)
{
	int flags = MAP_SHARED | MAP_ANONYMOUS;
	if (method == METHOD_ZYGOTE) {
		long fd = syscall2(__NR_memfd_create, "spawnctl-script", 1 /* MFD_CLOEXEC */);
		if (fd < 0)
			return fail(s, STAGE_PREPARE, __NR_memfd_create, fd);
		s->block_fd = (int)fd;
		long error = syscall2(__NR_ftruncate, fd, bytes);
		if (error < 0)
			return fail(s, STAGE_PREPARE, __NR_ftruncate, error);
		flags = MAP_SHARED;
	}
	long address = syscall6(__NR_mmap, 0, bytes, PROT_READ | PROT_WRITE, flags, s->block_fd, 0);
	if (address < 0 && address > -4096)
		return fail(s, STAGE_PREPARE, __NR_mmap, address);
	s->block = (struct script_header *)address;
	return 0;
}

/* posix_spawn's child has no report to write, and one of clone-vm always writes it to this memory: qemu and sandboxes that
 * make a fork of vfork refuse CLONE_VM alone. So the block need not be a shared mapping, which costs 10 us. */
static int is_private(uint32_t method)
{
	return method == METHOD_POSIX_SPAWN || method == METHOD_CLONE_VM;
}

static int allocate_privately(struct spawning *s, uint32_t bytes)
{
	s->block = malloc(bytes);
	return s->block ? 0 : fail(s, STAGE_PREPARE, 0, -ENOMEM);
}

static void name_caller(struct script_header *block)
{
	struct step *steps = at(block, block->steps);
	for (uint32_t i = 0; i < block->step_count; i++)
		if (asks_for_caller(&steps[i]))
			steps[i].args[5] = (uint64_t)syscall0(__NR_getpid);
}

static int lay_block_out(struct spawning *s, const uint8_t *image, uint32_t image_bytes)
{
	const struct script_header *header = (const void *)image;
	if (image_bytes < sizeof *header || header->magic != SCRIPT_MAGIC || header->layout != SCRIPT_LAYOUT ||
	    header->total_bytes != image_bytes)
		return fail(s, STAGE_PREPARE, 0, -EBADMSG);
	uint32_t count = 0, appended = header->traits & TRAIT_CALLERS_ENVIRONMENT ? environment_bytes(&count) : 0;
	uint32_t bytes = image_bytes + appended;
	int error = is_private(header->method) ? allocate_privately(s, bytes) : map_shared(s, header->method, bytes);
	if (error)
		return error;
	memcpy(s->block, image, image_bytes);
	if (appended)
		append_environment(s->block, count, appended);
	name_caller(s->block);
	if (header->method != METHOD_ZYGOTE)
		relocate_block(s->block);
	return 0;
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

static int shares_memory(uint32_t method)
{
	return method != METHOD_FORK && method != METHOD_ZYGOTE;
}

/* setuid in a child that shares memory clears flags of that memory, which is the parent's. Several threads may spawn at
 * once: the first one's flag counts, and the last one puts it back. */
static pthread_mutex_t guarding = PTHREAD_MUTEX_INITIALIZER;
static int changers, dumpable;

static void save_memory_flags(struct spawning *s)
{
	s->changes_credentials = (s->block->traits & TRAIT_CHANGES_CREDENTIALS) && shares_memory(s->block->method);
	if (!s->changes_credentials)
		return;
	pthread_mutex_lock(&guarding);
	if (changers++ == 0)
		dumpable = (int)syscall1(__NR_prctl, PR_GET_DUMPABLE);
	pthread_mutex_unlock(&guarding);
}

static void restore_memory_flags(struct spawning *s)
{
	if (!s->changes_credentials)
		return;
	pthread_mutex_lock(&guarding);
	if (--changers == 0 && (dumpable == 0 || dumpable == 1))
		syscall2(__NR_prctl, PR_SET_DUMPABLE, dumpable);
	pthread_mutex_unlock(&guarding);
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

/* __WALL: a zygote's child carries the exit signal of the zygote, which waitid alone may overlook. */
int spawnctl_reap(int32_t pid)
{
	int status = 0;
	long got;
	do
		got = syscall4(__NR_wait4, pid, &status, __WALL, 0);
	while (got == -EINTR);
	return got < 0 ? (int)got : status;
}

int reap_for_status(int pid)
{
	int status = spawnctl_reap(pid);
	return status < 0 ? 0 : status;
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
	close_fd(&s->block_fd);
	if (s->stack)
		release_stack(s);
	if (s->block && is_private(s->block->method))
		free(s->block);
	else if (s->block)
		syscall2(__NR_munmap, s->block, s->block->total_bytes);
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
	save_memory_flags(s);
	s->caller_mask = block_all_signals();
	stamp(s->block, STAMP_CREATING);
	error = create(s);
	restore_signals(s->caller_mask);
	result->caller_blocked_ns = monotonic_ns() - s->started_ns;
	close_fd(&s->report_fd);
	if (s->child.caller_pidfd >= 0)
		syscall1(__NR_close, s->child.caller_pidfd);
	if (error < 0)
		restore_memory_flags(s);
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
	restore_memory_flags(s);
}

/* The image may lie at any address. */
void put_stamp(uint8_t *image, uint32_t which, uint64_t ns)
{
	const struct script_header *header = (const void *)image;
	if (header->stamps)
		memcpy(image + header->stamps + which * sizeof ns, &ns, sizeof ns);
}

static void put_stamps_back(uint8_t *image, const struct spawning *s)
{
	const struct spawn_result *result = s->result;
	if (!s->block->stamps)
		return;
	memcpy(image + s->block->stamps, at(s->block, s->block->stamps), stamp_count(s->block) * sizeof(int64_t));
	put_stamp(image, STAMP_CALLED, s->started_ns);
	put_stamp(image, STAMP_RESUMED, s->started_ns + result->caller_blocked_ns);
	if (result->spawn_to_exec_ns)
		put_stamp(image, STAMP_SETTLED, s->started_ns + result->spawn_to_exec_ns);
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
