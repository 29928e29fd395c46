/* A child by its pidfd, or by its pid, which is its own until it is reaped. */
#include "spawn.h"
#include "syscall.h"

#include <errno.h>
#include <sys/wait.h>

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
