/* What a child's pipes are: connected sockets, as Node makes them. A program may see the difference (a socket cannot be
 * opened by way of /proc/self/fd), so it is kept. */
#include "syscall.h"

#include <stdint.h>
#include <sys/socket.h>

/* Opens so many pairs, close-on-exec: ends[2i] for this process, ends[2i + 1] for the child. Returns 0 or -errno, and
 * then none is open. */
int spawnctl_socketpairs(uint32_t count, int32_t *ends)
{
	for (uint32_t i = 0; i < count; i++) {
		long error = syscall4(__NR_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, &ends[2 * i]);
		if (error == 0)
			continue;
		for (uint32_t opened = 0; opened < 2 * i; opened++)
			syscall1(__NR_close, ends[opened]);
		return (int)error;
	}
	return 0;
}

/* For the descriptors that the core has opened. */
void spawnctl_close(const int32_t *fds, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		syscall1(__NR_close, fds[i]);
}
