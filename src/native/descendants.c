/* Ends what a program has started, when it has ended itself.
 *
 * As a subreaper this process becomes the parent of every orphan below it, whatever session or group that has moved to.
 * Killing the children makes their children ours, until there are none. Source: prctl(2), PR_SET_CHILD_SUBREAPER. */
#define _GNU_SOURCE
#include "run.h"
#include "syscall.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void adopt_orphans(int on)
{
	syscall5(__NR_prctl, PR_SET_CHILD_SUBREAPER, on, 0, 0, 0);
}

/* The next of the numbers in a file, which spaces part; 0 at its end. */
static int next_number(FILE *file)
{
	int number = 0, character;
	while ((character = getc(file)) >= '0' && character <= '9')
		number = 10 * number + character - '0';
	return number;
}

/* The time since boot, in the ticks that /proc tells a process's beginning in. */
uint64_t tick_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	uint64_t per_second = (uint64_t)sysconf(_SC_CLK_TCK);
	return (uint64_t)now.tv_sec * per_second + (uint64_t)now.tv_nsec * per_second / 1000000000u;
}

/* Field 22 in proc_pid_stat(5); the second one may hold spaces and parentheses. */
static uint64_t start_tick(int pid)
{
	char text[1024];
	if (!read_proc(pid, "stat", text, sizeof text))
		return 0;
	const char *field = strrchr(text, ')');
	for (int number = 2; field && number < 22; number++)
		field = strchr(field + 1, ' ');
	return field ? strtoull(field, 0, 10) : 0;
}

/* By a shell that has executed spawnctl in its place, say. */
static int was_there_before(int pid)
{
	return target.first_tick && start_tick(pid) < target.first_tick;
}

static int end_child(int pid, int group)
{
	if ((group && syscall1(__NR_getpgid, pid) != group) || was_there_before(pid))
		return 0;
	return syscall2(__NR_kill, pid, SIGKILL) == 0;
}

/* One thread's children; an orphan may be given to any thread. */
static int end_children_of(const char *tid, int group)
{
	char path[64];
	int count = 0;
	snprintf(path, sizeof path, "/proc/self/task/%.16s/children", tid);
	FILE *children = fopen(path, "re");
	if (!children)
		return 0;
	for (int pid; (pid = next_number(children));)
		count += end_child(pid, group);
	fclose(children);
	return count;
}

/* In a pid namespace without a /proc of its own the numbers there would be other processes here. */
static int is_own_proc(void)
{
	char self[16] = {0}, number[16];
	snprintf(number, sizeof number, "%d", (int)syscall0(__NR_getpid));
	return syscall4(__NR_readlinkat, AT_FDCWD, "/proc/self", self, sizeof self - 1) > 0 && strcmp(self, number) == 0;
}

/* Returns how many were sent SIGKILL: one that has become somebody else may be out of reach. */
static int end_children(int group)
{
	int count = 0;
	DIR *tasks = is_own_proc() ? opendir("/proc/self/task") : 0;
	if (!tasks)
		return 0;
	for (struct dirent *task; (task = readdir(tasks));)
		if (task->d_name[0] != '.')
			count += end_children_of(task->d_name, group);
	closedir(tasks);
	return count;
}

/* Own children alone: those of a group, or all with 0. All are sent it before one is waited for: a tracer among them may hold
 * another one's end back. */
void kill_children(int group)
{
	siginfo_t info;
	while (end_children(group) > 0) {
		long error;
		do
			error = syscall5(__NR_waitid, P_ALL, 0, &info, WEXITED | __WALL, 0);
		while (error == -EINTR);
		if (error < 0) /* a filter refuses it: the dead would be found again and again */
			return;
		do
			info.si_pid = 0;
		while (syscall5(__NR_waitid, P_ALL, 0, &info, WEXITED | WNOHANG | __WALL, 0) == 0 && info.si_pid);
	}
}

/* A control group ends at once, also one that makes processes faster than they can be ended one by one. The dead are left
 * to be reaped, and who has gone to another group to be found. */
void kill_descendants(void)
{
	if (target.options.cgroup_kill >= 0)
		syscall3(__NR_write, target.options.cgroup_kill, "1", 1);
	kill_children(0);
}
