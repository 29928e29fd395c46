/* clone: the child shares the caller's memory and runs on a stack of its own.
 *
 * With CLONE_VFORK the caller's thread sleeps until execve; without it (clone-vm) both run at once, and stack and block
 * live until the end-of-file of the close-on-exec pipe, or until the kernel clears a word: set_tid_address(2). */
#include "spawn.h"
#include "syscall.h"

#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ull
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ull
#endif

/* Of spawns that were left to the thread: a mapping of its own for each, and its end, would cost them 15 us. */
#define MOST_KEPT 8
static pthread_mutex_t keeping = PTHREAD_MUTEX_INITIALIZER;
static void *kept[MOST_KEPT];
static int kept_count;

static void *take_kept_stack(void)
{
	pthread_mutex_lock(&keeping);
	void *stack = kept_count > 0 ? kept[--kept_count] : 0;
	pthread_mutex_unlock(&keeping);
	return stack;
}

static int keep_stack(void *stack)
{
	pthread_mutex_lock(&keeping);
	int room = kept_count < MOST_KEPT;
	if (room)
		kept[kept_count++] = stack;
	pthread_mutex_unlock(&keeping);
	return room;
}

void release_stack(struct spawning *s)
{
	if (!s->left_to_thread || !keep_stack(s->stack))
		syscall2(__NR_munmap, s->stack, CHILD_STACK_MAPPING_BYTES);
	s->stack = 0;
}

int map_stack(struct spawning *s)
{
	s->stack = s->left_to_thread ? take_kept_stack() : 0;
	if (s->stack)
		return 0;
	long address = syscall6(__NR_mmap, 0, CHILD_STACK_MAPPING_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (address < 0 && address > -4096)
		return fail(s, STAGE_PREPARE, __NR_mmap, address);
	s->stack = (void *)address;
	long error = syscall3(__NR_mprotect, address + CHILD_STACK_GUARD_BYTES, CHILD_STACK_BYTES, PROT_READ | PROT_WRITE);
	if (error < 0)
		return fail(s, STAGE_PREPARE, __NR_mprotect, error);
	return 0;
}

/* ENOSYS: kernel before 5.3; EPERM: a container's seccomp filter; EINVAL, E2BIG: flags or fields it does not know yet. */
static int clone3_refused(long error)
{
	return error == -ENOSYS || error == -EPERM || error == -EINVAL || error == -E2BIG;
}

/* What the cgroup refuses is tried once more without it: the step then fails, and tells that it was the cgroup. */
static int cgroup_refused(long error)
{
	return error != -EAGAIN && error != -ENOMEM;
}

static struct step *cgroup_step(struct spawning *s)
{
	return (struct step *)at(s->block, s->block->steps) + s->block->cgroup_step;
}

/* The step that would enter the cgroup becomes one that does nothing: it is slow on busy machines. */
static void enter_cgroup_at_creation(struct spawning *s, struct clone_args *args)
{
	args->flags |= CLONE_INTO_CGROUP;
	args->cgroup = (uint64_t)s->block->cgroup_fd;
	cgroup_step(s)->nr = __NR_getpid;
}

static int create_with_flags(struct spawning *s, uint64_t flags)
{
	if (map_stack(s) < 0)
		return -s->result->error;
	int pidfd = -1;
	char *stack = (char *)s->stack + CHILD_STACK_GUARD_BYTES;
	flags |= CLONE_PIDFD | s->block->clone_flags | (s->left_to_thread ? CLONE_CHILD_CLEARTID : 0);

	struct clone_args args;
	memset(&args, 0, sizeof args);
	args.flags = flags | CLONE_CLEAR_SIGHAND;
	args.pidfd = (uint64_t)&pidfd;
	args.child_tid = (uint64_t)&s->occupied;
	args.exit_signal = SIGCHLD;
	args.stack = (uint64_t)stack;
	args.stack_size = CHILD_STACK_BYTES;
	s->child.reset_handlers = 0;
	s->occupied = 1;
	if (s->block->cgroup_fd >= 0)
		enter_cgroup_at_creation(s, &args);
	s->result->creation_call = CREATED_BY_CLONE3;
	long pid = clone_onto_stack(__NR_clone3, (long)&args, sizeof args, 0, 0, run_child, &s->child);
	if (pid < 0 && (clone3_refused(pid) || (s->block->cgroup_fd >= 0 && cgroup_refused(pid)))) {
		char *top = stack + CHILD_STACK_BYTES;
		s->child.reset_handlers = 1;
		if (s->block->cgroup_fd >= 0)
			cgroup_step(s)->nr = __NR_write;
		s->result->creation_call = CREATED_BY_CLONE;
		pid = clone_onto_stack(__NR_clone, (long)(flags | SIGCHLD), (long)top, (long)&pidfd, &s->occupied, run_child,
				       &s->child);
		if (pid == -EINVAL) /* qemu-user knows no CLONE_PIDFD; pidfd_open does as well */
			pid = clone_onto_stack(__NR_clone, (long)((flags & ~(uint64_t)CLONE_PIDFD) | SIGCHLD), (long)top, 0,
					       &s->occupied, run_child, &s->child);
	}
	if (pid < 0)
		return fail(s, STAGE_CREATE, s->result->creation_call == CREATED_BY_CLONE3 ? __NR_clone3 : __NR_clone, pid);
	s->result->pid = (int)pid;
	s->result->pidfd = pidfd >= 0 ? pidfd : open_pidfd((int)pid);
	return 0;
}

int create_by_clone(struct spawning *s)
{
	s->settled_by_resumption = 1;
	return create_with_flags(s, CLONE_VM | CLONE_VFORK);
}

int create_by_clone_vm(struct spawning *s)
{
	return create_with_flags(s, CLONE_VM);
}
