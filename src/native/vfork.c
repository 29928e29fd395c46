/* vfork: the child runs on this very stack while the caller's thread sleeps, and vfork returns twice.
 *
 * The double return stays inside call_vfork: noinline, so that no frame of the caller is live in both; and the child's
 * branch calls the one function that never returns. */
#include "spawn.h"

#include <errno.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static __attribute__((noinline)) pid_t call_vfork(struct child *child)
{
	pid_t pid = vfork();
	if (pid == 0)
		run_child(child);
	return pid;
}

/* A second process has a stack of its own: killed, the first one gives this one back while the second still runs. */
int create_by_vfork(struct spawning *s)
{
	if (s->block->traits & TRAIT_SECOND_PROCESS) {
		int error = map_stack(s);
		if (error < 0)
			return error;
		s->child.second_stack = (char *)s->stack + CHILD_STACK_MAPPING_BYTES;
	}
	pid_t pid = call_vfork(&s->child);
	if (pid < 0)
		return fail(s, STAGE_CREATE, 0, -errno);
	s->settled_by_resumption = 1;
	s->result->creation_call = CREATED_BY_LIBC_VFORK;
	adopt(s, pid);
	return 0;
}
