/* spawnctl exec's heart: spawn, pass signals on, wait; one call, no event loop.
 *
 * Signals sent to this process alone are meant for the program: passed on. What the terminal sends (si_code SI_KERNEL)
 * went to the whole foreground group already, and is passed on only to a child that has left that group.
 * A child that stops stops this process too, so that the shell sees a stopped job; fg or bg then continue both. Ctrl-Z
 * is the child's to take: it may tidy the terminal up before it stops, or not stop at all.
 * Source: timeout(1), sudo's and systemd-run's treatment of the same, signal(7), "Proper handling of SIGINT/SIGQUIT". */
#define _GNU_SOURCE
#include "signals.h"
#include "spawn.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Filled for JavaScript; read by src/native/binding.ts. */
struct run_result {
	struct spawn_result spawn;
	int32_t exit_code;   /* -1: a signal ended it */
	int32_t signal;	     /* 0: it exited */
	int32_t core_dumped;
	int32_t wait_error;  /* ECHILD: reaped elsewhere */
	int32_t interrupted; /* the terminal's SIGINT or SIGQUIT reached this process too */
	int32_t timed_out;   /* 1: the signal was sent, 2: SIGKILL */
	uint64_t elapsed_ns; /* from the call until the child was reaped */
};

/* What JavaScript asks of a run; written by src/native/binding.ts. */
struct run_options {
	uint64_t timeout_ns;	/* 0: none */
	uint64_t kill_after_ns; /* more, until SIGKILL; 0: never */
	int32_t timeout_signal;
	int32_t kill_tree;
	int32_t spared; /* the zygote, which is a child but none of the program's */
	int32_t reserved;
};

static const int forwarded[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP};
#define FORWARDED_COUNT (sizeof forwarded / sizeof *forwarded)

/* Written before the handlers can see a child; a process runs one program at a time this way. */
static struct {
	int pid, pidfd;
	uint64_t due; /* to be passed on: at once, or as soon as there is a child */
	int sender[FORWARDED_COUNT]; /* of the last one; 0 is the kernel */
	int terminal_signal;
	struct run_options options;
	int timed_out;
} target;

static void send(int sig)
{
	if (target.pidfd >= 0)
		syscall4(__NR_pidfd_send_signal, target.pidfd, sig, 0, 0);
	else
		syscall2(__NR_kill, target.pid, sig);
}

/* The child's process group when it is not ours; 0 when it is, or when there is no child any more. */
static int other_group(void)
{
	long group = syscall1(__NR_getpgid, target.pid);
	return group > 1 && group != syscall1(__NR_getpgid, 0) ? (int)group : 0;
}

/* What the child itself sent, to its whole group or to its parent, was not meant for it. */
static void pass_on(void)
{
	uint64_t due = __atomic_exchange_n(&target.due, 0, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < FORWARDED_COUNT; i++)
		if (due & (1ull << i) && target.sender[i] != target.pid)
			send(forwarded[i]);
}

/* Runs on any thread, also while aim() runs on another: noted first, looked for a child afterwards, so that one of the
 * two passes it on. */
static void note(int sig, int sender)
{
	for (unsigned i = 0; i < FORWARDED_COUNT; i++)
		if (forwarded[i] == sig) {
			target.sender[i] = sender;
			__atomic_fetch_or(&target.due, 1ull << i, __ATOMIC_SEQ_CST);
		}
	if (__atomic_load_n(&target.pid, __ATOMIC_SEQ_CST) != 0)
		pass_on();
}

/* What the terminal sends before there is a child is noted as well: the child may have come too late for it, and one
 * that was in time is too young to tell two from one. A group of its own gets it as a foreground group does: whole. */
static void forward(int sig, siginfo_t *info, void *context)
{
	(void)context;
	int saved = errno, group;
	int from_terminal = info->si_code == SI_KERNEL;
	if (from_terminal && (sig == SIGINT || sig == SIGQUIT))
		target.terminal_signal = sig;
	if (!from_terminal || __atomic_load_n(&target.pid, __ATOMIC_SEQ_CST) == 0)
		note(sig, from_terminal ? 0 : info->si_pid);
	else if ((group = other_group()))
		syscall2(__NR_kill, -group, sig);
	errno = saved;
}

static void catch_signal(int sig)
{
	struct sigaction action;
	memset(&action, 0, sizeof action);
	action.sa_sigaction = forward;
	action.sa_flags = SA_SIGINFO | SA_RESTART;
	sigaction(sig, &action, 0);
}

/* SIGTSTP waits for a child that stops in our stead. */
static void install_handlers(struct sigaction *before)
{
	for (unsigned i = 0; i < FORWARDED_COUNT; i++) {
		sigaction(forwarded[i], 0, &before[i]);
		if (forwarded[i] != SIGTSTP)
			catch_signal(forwarded[i]);
	}
}

static void restore_handlers(const struct sigaction *before)
{
	for (unsigned i = 0; i < FORWARDED_COUNT; i++)
		sigaction(forwarded[i], &before[i], 0);
}

static void set_timer(uint64_t ns)
{
	struct itimerval timer = {{0, 0}, {(time_t)(ns / 1000000000u), (suseconds_t)(ns % 1000000000u / 1000u)}};
	if (ns > 0 && ns < 1000u)
		timer.it_value.tv_usec = 1;
	setitimer(ITIMER_REAL, &timer, 0);
}

/* As timeout(1): the signal, SIGCONT so that a stopped program can obey it, and SIGKILL later. */
static void time_is_up(int sig)
{
	(void)sig;
	int saved = errno, group = other_group();
	int signals[] = {target.timed_out ? SIGKILL : target.options.timeout_signal, SIGCONT};
	target.timed_out = signals[0] == SIGKILL ? 2 : 1;
	for (int i = 0; i < (target.timed_out == 2 ? 1 : 2); i++) {
		send(signals[i]);
		if (group)
			syscall2(__NR_kill, -group, signals[i]);
	}
	if (target.timed_out == 1)
		set_timer(target.options.kill_after_ns);
	errno = saved;
}

/* Asks who has the terminal (TIOCGPGRP), or gives it away (TIOCSPGRP). Returns the group, or 0 without a terminal. */
static int terminal_group(unsigned long request, int group)
{
	long fd = syscall4(__NR_openat, AT_FDCWD, "/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	uint64_t mask = block_all_signals(); /* SIGTTOU stops who gives it away without having it */
	long error = syscall3(__NR_ioctl, fd, request, &group);
	restore_signals(mask);
	syscall1(__NR_close, fd);
	return error < 0 ? 0 : group;
}

/* What the child's group had of the terminal is ours again. Returns that group, or 0 when it had nothing. */
static int take_terminal(void)
{
	int group = other_group();
	if (!group || terminal_group(TIOCGPGRP, 0) != group)
		return 0;
	terminal_group(TIOCSPGRP, (int)syscall1(__NR_getpgid, 0));
	return group;
}

/* Without a terminal there is no shell to continue us: a stop is then somebody else's business. */
static int has_job_control(void)
{
	long fd = syscall4(__NR_openat, AT_FDCWD, "/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	syscall1(__NR_close, fd);
	return syscall1(__NR_getsid, target.pid) == syscall1(__NR_getsid, 0);
}

static void aim(const struct spawn_result *spawned)
{
	target.pidfd = spawned->pidfd;
	__atomic_store_n(&target.pid, spawned->pid, __ATOMIC_SEQ_CST);
	pass_on();
	if (has_job_control())
		catch_signal(SIGTSTP);
}

static long wait_child(siginfo_t *info, int options)
{
	long error;
	do {
		info->si_pid = 0;
		if (target.pidfd >= 0)
			error = syscall5(__NR_waitid, P_PIDFD, target.pidfd, info, options | __WALL, 0);
		else
			error = syscall5(__NR_waitid, P_PID, target.pid, info, options | __WALL, 0);
		if (error == -EINVAL && target.pidfd >= 0) /* before 5.4 */
			error = syscall5(__NR_waitid, P_PID, target.pid, info, options | __WALL, 0);
	} while (error == -EINTR);
	return error;
}

static int still_stopped(void)
{
	siginfo_t info;
	return wait_child(&info, WSTOPPED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

/* To this very thread, so that it stands still before it goes on. By SIGTSTP where the child did, for a shell tells the
 * stops apart; it is ignored where no shell could continue us. */
static void stop_ourselves(int child_stopped_by)
{
	int sig = child_stopped_by == SIGTSTP ? SIGTSTP : SIGSTOP;
	if (sig == SIGTSTP)
		signal(SIGTSTP, SIG_DFL);
	syscall3(__NR_tgkill, syscall0(__NR_getpid), syscall0(__NR_gettid), sig);
	if (sig == SIGTSTP)
		catch_signal(SIGTSTP);
}

/* Returns whether the stop was followed. It is looked at twice: what stopped the whole group has stopped us before the
 * second look, and by then the shell may have continued both. */
static int follow_stop(int child_stopped_by)
{
	if (!still_stopped())
		return 1;
	if (!has_job_control())
		return 0;
	int foreground = take_terminal();
	stop_ourselves(child_stopped_by);
	if (foreground && terminal_group(TIOCGPGRP, 0) == syscall1(__NR_getpgid, 0))
		terminal_group(TIOCSPGRP, foreground);
	if (!still_stopped())
		return 1;
	int group = other_group(); /* which no shell knows of */
	if (group)
		syscall2(__NR_kill, -group, SIGCONT);
	else
		send(SIGCONT);
	return 1;
}

static void wait_for_exit(struct run_result *result)
{
	siginfo_t info;
	int stops = WSTOPPED;
	for (;;) {
		long error = wait_child(&info, WEXITED | stops | WNOWAIT);
		if (error < 0) {
			result->wait_error = (int32_t)-error;
			return;
		}
		if (info.si_code != CLD_STOPPED && info.si_code != CLD_TRAPPED)
			break;
		if (!follow_stop(info.si_status))
			stops = 0; /* somebody else's business: to be told again and again would be to spin */
	}
	take_terminal();
	wait_child(&info, WEXITED);
	result->exit_code = info.si_code == CLD_EXITED ? info.si_status : -1;
	result->signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
	result->core_dumped = info.si_code == CLD_DUMPED;
}

static void await_timeout(struct sigaction *before)
{
	struct sigaction action;
	memset(&action, 0, sizeof action);
	action.sa_handler = time_is_up;
	action.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &action, before);
	set_timer(target.options.timeout_ns);
}

static void end_timeout(const struct sigaction *before)
{
	set_timer(0);
	sigaction(SIGALRM, before, 0);
}

void spawnctl_run(const uint8_t *image, uint32_t image_bytes, const struct run_options *options, struct run_result *result)
{
	struct sigaction before[FORWARDED_COUNT], alarm_before;
	uint64_t started_ns = monotonic_ns();
	memset(result, 0, sizeof *result);
	target.pid = 0;
	target.pidfd = -1;
	target.due = 0;
	target.terminal_signal = 0;
	target.timed_out = 0;
	target.options = *options;
	adopt_orphans(options->kill_tree);
	install_handlers(before);
	spawnctl_spawn(image, image_bytes, &result->spawn);
	if (result->spawn.stage == STAGE_SPAWNED) {
		aim(&result->spawn);
		await_timeout(&alarm_before);
		wait_for_exit(result);
		end_timeout(&alarm_before);
		if (options->kill_tree)
			kill_descendants(options->spared);
		result->timed_out = target.timed_out;
		result->interrupted = result->signal != 0 && result->signal == target.terminal_signal;
	}
	restore_handlers(before);
	adopt_orphans(0);
	if (target.pidfd >= 0)
		syscall1(__NR_close, target.pidfd);
	result->elapsed_ns = monotonic_ns() - started_ns;
}

/* Clears O_NONBLOCK, which the description may share with other processes. Returns 0 or -errno. */
int spawnctl_set_blocking(int32_t fd)
{
	long flags = syscall3(__NR_fcntl, fd, F_GETFL, 0);
	return (int)(flags < 0 ? flags : syscall3(__NR_fcntl, fd, F_SETFL, flags & ~O_NONBLOCK));
}

/* Leaves at once: Node's own exit would put the terminal back as it found it and undo what the program did to it.
 * With a signal, ends by that signal, so that a shell's loop sees the Ctrl-C as it would without us. */
void spawnctl_leave(int32_t code, int32_t signal_number)
{
	if (signal_number) {
		struct rlimit no_core = {0, 0};
		struct sigaction by_default;
		memset(&by_default, 0, sizeof by_default);
		setrlimit(RLIMIT_CORE, &no_core);
		sigaction(signal_number, &by_default, 0);
		restore_signals(0);
		syscall2(__NR_kill, syscall0(__NR_getpid), signal_number);
	}
	for (;;)
		syscall1(__NR_exit_group, code);
}
