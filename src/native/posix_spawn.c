/* posix_spawn: libc's own, with file actions and attributes made from the same steps (src/plan lowers both ways).
 *
 * What a libc does not have is weak here, and src/plan asks before it relies on it. libc runs one program path a call,
 * so the search over the candidates is this loop; paths that are not there are passed over without a child. */
#define _GNU_SOURCE
#include "spawn.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *, const char *) __attribute__((weak));
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int) __attribute__((weak));
extern int posix_spawn_file_actions_addtcsetpgrp_np(posix_spawn_file_actions_t *, int) __attribute__((weak));
extern int posix_spawnattr_setcgroup_np(posix_spawnattr_t *, int) __attribute__((weak));
extern int pidfd_spawn(void) __attribute__((weak)); /* only its address is looked at */

#ifndef POSIX_SPAWN_SETSID
#define POSIX_SPAWN_SETSID 0x80
#endif

/* musl has the functions, and they say ENOSYS. */
static int has_scheduling(void)
{
	posix_spawnattr_t attr;
	posix_spawnattr_init(&attr);
	int error = posix_spawnattr_setschedpolicy(&attr, SCHED_OTHER);
	posix_spawnattr_destroy(&attr);
	return error == 0;
}

int spawnctl_posix_spawn_features(void)
{
	return (posix_spawn_file_actions_addchdir_np ? 1 : 0) | (posix_spawn_file_actions_addclosefrom_np ? 2 : 0) |
	       (posix_spawn_file_actions_addtcsetpgrp_np ? 4 : 0) | (posix_spawnattr_setcgroup_np ? 8 : 0) |
	       (pidfd_spawn ? 16 : 0) | (has_scheduling() ? 32 : 0);
}

static int add_action(posix_spawn_file_actions_t *actions, const struct script_header *block, const struct spawn_action *action)
{
	switch (action->kind) {
	case ACTION_DUP2:
		return posix_spawn_file_actions_adddup2(actions, action->fd, action->target);
	case ACTION_CLOSE:
		return posix_spawn_file_actions_addclose(actions, action->fd);
	case ACTION_CHDIR:
		if (posix_spawn_file_actions_addchdir_np)
			return posix_spawn_file_actions_addchdir_np(actions, at(block, action->path));
		return ENOSYS;
	case ACTION_CLOSEFROM:
		if (posix_spawn_file_actions_addclosefrom_np)
			return posix_spawn_file_actions_addclosefrom_np(actions, action->fd);
		return ENOSYS;
	case ACTION_OPEN:
		return posix_spawn_file_actions_addopen(actions, action->fd, at(block, action->path), action->target, 0);
	case ACTION_TCSETPGRP:
		if (posix_spawn_file_actions_addtcsetpgrp_np)
			return posix_spawn_file_actions_addtcsetpgrp_np(actions, action->fd);
		return ENOSYS;
	}
	return EINVAL;
}

static void to_sigset(sigset_t *set, uint64_t signals)
{
	sigemptyset(set);
	memcpy(set, &signals, sizeof signals);
}

static int set_attributes(posix_spawnattr_t *attr, const struct spawn_attributes *wanted)
{
	sigset_t mask, by_default;
	to_sigset(&mask, wanted->sigmask);
	to_sigset(&by_default, wanted->sigdefault);
	int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	if (wanted->setsid)
		flags |= POSIX_SPAWN_SETSID;
	if (wanted->setpgroup)
		flags |= POSIX_SPAWN_SETPGROUP;
	posix_spawnattr_setsigmask(attr, &mask);
	posix_spawnattr_setsigdefault(attr, &by_default);
	posix_spawnattr_setpgroup(attr, 0);
	if (wanted->sched_policy >= 0) {
		struct sched_param param = {.sched_priority = wanted->sched_priority};
		flags |= POSIX_SPAWN_SETSCHEDULER;
		int error = posix_spawnattr_setschedpolicy(attr, wanted->sched_policy);
		if (error == 0)
			error = posix_spawnattr_setschedparam(attr, &param);
		if (error)
			return error;
	}
	return posix_spawnattr_setflags(attr, (short)flags);
}

#define BUSY_RETRIES 6
static int spawn_one(pid_t *pid, const char *path, posix_spawn_file_actions_t *actions, posix_spawnattr_t *attr, char **argv,
		     char **envp)
{
	int error = posix_spawn(pid, path, actions, attr, argv, envp);
	struct timespec pause = {0, 1000000};
	for (int i = 0; error == ETXTBSY && i < BUSY_RETRIES; i++, pause.tv_nsec *= 2) {
		syscall2(__NR_nanosleep, &pause, 0);
		error = posix_spawn(pid, path, actions, attr, argv, envp);
	}
	return error;
}

/* What is refused to the caller may not be passed over: it is the answer where nothing else is found. */
static int is_missing(const char *path)
{
	long error = syscall4(__NR_faccessat, AT_FDCWD, path, F_OK, 0);
	return error == -ENOENT || error == -ENOTDIR;
}

static int search(struct spawning *s, pid_t *pid, posix_spawn_file_actions_t *actions, posix_spawnattr_t *attr)
{
	struct script_header *block = s->block;
	char **argv = at(block, block->argv), **envp = at(block, block->envp), **candidates = at(block, block->candidates);
	int error = ENOENT, denied = 0;
	for (uint32_t i = 0; i < block->candidate_count; i++) {
		int last = i + 1 == block->candidate_count;
		s->result->candidate = i;
		if (!last && candidates[i][0] == '/' && is_missing(candidates[i]))
			continue;
		error = spawn_one(pid, candidates[i], actions, attr, argv, envp);
		if (error == ENOEXEC) {
			char **shell_argv = argv - 1;
			shell_argv[0] = at(block, block->shell);
			shell_argv[1] = candidates[i];
			return spawn_one(pid, shell_argv[0], actions, attr, shell_argv, envp);
		}
		if (error == EACCES)
			denied = error;
		else if (error != ENOENT && error != ENOTDIR)
			return error;
	}
	return denied ? denied : error;
}

/* The number that the pidfd will need is taken before the child exists: out of descriptors is said in time. */
static int reserve_descriptor(struct spawning *s)
{
	long fd = syscall2(__NR_eventfd2, 0, O_CLOEXEC);
	if (fd < 0)
		return fail(s, STAGE_PREPARE, __NR_eventfd2, fd);
	return (int)fd;
}

int create_by_posix_spawn(struct spawning *s)
{
	struct script_header *block = s->block;
	const struct spawn_action *action = at(block, block->actions);
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	pid_t pid = -1;
	int reserved = reserve_descriptor(s);
	if (reserved < 0)
		return reserved;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	int error = set_attributes(&attr, &block->attributes);
	for (uint32_t i = 0; error == 0 && i < block->action_count; i++)
		error = add_action(&actions, block, &action[i]);
	if (error)
		fail(s, STAGE_PREPARE, 0, -error);
	else if ((error = search(s, &pid, &actions, &attr)))
		fail(s, error == EAGAIN || error == ENOMEM ? STAGE_CREATE : STAGE_STEP_OR_EXEC, 0, -error);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	syscall1(__NR_close, reserved);
	if (error)
		return -error;
	s->result->creation_call = CREATED_BY_LIBC_POSIX_SPAWN;
	s->result->pid = pid;
	s->result->pidfd = open_pidfd(pid);
	return 0;
}
