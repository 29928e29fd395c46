/* Signals on their way to the program.
 *
 * What is sent to this process alone is meant for the program: passed on. What the terminal sends (si_code SI_KERNEL)
 * went to the whole foreground group already, and is passed on only to a child that has left that group.
 * Source: timeout(1), sudo's and systemd-run's treatment of the same, signal(7). */
#define _GNU_SOURCE
#include "run.h"
#include "syscall.h"

#include <errno.h>
#include <string.h>

static const int forwarded[FORWARDED_COUNT] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP};

/* Sent to end a program. */
static int is_ending(int sig)
{
	return sig == SIGTERM || sig == SIGHUP || sig == SIGINT || sig == SIGQUIT;
}

void send_signal(int sig)
{
	signal_process(target.pid, target.pidfd, sig);
}

/* The child's process group when it is not ours; 0 when it is, or when there is no child any more. */
int other_group(void)
{
	long group = syscall1(__NR_getpgid, target.pid);
	return group > 1 && group != syscall1(__NR_getpgid, 0) ? (int)group : 0;
}

/* Or from the keeper, who has had it as well. */
static int is_from_program(int sender)
{
	return sender != 0 && (sender == target.pid || (target.kept && sender == target.kept->spawn.pid));
}

/* What the child itself sent, to its whole group or to its parent, was not meant for it; nor what we sent to the group. */
void pass_on(void)
{
	uint64_t due = __atomic_exchange_n(&target.due, 0, __ATOMIC_SEQ_CST);
	int self = (int)syscall0(__NR_getpid);
	for (unsigned i = 0; i < FORWARDED_COUNT; i++)
		if (due & (1ull << i) && target.sender[i] != self && !is_from_program(target.sender[i])) {
			if (is_ending(forwarded[i]) && target.options.timeout_ns)
				end_program(forwarded[i]);
			else
				send_signal(forwarded[i]);
			if (is_ending(forwarded[i])) {
				continue_to_end();
				begin_ending();
			}
		}
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

static void send_to_group(int group, int sig)
{
	if (target.init)
		send_to_group_by_init(sig);
	else
		syscall2(__NR_kill, -group, sig);
	if (is_ending(sig))
		continue_to_end();
}

/* What the terminal sends before there is a child is noted as well: the child may have come too late for it, and one
 * that was in time is too young to tell two from one. A group of its own gets it as a foreground group does: whole. */
static void forward(int sig, siginfo_t *info, void *context)
{
	(void)context;
	int saved = errno, group;
	int from_terminal = info->si_code == SI_KERNEL;
	if (sig == SIGTSTP)
		target.stop_asked = 1;
	if (from_terminal && (sig == SIGINT || sig == SIGQUIT))
		target.terminal_signal = sig;
	if (is_ending(sig))
		target.told_to_end = 1;
	if (!from_terminal || __atomic_load_n(&target.pid, __ATOMIC_SEQ_CST) == 0)
		note(sig, from_terminal ? 0 : info->si_pid);
	else if ((group = other_group()) && !(sig == SIGWINCH && target.options.terminal >= 0))
		send_to_group(group, sig);
	if (sig == SIGWINCH && target.options.terminal >= 0)
		pass_window_size();
	errno = saved;
}

void catch_signal(int sig)
{
	struct sigaction action;
	memset(&action, 0, sizeof action);
	action.sa_sigaction = forward;
	action.sa_flags = SA_SIGINFO | SA_RESTART;
	sigaction(sig, &action, 0);
}

/* SIGTSTP waits for a child that stops in our stead. */
void install_handlers(struct sigaction *before)
{
	for (unsigned i = 0; i < FORWARDED_COUNT; i++) {
		sigaction(forwarded[i], 0, &before[i]);
		if (forwarded[i] != SIGTSTP)
			catch_signal(forwarded[i]);
	}
}

void restore_handlers(const struct sigaction *before)
{
	for (unsigned i = 0; i < FORWARDED_COUNT; i++)
		sigaction(forwarded[i], &before[i], 0);
}
