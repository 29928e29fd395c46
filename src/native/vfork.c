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

int create_by_vfork(struct spawning *s)
{
	pid_t pid = call_vfork(&s->child);
	if (pid < 0)
		return fail(s, STAGE_CREATE, 0, -errno);
	s->settled_by_resumption = 1;
	s->result->creation_call = CREATED_BY_LIBC_VFORK;
	adopt(s, pid);
	return 0;
}
