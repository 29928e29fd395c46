/* The end of this process, and what it gives back before. */
#define _GNU_SOURCE
#include "signals.h"
#include "syscall.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

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
	exit_now(code);
}
