/* spawnctl-init (init.c) as its maker sees it: through /proc, for the two have no other way to talk but signals.
 *
 * Where there are two of them the inner one counts, which is process 1 of a pid namespace. That cannot stop itself when the
 * program stops, so it is stopped from here, and everything else then follows it. Source: pid_namespaces(7), proc(5). */
#define _GNU_SOURCE
#include "init.h"
#include "run.h"
#include "syscall.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char init_name[] = "spawnctl-init";

/* Returns how much there is of it, as text; 0 when it cannot be read. */
size_t read_proc(int pid, const char *name, char *text, size_t size)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
	long fd = syscall4(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	long count = syscall3(__NR_read, fd, text, size - 1);
	syscall1(__NR_close, fd);
	text[count > 0 ? count : 0] = 0;
	return count > 0 ? (size_t)count : 0;
}

/* 'S', 'T', 'Z'; 0 when there is no such process. */
static char state_of(int pid)
{
	char text[128];
	if (!pid || !read_proc(pid, "stat", text, sizeof text))
		return 0;
	const char *name_end = strrchr(text, ')');
	return name_end && name_end[1] == ' ' ? name_end[2] : 0;
}

/* Within execve, when descriptors are closed already, there is no command line for a moment; of a zombie there is none. */
static int is_init(int pid)
{
	char text[sizeof init_name + 1];
	struct timespec pause = {0, 100000};
	for (int look = 0; look < 100; look++) {
		size_t bytes = read_proc(pid, "cmdline", text, sizeof text);
		if (bytes > 0)
			return bytes == sizeof init_name && memcmp(text, init_name, sizeof init_name) == 0;
		char state = state_of(pid);
		if (!state || state == 'Z' || state == 'X')
			return 0;
		syscall2(__NR_nanosleep, &pause, 0);
	}
	return 0;
}

/* The eldest; orphans come after it. */
static int first_child(int pid)
{
	char name[32], text[32];
	snprintf(name, sizeof name, "task/%d/children", pid);
	return read_proc(pid, name, text, sizeof text) ? atoi(text) : 0;
}

/* The program's parent, where that is not this process: asked only where an init was started. */
int find_init(int pid)
{
	int init = 0;
	while (pid > 0 && is_init(pid)) {
		init = pid;
		pid = first_child(pid);
	}
	return init;
}

void stop_init_with_program(void)
{
	if (state_of(first_child(target.init)) == 'T')
		syscall2(__NR_kill, target.init, SIGSTOP);
}

void send_to_group_by_init(int sig)
{
	siginfo_t info;
	memset(&info, 0, sizeof info);
	info.si_signo = sig;
	info.si_code = SI_QUEUE;
	info.si_value.sival_int = TO_GROUP;
	syscall3(__NR_rt_sigqueueinfo, target.init, sig, &info);
}
