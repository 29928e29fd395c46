/* Whether the caller may be dumped and looked into, kept over children that change their ids in its memory. */
#include "spawn.h"
#include "syscall.h"

#include <pthread.h>
#include <sys/prctl.h>

static int shares_memory(uint32_t method)
{
	return method != METHOD_FORK && method != METHOD_ZYGOTE;
}

/* setuid in a child that shares memory clears flags of that memory, which is the parent's. Several threads may spawn at
 * once: the first one's flag counts, and the last one puts it back. */
static pthread_mutex_t guarding = PTHREAD_MUTEX_INITIALIZER;
static int changers, dumpable;

void save_dumpable(struct spawning *s)
{
	s->changes_credentials = (s->block->traits & TRAIT_CHANGES_CREDENTIALS) && shares_memory(s->block->method);
	if (!s->changes_credentials)
		return;
	pthread_mutex_lock(&guarding);
	if (changers++ == 0)
		dumpable = (int)syscall1(__NR_prctl, PR_GET_DUMPABLE);
	pthread_mutex_unlock(&guarding);
}

void restore_dumpable(struct spawning *s)
{
	if (!s->changes_credentials)
		return;
	pthread_mutex_lock(&guarding);
	if (--changers == 0 && (dumpable == 0 || dumpable == 1))
		syscall2(__NR_prctl, PR_SET_DUMPABLE, dumpable);
	pthread_mutex_unlock(&guarding);
}
