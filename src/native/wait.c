/* Waiting for the program's end, through its stops. Nobody else's child is waited for, except by a process that adopts
 * orphans: it has none but the program and those. */
#define _GNU_SOURCE
#include "run.h"
#include "syscall.h"

#include <errno.h>
#include <poll.h>
#include <sys/wait.h>

long wait_child(siginfo_t *info, int options)
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

/* What an orphan does is looked at only to be done with it. */
static long wait_any(siginfo_t *info, int options)
{
	for (;;) {
		info->si_pid = 0;
		long error = syscall5(__NR_waitid, P_ALL, 0, info, options | WNOWAIT | __WALL, 0);
		if (error == -EINTR)
			continue;
		if (error < 0 || info->si_pid == target.pid || info->si_pid == 0)
			return error;
		siginfo_t orphan;
		syscall5(__NR_waitid, P_PID, info->si_pid, &orphan, options | WNOHANG | __WALL, 0);
	}
}

void reap_orphans(void)
{
	siginfo_t info;
	wait_any(&info, WEXITED | WSTOPPED | WNOHANG);
}

/* Of a program below an init the stops are not told. A pidfd that has told of the end tells it again and again, while a
 * tracer holds the end back. */
static long wait_next(siginfo_t *info)
{
	int looks = target.init && has_job_control(), pidfd = target.pidfd;
	int options = WEXITED | (looks ? WNOHANG : 0);
	for (;;) {
		long error = target.adopts ? wait_any(info, options | WSTOPPED) : wait_child(info, options | WSTOPPED | WNOWAIT);
		if (error < 0 || !looks || info->si_pid)
			return error;
		struct pollfd end = {pidfd, POLLIN, 0};
		if (poll(&end, 1, LOOK_MS) > 0)
			pidfd = -1;
		stop_init_with_program();
	}
}

void wait_for_exit(struct run_result *result)
{
	siginfo_t info;
	for (;;) {
		long error = wait_next(&info);
		if (error < 0) {
			result->wait_error = (int32_t)-error;
			return;
		}
		if (info.si_code != CLD_STOPPED && info.si_code != CLD_TRAPPED)
			break;
		if (follow_stop(info.si_status))
			continue;
		target.left_stopped = 1;
		wait_child(&info, WSTOPPED | WNOHANG); /* somebody else's business: to be told of it again would be to spin */
	}
	target.had_terminal = take_terminal(other_group());
	wait_child(&info, WEXITED);
	__atomic_store_n(&target.pid, 0, __ATOMIC_SEQ_CST); /* the number may be another process's from now on */
	result->exit_code = info.si_code == CLD_EXITED ? info.si_status : -1;
	result->signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
	result->core_dumped = info.si_code == CLD_DUMPED;
}
