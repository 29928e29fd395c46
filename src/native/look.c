/* Looks the working directory and the program up in the caller, as the child would find them: for who does not wait for
 * the child to find out. Only where no step changes who looks, or what is there to be seen. Nothing is opened that
 * could block: what a file holds, its interpreter for one, is left to execve. */
#define _GNU_SOURCE
#include "spawn.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail_step(struct spawning *s, int index, long error)
{
	s->result->failed_step = index;
	return fail(s, STAGE_STEP, 0, error);
}

#ifndef __NR_faccessat2
#define __NR_faccessat2 439 /* Linux 5.8, on every architecture */
#endif

/* By the effective ids and the capabilities, as execve and chdir will be. Where that cannot be asked, the child finds out. */
static long ask_to_execute(int directory, const char *path)
{
	long error = syscall4(__NR_faccessat2, directory, path, X_OK, AT_EACCESS);
	return error == -ENOSYS || error == -EPERM ? 0 : error;
}

/* The directory that relative paths start from, for the caller to close; AT_FDCWD is its own. */
static int enter(struct spawning *s, int *directory)
{
	const struct step *steps = at(s->block, s->block->steps);
	*directory = AT_FDCWD;
	for (uint32_t i = 0; i < s->block->step_count; i++) {
		if (steps[i].nr != __NR_chdir)
			continue;
		long fd = syscall4(__NR_openat, AT_FDCWD, at(s->block, steps[i].args[0]), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		if (fd < 0)
			return fail_step(s, (int)i, fd);
		*directory = (int)fd;
		long error = ask_to_execute((int)fd, ".");
		if (error < 0)
			return fail_step(s, (int)i, error);
	}
	return 0;
}

static long look_at(int directory, const char *path)
{
	struct stat found;
	long error = syscall4(__NR_newfstatat, directory, path, &found, 0);
	if (error < 0)
		return error;
	return S_ISREG(found.st_mode) ? ask_to_execute(directory, path) : -EACCES;
}

/* As execute_candidates in child.c. */
static long find_program(const struct script_header *block, int directory)
{
	const uint64_t *candidates = at(block, block->candidates);
	long error = -ENOENT, denied = 0;
	for (uint32_t i = 0; i < block->candidate_count; i++) {
		const char *path = block->method == METHOD_ZYGOTE ? at(block, candidates[i]) : (void *)candidates[i];
		error = look_at(directory, path);
		if (error == 0)
			return 0;
		if (error == -EACCES)
			denied = error;
		else if (error != -ENOENT && error != -ENOTDIR)
			return error;
	}
	return denied ? denied : error;
}

int look_first(struct spawning *s)
{
	int directory;
	if (!(s->block->traits & TRAIT_SAME_VIEW))
		return 0;
	long error = enter(s, &directory);
	if (error == 0) {
		error = find_program(s->block, directory);
		if (error < 0) {
			s->result->failed_step = FAILED_AT_EXEC;
			fail(s, STAGE_EXEC, 0, error);
		}
	}
	if (directory >= 0)
		syscall1(__NR_close, directory);
	return (int)error;
}
