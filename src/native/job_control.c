/* The terminal and the shell behind it: a child that stops stops this process too, so that the shell sees a stopped job;
 * fg or bg then continue both. Ctrl-Z is the child's to take: it may tidy the terminal up before it stops, or not stop
 * at all. */
#define _GNU_SOURCE
#include "run.h"
#include "signals.h"
#include "syscall.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

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

/* The terminal is ours again, if it was this group's. Returns whether it was. */
int take_terminal(int group)
{
	if (!group || terminal_group(TIOCGPGRP, 0) != group)
		return 0;
	terminal_group(TIOCSPGRP, (int)syscall1(__NR_getpgid, 0));
	return 1;
}

static int give_terminal(int group)
{
	if (terminal_group(TIOCGPGRP, 0) != syscall1(__NR_getpgid, 0))
		return 0;
	terminal_group(TIOCSPGRP, group);
	return 1;
}

/* Whether the terminal's foreground is this process's, to be handed on. Without a terminal the child is to say so. */
int spawnctl_has_foreground(void)
{
	int group = terminal_group(TIOCGPGRP, 0);
	return !group || group == syscall1(__NR_getpgid, 0);
}

/* Without a terminal there is no shell to continue us: a stop is then somebody else's business. */
int has_job_control(void)
{
	long fd = syscall4(__NR_openat, AT_FDCWD, "/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	syscall1(__NR_close, fd);
	return syscall1(__NR_getsid, target.pid) == syscall1(__NR_getsid, 0);
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

static void continue_child(int group)
{
	if (group) /* which no shell knows of */
		syscall2(__NR_kill, -group, SIGCONT);
	else
		send_signal(SIGCONT);
}

/* A stopped program does nothing about a signal that is to end it. Of one below an init it is not known, and of one with a
 * terminal of its own nobody has looked. */
void continue_to_end(void)
{
	int group = other_group();
	if (target.left_stopped || target.init || (target.options.terminal >= 0 && still_stopped()))
		continue_child(group == target.caller_group ? 0 : group);
}

void continue_program(int foreground)
{
	if (foreground)
		give_terminal(foreground);
	if (still_stopped())
		continue_child(other_group());
}

static void continue_kept(int sig)
{
	(void)sig;
	continue_program(target.foreground);
}

/* One that has ended has left its number to others. */
void signal_caller(int sig)
{
	if (syscall0(__NR_getppid) == target.caller)
		syscall2(__NR_kill, target.caller, sig);
}

/* The keeper has a clock to mind, and is not what the shell sees: it stops its caller in its stead, until somebody
 * continues the job, or the program, or that has ended. */
static void stop_caller(void)
{
	siginfo_t info;
	struct sigaction action, before;
	memset(&action, 0, sizeof action);
	action.sa_handler = continue_kept;
	action.sa_flags = SA_RESTART;
	sigaction(SIGCONT, &action, &before);
	signal_caller(SIGSTOP);
	if (wait_child(&info, WEXITED | WCONTINUED | WNOWAIT) == 0 && info.si_code == CLD_CONTINUED)
		wait_child(&info, WCONTINUED | WNOHANG);
	sigaction(SIGCONT, &before, 0);
	signal_caller(SIGCONT);
}

/* Whether whoever stopped the program, or is told of it, is going to continue this process too. */
static int is_followed(void)
{
	return has_job_control() && (target.has_shell || target.stop_asked);
}

/* Returns whether the stop was followed. It is looked at twice: what stopped the whole group has stopped us before the
 * second look, and by then the shell may have continued both. What stops for want of a terminal that has become ours, as
 * a job that was running gets it from the shell without a word, is given it. */
int follow_stop(int child_stopped_by)
{
	if (!still_stopped())
		return 1;
	if (!is_followed())
		return 0;
	int group = other_group();
	int had_terminal = take_terminal(group);
	int wants_terminal = group && (had_terminal || target.options.foreground);
	int is_refused = !had_terminal && (child_stopped_by == SIGTTIN || child_stopped_by == SIGTTOU);
	target.stop_asked = 0;
	target.foreground = wants_terminal ? group : 0;
	if (is_refused && wants_terminal && give_terminal(group)) {
		continue_program(0);
	} else if (target.caller) {
		stop_caller();
	} else {
		stop_ourselves(child_stopped_by);
		continue_program(target.foreground);
	}
	return 1;
}
