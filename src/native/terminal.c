/* A new terminal for the program: what it is like, and everything that goes through it while the program runs.
 *
 * The caller's own terminal, where standard input is one, becomes raw meanwhile: every key is the program's, and the new
 * terminal makes signals of them in the program's session. Its window size is passed on by the handler of SIGWINCH.
 * Source: pty(7), script(1), ioctl_tty(2). */
#define _GNU_SOURCE
#include "run.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

/* How long a terminal is quiet that others still hold when the program has ended. */
#define QUIET_MS 100
/* Without a pidfd the end is looked for this often; and orphans are. */
#define LOOK_MS 50

static const struct winsize usual_size = {24, 80, 0, 0};

/* The window of whichever of 0, 1 and 2 is a terminal. */
static struct winsize window_size(void)
{
	struct winsize size;
	for (int fd = 0; fd < 3; fd++)
		if (syscall3(__NR_ioctl, fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
			return size;
	return usual_size;
}

static int open_peer(int master)
{
	long fd = syscall3(__NR_ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 || (fd != -ENOTTY && fd != -EINVAL))
		return (int)fd;
	unsigned number; /* before 4.13 */
	char path[32];
	long error = syscall3(__NR_ioctl, master, TIOCGPTN, &number);
	if (error < 0)
		return (int)error;
	snprintf(path, sizeof path, "/dev/pts/%u", number);
	return (int)syscall4(__NR_openat, AT_FDCWD, path, O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
}

/* ends[0] is spawnctl's, ends[1] the program's; like the caller's own terminal, where there is one. Input that nobody types
 * is not echoed. Returns 0 or -errno. */
int spawnctl_open_terminal(int32_t *ends)
{
	struct termios settings;
	int unlock = 0;
	long master = syscall4(__NR_openat, AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK, 0);
	if (master < 0)
		return (int)master;
	syscall3(__NR_ioctl, master, TIOCSPTLCK, &unlock);
	int slave = open_peer((int)master);
	if (slave < 0) {
		syscall1(__NR_close, master);
		return slave;
	}
	if (tcgetattr(0, &settings) == 0) {
		tcsetattr(slave, TCSANOW, &settings);
	} else if (tcgetattr(slave, &settings) == 0) {
		settings.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(slave, TCSANOW, &settings);
	}
	struct winsize size = window_size();
	syscall3(__NR_ioctl, master, TIOCSWINSZ, &size);
	ends[0] = (int32_t)master;
	ends[1] = slave;
	return 0;
}

/* How wide the terminal is that is open there; 0 where it is none, or does not tell. Node's streams would tell as well, and
 * change what they have open. */
int spawnctl_terminal_columns(int32_t fd)
{
	struct winsize size;
	return syscall3(__NR_ioctl, fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void pass_window_size(void)
{
	struct winsize size = window_size();
	syscall3(__NR_ioctl, target.options.terminal, TIOCSWINSZ, &size);
}

/* Bytes on their way to the program. */
struct input {
	char bytes[4096];
	size_t start, end;
	char last;
	int open;
};

static void write_all(int fd, const char *bytes, long count, int *broken)
{
	while (count > 0 && !*broken) {
		long written = syscall3(__NR_write, fd, bytes, count);
		if (written == -EAGAIN) {
			struct pollfd room = {fd, POLLOUT, 0};
			poll(&room, 1, -1);
		} else if (written < 0 && written != -EINTR) {
			*broken = 1;
		} else if (written > 0) {
			bytes += written;
			count -= written;
		}
	}
}

/* Returns 0 when there is nothing to be had any more, -1 when there is nothing now. */
static int pass_output(int *broken)
{
	char bytes[4096];
	long count = syscall3(__NR_read, target.options.terminal, bytes, sizeof bytes);
	if (count > 0) {
		write_all(1, bytes, count, broken);
		return 1;
	}
	return count == -EAGAIN || count == -EINTR ? -1 : 0;
}

/* The end of the input is a key of the terminal's; in the middle of a line the first one only ends the line. */
static void end_input(struct input *input)
{
	struct termios settings;
	input->open = 0;
	if (tcgetattr(target.options.terminal, &settings) < 0 || !(settings.c_lflag & ICANON))
		return;
	if (input->last != '\n')
		input->bytes[input->end++] = (char)settings.c_cc[VEOF];
	input->bytes[input->end++] = (char)settings.c_cc[VEOF];
}

static void read_input(struct input *input)
{
	long count = syscall3(__NR_read, 0, input->bytes, sizeof input->bytes);
	input->start = input->end = 0;
	if (count > 0) {
		input->end = (size_t)count;
		input->last = input->bytes[count - 1];
	} else if (count != -EINTR && count != -EAGAIN) {
		end_input(input);
	}
}

static void pass_input(struct input *input)
{
	long written = syscall3(__NR_write, target.options.terminal, input->bytes + input->start, input->end - input->start);
	if (written > 0)
		input->start += (size_t)written;
	else if (written != -EINTR && written != -EAGAIN)
		input->start = input->end;
}

static int has_ended(void)
{
	siginfo_t info;
	if (target.adopts)
		reap_orphans();
	return wait_child(&info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid != 0;
}

/* A reader that has gone hangs the program up, as it would find out without a terminal in between. */
static void relay(void)
{
	struct input input = {.last = '\n', .open = 1};
	int broken = 0, hung_up = 0, open = 1;
	int look = target.pidfd < 0 || target.adopts ? LOOK_MS : -1;
	while (!has_ended()) {
		int pending = input.start < input.end;
		struct pollfd fds[] = {
		    {target.pidfd, POLLIN, 0},
		    {open ? target.options.terminal : -1, (short)(POLLIN | (pending ? POLLOUT : 0)), 0},
		    {input.open && !pending ? 0 : -1, POLLIN, 0},
		};
		if (poll(fds, 3, look) < 0)
			continue;
		if (fds[1].revents & (POLLIN | POLLHUP | POLLERR) && pass_output(&broken) == 0)
			open = 0; /* nobody has it open now; the program will not again */
		if (fds[1].revents & POLLOUT)
			pass_input(&input);
		if (fds[2].revents)
			read_input(&input);
		if (broken && !hung_up) {
			hung_up = 1;
			send_signal(SIGHUP);
			send_signal(SIGCONT);
		}
	}
	struct pollfd rest = {target.options.terminal, POLLIN, 0};
	while (open && poll(&rest, 1, QUIET_MS) > 0 && pass_output(&broken) != 0)
		;
}

/* Relays until the program has ended; it is still to be waited for. */
void run_terminal(void)
{
	struct termios before, raw;
	int is_terminal = tcgetattr(0, &before) == 0;
	if (is_terminal) {
		raw = before;
		cfmakeraw(&raw);
		tcsetattr(0, TCSADRAIN, &raw);
	}
	pass_window_size(); /* it may have changed before the handler knew of the terminal */
	relay();
	if (is_terminal)
		tcsetattr(0, TCSADRAIN, &before);
}
