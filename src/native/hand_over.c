/* A program that is traced by this thread up to its first instruction (PTRACE_TRACEME) is let go where it is, stopped, for
 * a debugger to take. Who asked for that is told which process it is: nothing else says so before the end.
 * Source: ptrace(2), "Stopped tracees"; execve sends the tracee a SIGTRAP, before any other signal. */
#define _GNU_SOURCE
#include "run.h"
#include "syscall.h"

#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

void hand_over(void)
{
	siginfo_t info;
	char text[160];
	if (wait_child(&info, WSTOPPED | WEXITED | WNOWAIT) < 0 || info.si_code != CLD_TRAPPED)
		return;
	int length = snprintf(text, sizeof text,
			      "spawnctl: process %d is stopped before its first instruction: gdb -p %d; kill -CONT %d lets it go on\n",
			      target.pid, target.pid, target.pid);
	wait_child(&info, WSTOPPED);
	syscall4(__NR_ptrace, PTRACE_DETACH, target.pid, 0, SIGSTOP);
	syscall3(__NR_write, STDERR_FILENO, text, length);
}
