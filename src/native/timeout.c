/* A program's time, by timeout(1)'s rules: the signal goes to the program and to its group, SIGCONT after it so that a
 * stopped one can obey; then, when that is asked for, SIGKILL. */
#define _GNU_SOURCE
#include "run.h"
#include "syscall.h"

#include <errno.h>
#include <string.h>
#include <sys/time.h>

static void set_timer(uint64_t ns)
{
	struct itimerval timer = {{0, 0}, {(time_t)(ns / 1000000000u), (suseconds_t)(ns % 1000000000u / 1000u)}};
	if (ns > 0 && ns < 1000u)
		timer.it_value.tv_usec = 1;
	setitimer(ITIMER_REAL, &timer, 0);
}

/* To a group of which this process is one. What is pending here then is dropped with it. */
static void send_to_own_group(int sig)
{
	struct sigaction action, before;
	memset(&action, 0, sizeof action);
	action.sa_handler = SIG_IGN;
	sigaction(sig, &action, &before);
	syscall2(__NR_kill, 0, sig);
	sigaction(sig, &action, 0);
	sigaction(sig, &before, 0);
}

/* A group that this process or its caller is in cannot be sent what they cannot catch: its members are ended one by one
 * when the program has ended. */
static void send_to_all(int sig)
{
	int group = other_group(), cannot_be_caught = sig == SIGKILL || sig == SIGSTOP;
	send_signal(sig);
	if (group && group != target.caller_group)
		syscall2(__NR_kill, -group, sig);
	else if (target.leads_group && sig == SIGKILL)
		target.killed_group = (int)syscall1(__NR_getpgid, target.pid);
	else if (group && !cannot_be_caught)
		syscall2(__NR_kill, -group, sig);
	else if (target.leads_group && !cannot_be_caught)
		send_to_own_group(sig);
}

void end_program(int sig)
{
	send_to_all(sig);
	if (sig != SIGKILL)
		send_to_all(SIGCONT);
}

/* Somebody has sent it a signal that should end it: from now on its time is that until SIGKILL. */
void begin_ending(void)
{
	if (target.ending || !target.options.kill_after_ns)
		return;
	target.ending = 1;
	set_timer(target.options.kill_after_ns);
}

static void time_is_up(int sig)
{
	(void)sig;
	int saved = errno, last = target.ending;
	if (!__atomic_load_n(&target.pid, __ATOMIC_SEQ_CST))
		return;
	int ending = last ? SIGKILL : target.options.timeout_signal;
	target.ending = 1;
	if (!last || target.timed_out) /* else somebody else's signal began the end */
		target.timed_out = ending == SIGKILL ? 2 : 1;
	*(last ? &target.killed_ns : &target.timed_out_ns) = monotonic_ns();
	if (!last)
		set_timer(target.options.kill_after_ns);
	end_program(ending);
	errno = saved;
}

/* Before any signal is passed on: with it may begin the time until SIGKILL. */
void catch_alarm(struct sigaction *before)
{
	struct sigaction action;
	sigaction(SIGALRM, 0, before);
	if (!target.options.timeout_ns && !target.options.kill_after_ns)
		return;
	memset(&action, 0, sizeof action);
	action.sa_handler = time_is_up;
	action.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &action, 0);
}

/* Unless something has already begun the end, be it only just now. */
void begin_timeout(void)
{
	if (!target.options.timeout_ns || target.ending)
		return;
	set_timer(target.options.timeout_ns);
	if (target.ending)
		set_timer(target.options.kill_after_ns);
}

void end_timeout(const struct sigaction *before)
{
	set_timer(0);
	sigaction(SIGALRM, before, 0);
}
