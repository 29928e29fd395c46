/* The keeper: a process between this one and the program, that sees to the program's end also when this one is killed.
 *
 * It is a fork of this process that runs nothing but the run itself. As the program's parent and a subreaper it has
 * everything that the program starts below it, in whatever session. To this process it is what a program is otherwise:
 * signals are passed on to it, its stops are followed, and when it is killed its orphans come here, to be ended.
 * Source: prctl(2), PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER. */
#define _GNU_SOURCE
#include "run.h"
#include "signals.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* Nobody else sends it. */
#define CALLER_HAS_ENDED 64

/* What stops a group in the background is not for who has a clock to mind. Caught, not ignored: the program would inherit
 * that. */
static void go_on(int sig)
{
	(void)sig;
}

/* Ctrl-Z where the program is not told of it, being in a session of its own, or not yet there. */
static void stop_job(int sig)
{
	(void)sig;
	if (target.heeds_tstp && target.caller_group == syscall1(__NR_getpgid, 0))
		signal_caller(SIGSTOP);
}

/* Without SA_RESTART: a read or write of the terminal that is refused in the background would be refused again at once. */
static void catch_in_keeper(int sig, void (*handler)(int))
{
	struct sigaction action;
	memset(&action, 0, sizeof action);
	action.sa_handler = handler;
	sigaction(sig, &action, 0);
}

static void end_orphan(int sig)
{
	(void)sig;
	int saved = errno;
	target.orphaned = 1;
	if (target.pid && target.options.orphan_signal)
		end_program(target.options.orphan_signal);
	errno = saved;
}

/* Who ends a whole group by SIGKILL is not to end the keeper with it. At a terminal the job's group is its place. */
static void leave_group(void)
{
	long fd = syscall4(__NR_openat, AT_FDCWD, "/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC, 0);
	if (fd >= 0)
		syscall1(__NR_close, fd);
	else
		syscall2(__NR_setpgid, 0, 0);
}

/* The signal for the program's group reaches this process too where that is its own. */
static int ignore_timeout_signal(struct sigaction *before)
{
	struct sigaction action;
	int sig = target.options.timeout_signal;
	memset(&action, 0, sizeof action);
	action.sa_handler = SIG_IGN;
	if (!target.options.timeout_ns || sigaction(sig, 0, before) < 0 || before->sa_handler != SIG_DFL)
		return 0;
	return sigaction(sig, &action, 0) == 0 ? sig : 0;
}

/* Who has been killed in it, and is not ours to wait for, is given a moment. */
static void remove_group(const char *path)
{
	struct timespec pause = {0, 1000000};
	int looks = target.options.cgroup_kill >= 0 ? 1000 : 1;
	while (syscall3(__NR_unlinkat, AT_FDCWD, path, AT_REMOVEDIR) == -EBUSY && --looks)
		syscall2(__NR_nanosleep, &pause, 0);
}

/* Who would have removed them has ended. Those that still have processes, or groups of the program's below, stay.
 * Paths that end in NUL, after the last one another NUL. */
static void remove_groups(const char *path)
{
	for (; *path; path += strlen(path) + 1)
		remove_group(path);
}

/* Also while it ends: its other threads are still the parent. Where a filter refuses to tell, it is taken to live. */
static int has_ended(long caller)
{
	long parent = syscall0(__NR_getppid);
	return parent >= 0 && caller >= 0 && parent != caller;
}

static _Noreturn void keep(long caller, uint64_t mask, uint8_t *image, uint32_t image_bytes, const char *groups,
			   struct run_result *result)
{
	struct run_options options = target.options;
	int has_shell = target.has_shell, heeds_tstp = target.heeds_tstp;
	begin_target(&options);
	target.adopts = 1;
	target.caller = (int)caller;
	target.caller_group = (int)syscall1(__NR_getpgid, 0);
	target.leads_group = target.caller_group == caller;
	target.has_shell = has_shell;
	target.heeds_tstp = heeds_tstp;
	leave_group();
	catch_in_keeper(CALLER_HAS_ENDED, end_orphan);
	catch_in_keeper(SIGTTIN, go_on);
	catch_in_keeper(SIGTTOU, go_on);
	catch_in_keeper(SIGTSTP, stop_job);
	syscall5(__NR_prctl, PR_SET_NAME, "spawnctl-keeper", 0, 0, 0);
	syscall5(__NR_prctl, PR_SET_PDEATHSIG, CALLER_HAS_ENDED, 0, 0, 0);
	adopt_orphans(1);
	restore_signals(mask);
	if (!has_ended(caller))
		run_here(image, image_bytes, result);
	if (target.orphaned || has_ended(caller))
		remove_groups(groups);
	exit_now(0);
}

/* What comes back from the keeper: the result, and the image with its stamps. */
static struct run_result *map_shared(uint32_t image_bytes)
{
	void *shared = mmap(0, sizeof(struct run_result) + image_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return shared == MAP_FAILED ? 0 : shared;
}

void run_kept(uint8_t *image, uint32_t image_bytes, const char *groups, struct run_result *result)
{
	struct run_result end = {0};
	struct own_settings own = {0};
	struct sigaction before[FORWARDED_COUNT], ignored_before;
	struct run_result *shared = map_shared(image_bytes);
	if (!shared) {
		result->keeper_error = errno;
		return;
	}
	uint8_t *shared_image = (uint8_t *)(shared + 1);
	memcpy(shared_image, image, image_bytes);
	long caller = syscall0(__NR_getpid);
	adopt_orphans(target.options.kill_tree);
	target.first_tick = tick_now();
	if (target.options.terminal >= 0)
		remember_settings(&own);
	install_handlers(before);
	uint64_t mask = block_all_signals();
	pid_t pid = fork();
	if (pid == 0)
		keep(caller, mask, shared_image, image_bytes, groups, shared);
	int error = errno;
	int ignored = ignore_timeout_signal(&ignored_before);
	target.options.kill_after_ns = target.options.timeout_ns = 0; /* the keeper's business now */
	target.kept = shared;
	close_fd(&target.options.terminal);
	close_fd(&target.options.terminal_peer);
	close_files();
	restore_signals(mask);
	if (pid > 0) {
		aim(pid, open_pidfd(pid));
		wait_for_exit(&end);
		if (end.signal && target.options.kill_tree)
			kill_descendants();
		if (end.signal) {
			put_settings_back(&own);
			take_terminal(shared->spawn.pid);
		}
		memcpy(result, shared, sizeof *result);
		memcpy(image, shared_image, image_bytes);
		result->keeper_signal = end.signal;
		if (!shared->elapsed_ns)
			result->wait_error = end.wait_error;
	} else {
		result->keeper_error = error;
	}
	restore_handlers(before);
	if (ignored)
		sigaction(ignored, &ignored_before, 0);
	target.kept = 0;
	adopt_orphans(0);
	munmap(shared, sizeof *shared + image_bytes);
	if (target.pidfd >= 0)
		syscall1(__NR_close, target.pidfd);
}
