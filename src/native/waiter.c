/* The exit-waiting thread: one for the process. Its epoll tells of pidfds, of spawns that are under way, and of
 * JavaScript threads that are gone; every exit becomes a record in the pipe of the thread that owns the child.
 *
 * No SIGCHLD handler and no waitpid(-1): only children that were handed over are waited for, so nobody else's exit is
 * stolen. The thread outlives every JavaScript thread (the library is linked with -z nodelete). The writing end of an
 * exit pipe belongs to this file, and so do the pidfds: a number closed by JavaScript may be another file by then. When
 * the reader is gone its children are still reaped. One event is taken at a time, since each may free what the next
 * one would speak of. */
#define _GNU_SOURCE
#include "waiter.h"
#include "signals.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the kernel has no pidfds nothing tells of an exit; then children are asked, this often. */
#define ASK_AGAIN_MS 5

/* Room for 10 000 exits before records have to wait for a busy reader. */
#define EXIT_PIPE_BYTES (1 << 20)

/* Where the children of one JavaScript thread report to. */
struct exit_pipe {
	struct source owner;
	int fd;	     /* -1: the thread is gone */
	int backlog; /* the pipe was full, and records are due */
	struct watched *children;
};

/* Guards the lists and the state of every child; held for no longer than a few system calls. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int epoll_fd = -1, wake_fd = -1;
static struct watched *asked, *occupying;

static void unlink_child(struct watched *child)
{
	struct watched **link = &child->pipe->children;
	while (*link != child)
		link = &(*link)->next;
	*link = child->next;
	for (link = &asked; *link; link = &(*link)->next_asked)
		if (*link == child) {
			*link = child->next_asked;
			break;
		}
}

static void free_child(struct watched *child)
{
	unlink_child(child);
	if (child->result.pidfd >= 0)
		close(child->result.pidfd);
	free(child);
}

static int listen_to(int fd, uint32_t events, struct source *source)
{
	struct epoll_event event = {.events = events, .data.ptr = source};
	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static void stop_listening(int fd)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, 0);
}

static void unlink_occupying(const struct watched *child)
{
	struct watched **link = &occupying;
	while (*link != child)
		link = &(*link)->next_occupying;
	*link = child->next_occupying;
}

/* The child has executed or ended: what it could still use is freed. */
static void finish_spawning(struct watched *child)
{
	struct spawning *s = child->under_way;
	if (!s)
		return;
	read_report(s);
	if (s->end_of_file >= 0)
		stop_listening(s->end_of_file);
	else
		unlink_occupying(child);
	release_spawning(s);
	free(s);
	child->under_way = 0;
}

/* What children of clone-vm have left behind by execve; of the last ones it stays until the next spawn, or their end. */
static void finish_vacated(void)
{
	for (struct watched *child = occupying, *next; child; child = next) {
		next = child->next_occupying;
		if (__atomic_load_n(&child->under_way->occupied, __ATOMIC_ACQUIRE) == 0)
			finish_spawning(child);
	}
}

/* Returns 0, or 1 when the pipe is full. EPIPE, the reader is gone: SOURCE_OWNER says so too. */
static int write_record(struct watched *child)
{
	long written;
	do
		written = syscall3(__NR_write, child->pipe->fd, &child->record, sizeof child->record);
	while (written == -EINTR);
	if (written == -EAGAIN)
		return 1;
	child->state = REPORTED;
	return 0;
}

static void listen_to_owner(struct exit_pipe *pipe, int backlog)
{
	struct epoll_event event = {.events = backlog ? EPOLLOUT : 0, .data.ptr = &pipe->owner};
	pipe->backlog = backlog;
	epoll_ctl(epoll_fd, EPOLL_CTL_MOD, pipe->fd, &event);
}

static void report(struct watched *child)
{
	struct exit_pipe *pipe = child->pipe;
	if (pipe->fd < 0) {
		free_child(child);
		if (!pipe->children)
			free(pipe);
	} else if (pipe->backlog || write_record(child)) {
		listen_to_owner(pipe, 1);
	}
}

/* Reaps and reports a child that has ended, and whose memory nobody uses any more; leaves others. Returns
 * whether it did: the child may be freed then. */
static int look_at(struct watched *child)
{
	if (child->under_way && is_in_use(child->under_way))
		return 0;
	siginfo_t info = {0};
	struct rusage usage = {0};
	int pidfd = child->result.pidfd;
	long error = -EINVAL; /* of P_PIDFD, before 5.4 */
	if (pidfd >= 0)
		error = syscall5(__NR_waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG | __WALL, &usage);
	if (error == -EINVAL)
		error = syscall5(__NR_waitid, P_PID, child->result.pid, &info, WEXITED | WNOHANG | __WALL, &usage);
	if (error == -EINTR || (error == 0 && info.si_pid == 0))
		return 0;
	if (pidfd >= 0)
		stop_listening(pidfd);
	finish_spawning(child);
	child->state = REAPED;
	note_end(child, &info, error);
	note_usage(&child->record, &usage);
	report(child);
	return 1;
}

static void ask_from_now_on(struct watched *child)
{
	if (child->is_asked)
		return;
	child->is_asked = 1;
	child->next_asked = asked;
	asked = child;
}

/* What the pidfd says is not always so yet: a tracer may have to look first, or a second process to end. To be told at
 * once again and again would be to spin. */
static void look_at_ended(struct watched *child)
{
	if (look_at(child))
		return;
	stop_listening(child->result.pidfd);
	ask_from_now_on(child);
}

static void ask_all(void)
{
	for (struct watched *child = asked, *next; child; child = next) {
		next = child->next_asked;
		if (child->state == ALIVE)
			look_at(child);
	}
}

static void forget_owner(struct exit_pipe *pipe)
{
	stop_listening(pipe->fd);
	close(pipe->fd);
	pipe->fd = -1;
	for (struct watched *child = pipe->children, *next; child; child = next) {
		next = child->next;
		if (child->state != ALIVE)
			free_child(child);
	}
	if (!pipe->children)
		free(pipe);
}

static void write_backlog(struct exit_pipe *pipe)
{
	for (struct watched *child = pipe->children; child; child = child->next)
		if (child->state == REAPED && write_record(child))
			return;
	listen_to_owner(pipe, 0);
}

static void take(const struct epoll_event *event)
{
	struct source *source = event->data.ptr;
	uint64_t count;
	switch (source->kind) {
	case SOURCE_EXIT:
		look_at_ended(source->of);
		return;
	case SOURCE_EXECUTED:
		finish_spawning(source->of);
		return;
	case SOURCE_OWNER:
		if (event->events & EPOLLERR)
			forget_owner(source->of);
		else
			write_backlog(source->of);
		return;
	case SOURCE_WAKE:
		syscall3(__NR_read, wake_fd, &count, sizeof count);
		return;
	}
}

static void *wait_for_exits(void *unused)
{
	(void)unused;
	for (;;) {
		struct epoll_event event;
		pthread_mutex_lock(&lock);
		int patience = asked ? ASK_AGAIN_MS : -1;
		pthread_mutex_unlock(&lock);
		int count = epoll_wait(epoll_fd, &event, 1, patience);
		pthread_mutex_lock(&lock);
		if (count > 0)
			take(&event);
		ask_all();
		pthread_mutex_unlock(&lock);
	}
	return 0;
}

static int start_thread(void)
{
	static struct source wake = {.kind = SOURCE_WAKE};
	pthread_t thread;
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int error = epoll_fd < 0 || wake_fd < 0 ? errno : -listen_to(wake_fd, EPOLLIN, &wake);
	if (!error) {
		uint64_t mask = block_all_signals(); /* inherited: no signal handler ever runs there, and no SIGPIPE ends it */
		error = pthread_create(&thread, 0, wait_for_exits, 0);
		restore_signals(mask);
	}
	if (!error) {
		pthread_detach(thread);
		return 0;
	}
	close(epoll_fd);
	close(wake_fd);
	epoll_fd = wake_fd = -1;
	return -error;
}

/* Opens a pipe for exit records: *handle names it, *read_fd is the caller's. When that is closed, the pipe is gone.
 * Returns 0 or -errno. */
int spawnctl_open_exits(uint64_t *handle, int32_t *read_fd)
{
	int ends[2] = {-1, -1};
	struct exit_pipe *pipe = calloc(1, sizeof *pipe);
	if (!pipe)
		return -ENOMEM;
	pthread_mutex_lock(&lock);
	int error = epoll_fd < 0 ? start_thread() : 0;
	pthread_mutex_unlock(&lock);
	if (!error && pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		error = -errno;
	if (!error) {
		fcntl(ends[1], F_SETPIPE_SZ, EXIT_PIPE_BYTES);
		*pipe = (struct exit_pipe){.owner = {SOURCE_OWNER, pipe}, .fd = ends[1]};
		error = listen_to(ends[1], 0, &pipe->owner);
	}
	if (error) {
		close(ends[0]);
		close(ends[1]);
		free(pipe);
		return error;
	}
	*read_fd = ends[0];
	*handle = (uint64_t)pipe;
	return 0;
}

static int listen_to_child(struct watched *child)
{
	struct spawning *s = child->under_way;
	int error = child->result.pidfd < 0 ? 0 : listen_to(child->result.pidfd, EPOLLIN, &child->exit);
	if (error == 0 && s && s->end_of_file >= 0)
		error = listen_to(s->end_of_file, EPOLLIN, &child->executed);
	if (error && child->result.pidfd >= 0)
		stop_listening(child->result.pidfd);
	return error;
}

int watch(struct exit_pipe *pipe, struct watched *child)
{
	child->pipe = pipe;
	child->exit = (struct source){SOURCE_EXIT, child};
	child->executed = (struct source){SOURCE_EXECUTED, child};
	pthread_mutex_lock(&lock);
	int error = listen_to_child(child);
	if (!error) {
		child->next = pipe->children;
		pipe->children = child;
		finish_vacated();
	}
	if (!error && child->under_way && child->under_way->end_of_file < 0) {
		child->next_occupying = occupying;
		occupying = child;
	}
	if (!error && child->result.pidfd < 0) {
		uint64_t one = 1;
		ask_from_now_on(child);
		syscall3(__NR_write, wake_fd, &one, sizeof one);
	}
	pthread_mutex_unlock(&lock);
	return error;
}

/* Hands over a child that runs already, with its pidfd. *handle names it for spawnctl_signal and spawnctl_let_go. */
int spawnctl_watch(const uint64_t *exits, uint32_t id, int32_t pid, int32_t pidfd, uint64_t *handle)
{
	struct watched *child = calloc(1, sizeof *child);
	if (!child)
		return -ENOMEM;
	child->record.id = id;
	child->result.pid = pid;
	child->result.pidfd = pidfd;
	int error = watch((struct exit_pipe *)*exits, child);
	if (error)
		free(child);
	*handle = (uint64_t)child;
	return error;
}

/* Returns 0 or -errno: -ESRCH when the child has ended. */
int spawnctl_signal(const uint64_t *handle, int32_t signal)
{
	struct watched *child = (struct watched *)*handle;
	long error = -ESRCH;
	pthread_mutex_lock(&lock);
	if (child->state == ALIVE)
		error = signal_process(child->result.pid, child->result.pidfd, signal);
	pthread_mutex_unlock(&lock);
	return (int)error;
}

/* The owner has read the child's record: its pidfd is closed. */
void spawnctl_let_go(const uint64_t *handle)
{
	pthread_mutex_lock(&lock);
	free_child((struct watched *)*handle);
	pthread_mutex_unlock(&lock);
}
