/* The exit-waiting thread: one for the process, epoll on pidfds, a record to the owner's pipe for every exit.
 *
 * No SIGCHLD handler and no waitpid(-1): only children that were handed over are waited for, so nobody else's exit is
 * stolen. The thread outlives every JavaScript thread (the library is linked with -z nodelete). The writing end of an
 * exit pipe belongs to this file: a number closed by JavaScript may be another file by then. When the reader is gone
 * its children are still reaped. */
#define _GNU_SOURCE
#include "signals.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

/* One exit, 24 bytes; read by src/process/exits.ts. A write of it is atomic (under PIPE_BUF). */
struct exit_record {
	int32_t pid;
	int32_t exit_code; /* -1: a signal ended it */
	int32_t signal;
	int32_t core_dumped;
	int32_t wait_error; /* ECHILD: reaped elsewhere */
	int32_t reserved;
};

struct exit_pipe {
	int fd;
	uint32_t references; /* the owner, and every child that will report here */
};

struct watched {
	struct exit_pipe *pipe;
	int pid, pidfd;
};

static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;
static int epoll_fd = -1;

static void drop(struct exit_pipe *pipe)
{
	if (__atomic_sub_fetch(&pipe->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	close(pipe->fd);
	free(pipe);
}

static void report_exit(struct watched *child)
{
	siginfo_t info = {0};
	struct exit_record record = {.pid = child->pid, .exit_code = -1};
	long error = syscall5(__NR_waitid, P_PIDFD, child->pidfd, &info, WEXITED | __WALL, 0);
	if (error == -EINVAL) /* before 5.4 */
		error = syscall5(__NR_waitid, P_PID, child->pid, &info, WEXITED | __WALL, 0);
	if (error < 0) {
		record.wait_error = (int32_t)-error;
	} else {
		record.exit_code = info.si_code == CLD_EXITED ? info.si_status : -1;
		record.signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
		record.core_dumped = info.si_code == CLD_DUMPED;
	}
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, child->pidfd, 0);
	close(child->pidfd);
	/* EPIPE, the reader is gone: nobody is left to tell. SIGPIPE is blocked in this thread. */
	while (syscall3(__NR_write, child->pipe->fd, &record, sizeof record) == -EINTR)
		;
	drop(child->pipe);
	free(child);
}

static void *wait_for_exits(void *unused)
{
	struct epoll_event events[64];
	(void)unused;
	block_all_signals();
	for (;;) {
		int count = epoll_wait(epoll_fd, events, 64, -1);
		for (int i = 0; i < count; i++)
			report_exit(events[i].data.ptr);
	}
	return 0;
}

static int start_thread(void)
{
	int error = 0;
	pthread_mutex_lock(&starting);
	if (epoll_fd < 0) {
		pthread_t thread;
		int fd = epoll_create1(EPOLL_CLOEXEC);
		error = fd < 0 ? errno : 0;
		if (!error) {
			epoll_fd = fd;
			uint64_t mask = block_all_signals(); /* inherited: no signal handler ever runs there */
			error = pthread_create(&thread, 0, wait_for_exits, 0);
			restore_signals(mask);
			if (error) {
				close(fd);
				epoll_fd = -1;
			} else {
				pthread_detach(thread);
			}
		}
	}
	pthread_mutex_unlock(&starting);
	return -error;
}

/* Opens a pipe for exit records: *handle names it, *read_fd is the caller's. Returns 0 or -errno. */
int spawnctl_open_exits(uint64_t *handle, int32_t *read_fd)
{
	int ends[2];
	int error = start_thread();
	if (error)
		return error;
	struct exit_pipe *pipe = malloc(sizeof *pipe);
	if (!pipe)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		error = errno;
		free(pipe);
		return -error;
	}
	fcntl(ends[1], F_SETPIPE_SZ, 1 << 20); /* room for 40 000 exits before the thread has to wait for a busy reader */
	*pipe = (struct exit_pipe){.fd = ends[1], .references = 1};
	*read_fd = ends[0];
	*handle = (uint64_t)pipe;
	return 0;
}

void spawnctl_close_exits(const uint64_t *handle)
{
	drop((struct exit_pipe *)*handle);
}

/* Hands a child over: it is reaped by the thread, and reported to the pipe. The pidfd stays the caller's. */
int spawnctl_watch(const uint64_t *handle, int32_t pid, int32_t pidfd)
{
	struct exit_pipe *pipe = (struct exit_pipe *)*handle;
	struct watched *child = malloc(sizeof *child);
	if (!child)
		return -ENOMEM;
	*child = (struct watched){pipe, pid, fcntl(pidfd, F_DUPFD_CLOEXEC, 0)};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = child};
	int error = child->pidfd < 0 ? errno : 0;
	__atomic_add_fetch(&pipe->references, 1, __ATOMIC_ACQ_REL);
	if (!error && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, child->pidfd, &event) < 0) {
		error = errno;
		close(child->pidfd);
	}
	if (error) {
		drop(pipe);
		free(child);
	}
	return -error;
}

/* Returns 0 or -errno: -ESRCH when the child has ended. */
int spawnctl_kill(int32_t pidfd, int32_t signal)
{
	return (int)syscall4(__NR_pidfd_send_signal, pidfd, signal, 0, 0);
}
