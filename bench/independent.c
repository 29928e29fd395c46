/* fork, vfork, posix_spawn and clone as plain libc offers them, with nothing of src/native: what the native runner's
 * times are held against. It speaks the words of src/native/bench.h, without ballast.
 *
 * Each in two ways: "plain" does no more than the program needs; "careful" gives the same guarantees as spawnctl. No
 * signal is lost or handled in the child, no descriptor leaks, an error of execve is known, a pidfd is there.
 *
 * cc -O2 -Wl,-z,now -o independent bench/independent.c; independent PROGRAM ARG… */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES 65536
#define CLOEXEC_RANGE 4 /* CLOSE_RANGE_CLOEXEC */

extern char **environ;

static char **command;
static int null_fd;

/* What a careful caller has beside its child; on its stack, for after a fork every page written to is copied. */
struct care {
	volatile int *failure; /* shared: errno of the child's execve */
	int end_of_file[2];
	int pidfd;
	sigset_t mask;
};

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Without libc's wrapper where possible: its return is mispredicted after each call, which adds up over 64 of them to
 * 3 us on processors that guard returns. */
static long ask_action(long sig, void *action)
{
#ifdef __x86_64__
	long ret;
	register long bytes __asm__("r10") = 8;
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(SYS_rt_sigaction), "D"(sig), "S"(0), "d"(action), "r"(bytes)
			 : "rcx", "r11", "memory");
	return ret;
#else
	return syscall(SYS_rt_sigaction, sig, 0, action, 8);
#endif
}

/* By the kernel's own structure, which begins with the handler. clone3, which spawnctl uses, has the kernel do this;
 * libc's clone cannot, and here are no handlers. */
static void reset_handlers(void)
{
	void *now[4], *by_default[4] = {0};
	for (int sig = 1; sig < NSIG; sig++)
		if (ask_action(sig, now) == 0 && now[0] != SIG_DFL && now[0] != SIG_IGN)
			syscall(SYS_rt_sigaction, sig, by_default, 0, 8);
}

static void keep_house(void)
{
	sigset_t none;
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	fcntl(2, F_SETFD, 0);
	syscall(SYS_close_range, 3, ~0u, CLOEXEC_RANGE);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, 0);
}

/* Without care: plainly. */
static int execute(void *arg)
{
	struct care *care = arg;
	dup2(null_fd, 0);
	dup2(null_fd, 1);
	if (care)
		keep_house();
	execve(command[0], command, environ);
	if (care)
		*care->failure = errno;
	_exit(127);
}

static pid_t by_fork(struct care *care)
{
	pid_t pid = fork();
	if (pid == 0) {
		if (care)
			reset_handlers();
		execute(care);
	}
	return pid;
}

static pid_t by_vfork(struct care *care)
{
	pid_t pid = vfork();
	if (pid == 0) {
		if (care)
			reset_handlers();
		execute(care);
	}
	return pid;
}

static pid_t by_posix_spawn(struct care *care)
{
	pid_t pid;
	sigset_t none, to_default;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_adddup2(&actions, null_fd, 0);
	posix_spawn_file_actions_adddup2(&actions, null_fd, 1);
	if (care) {
		posix_spawn_file_actions_adddup2(&actions, 2, 2);
		posix_spawn_file_actions_addclosefrom_np(&actions, 3);
		sigemptyset(&none);
		posix_spawnattr_setsigmask(&attr, &none);
		sigemptyset(&to_default);
		sigaddset(&to_default, SIGPIPE);
		sigaddset(&to_default, SIGXFSZ);
		posix_spawnattr_setsigdefault(&attr, &to_default);
		posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	}
	errno = posix_spawn(&pid, command[0], &actions, &attr, command, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return errno ? -1 : pid;
}

/* Each child has a stack of its own, as libc's posix_spawn has it. */
static pid_t by_clone(struct care *care)
{
	char *stack = mmap(0, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return -1;
	int pidfd = -1, flags = CLONE_VM | CLONE_VFORK | SIGCHLD | (care ? CLONE_PIDFD : 0);
	pid_t pid = clone(execute, stack + STACK_BYTES, flags, care, &pidfd);
	munmap(stack, STACK_BYTES);
	if (care)
		care->pidfd = pidfd;
	return pid;
}

static const struct way {
	const char *name;
	pid_t (*spawn)(struct care *care);
	int tells_at_once; /* whether execve has succeeded, by suspending the caller or by its return value */
	int reports_itself;
} ways[] = {
	{"fork", by_fork, 0, 0},
	{"vfork", by_vfork, 1, 0},
	{"posix_spawn", by_posix_spawn, 1, 1},
	{"clone", by_clone, 1, 0},
};

static pid_t spawn_carefully(const struct way *way, struct care *care, uint64_t *free_ns)
{
	sigset_t all;
	char byte;
	if (!way->reports_itself) {
		care->failure = mmap(0, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (care->failure == MAP_FAILED || pipe2(care->end_of_file, O_CLOEXEC) < 0)
			return -1;
		*care->failure = 0;
	}
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &care->mask);
	pid_t pid = way->spawn(care);
	if (!way->reports_itself)
		close(care->end_of_file[1]);
	if (pid > 0 && care->pidfd < 0)
		care->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	sigprocmask(SIG_SETMASK, &care->mask, 0);
	*free_ns = now_ns();
	if (way->reports_itself)
		return pid;
	if (!way->tells_at_once)
		while (read(care->end_of_file[0], &byte, 1) < 0)
			;
	close(care->end_of_file[0]);
	errno = *care->failure;
	munmap((void *)care->failure, sizeof(int));
	if (way->tells_at_once)
		*free_ns = now_ns();
	return errno ? -1 : pid;
}

static int sample(const struct way *way, int is_careful, uint64_t times[2])
{
	int status;
	struct care care = {.pidfd = -1};
	uint64_t free_ns = 0, started = now_ns();
	pid_t pid = is_careful ? spawn_carefully(way, &care, &free_ns) : way->spawn(0);
	if (!is_careful)
		free_ns = now_ns();
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return printf("error call %s %d\n", way->name, errno);
	times[0] = free_ns - started;
	times[1] = now_ns() - started;
	if (care.pidfd >= 0)
		close(care.pidfd);
	if (WIFSIGNALED(status))
		return printf("error signal %d\n", WTERMSIG(status));
	return status ? printf("error exit %d\n", WEXITSTATUS(status)) : 0;
}

static void run(const struct way *way, int is_careful, size_t count)
{
	uint64_t(*samples)[2] = calloc(count, sizeof *samples);
	memset(samples, 1, count * sizeof *samples);
	for (size_t i = 0; i < count; i++)
		if (sample(way, is_careful, samples[i]) != 0)
			return;
	for (size_t i = 0; i < count; i++)
		printf("%" PRIu64 " %" PRIu64 "\n", samples[i][0], samples[i][1]);
	free(samples);
	printf("done %s (libc)\n", way->name);
}

/* "plain-fork", "careful-clone". */
static const struct way *find_way(const char *row)
{
	const char *name = strchr(row, '-');
	for (size_t i = 0; name && i < sizeof ways / sizeof *ways; i++)
		if (strcmp(ways[i].name, name + 1) == 0)
			return &ways[i];
	return 0;
}

int main(int argc, char **argv)
{
	char line[256], row[64];
	size_t count;
	if (argc < 2)
		return 2;
	command = argv + 1;
	if ((null_fd = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
		return 1;
	printf("ready 1\n");
	while (fflush(stdout) == 0 && fgets(line, sizeof line, stdin)) {
		const struct way *way;
		if (strncmp(line, "carry 0 0 ", 10) == 0)
			printf("carried\n");
		else if (sscanf(line, "run %63s %zu", row, &count) == 2 && (way = find_way(row)))
			run(way, strncmp(row, "careful-", 8) == 0, count);
		else
			printf("error call command %d\n", EINVAL);
	}
	return 0;
}
