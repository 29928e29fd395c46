/* fork: libc's, so that pthread_atfork handlers run as they would in any C program. The child has a copy of the
 * memory and of this one thread; it goes straight to run_child. */
#include "spawn.h"

#include <errno.h>
#include <unistd.h>

int create_by_fork(struct spawning *s)
{
	pid_t pid = fork();
	if (pid == 0)
		run_child(&s->child);
	if (pid < 0)
		return fail(s, STAGE_CREATE, 0, -errno);
	s->result->creation_call = CREATED_BY_LIBC_FORK;
	adopt(s, pid);
	return 0;
}
