/* A new terminal for the program, and what it has to do with the caller's own. relay.c has what goes through it.
 *
 * The caller's terminal, where standard input is one, becomes raw meanwhile: every key is the program's, and the new
 * terminal makes signals of them in the program's session. Its window size is passed on by the handler of SIGWINCH.
 * Source: pty(7), ioctl_tty(2). */
#define _GNU_SOURCE
#include "run.h"
#include "signals.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

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

/* The program's end, once more. Returns a descriptor or -errno. */
int open_terminal_peer(int master)
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

/* In the background the keys, and the settings, are somebody else's: the shell's, which is reading a line perhaps. What is
 * no terminal, or not that of this session, has no background. */
int has_keys(void)
{
	int group;
	return syscall3(__NR_ioctl, 0, TIOCGPGRP, &group) < 0 || group == syscall1(__NR_getpgid, 0);
}

/* ends[0] is spawnctl's, ends[1] the program's; like the caller's own terminal, where there is one that is ours now. Input
 * that nobody types is not echoed. Returns 0 or -errno. */
int spawnctl_open_terminal(int32_t *ends)
{
	struct termios settings;
	int unlock = 0;
	long master = syscall4(__NR_openat, AT_FDCWD, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK, 0);
	if (master < 0)
		return (int)master;
	syscall3(__NR_ioctl, master, TIOCSPTLCK, &unlock);
	int slave = open_terminal_peer((int)master);
	if (slave < 0) {
		syscall1(__NR_close, master);
		return slave;
	}
	if (tcgetattr(0, &settings) == 0) {
		if (has_keys())
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

/* An orphaned or a background group would be stopped, or refused. */
static void set_settings(const struct termios *settings)
{
	uint64_t mask = block_all_signals();
	tcsetattr(0, TCSANOW, settings);
	restore_signals(mask);
}

static int are_same(const struct termios *one, const struct termios *other)
{
	return one->c_iflag == other->c_iflag && one->c_oflag == other->c_oflag && one->c_lflag == other->c_lflag;
}

static int are_raw(const struct termios *settings, const struct own_settings *own)
{
	struct termios raw = own->before;
	cfmakeraw(&raw);
	return own->are_known && are_same(settings, &raw);
}

/* Where a shell has not put them back, they are what was made of them before. */
void remember_settings(struct own_settings *own)
{
	struct termios now;
	if (!has_keys() || tcgetattr(0, &now) < 0 || are_raw(&now, own))
		return;
	own->before = now;
	own->are_known = 1;
}

void make_raw(struct own_settings *own)
{
	remember_settings(own);
	if (!own->are_known)
		return;
	struct termios raw = own->before;
	cfmakeraw(&raw);
	set_settings(&raw);
}

/* Settings that are others by now are somebody else's. */
void put_settings_back(const struct own_settings *own)
{
	struct termios now;
	if (own->are_known && tcgetattr(0, &now) == 0 && are_raw(&now, own))
		set_settings(&own->before);
}
