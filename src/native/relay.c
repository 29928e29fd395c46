/* What goes through the program's new terminal, both ways, until the program has ended, and then the rest of it.
 *
 * Neither way is waited for while the other could go on, nor is a reader while the program's end could be seen.
 * Source: pty(7), script(1), termios(3). */
#define _GNU_SOURCE
#include "run.h"
#include "syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* The end of the input is seen to at first after one millisecond, and then less and less often. */
#define MOST_PAUSE_MS 250

/* How long a terminal is quiet that others still hold when the program has ended, and for how long they, or a reader who
 * takes nothing from a program that was told to end, can keep us. */
#define QUIET_MS 100
#define REST_MS 500
/* More than the kernel holds of what the program has written: beyond that others write. */
#define REST_BYTES 65536

struct buffer {
	char bytes[4096];
	size_t start, end;
};

/* Like the target, one at a time. */
static struct relay {
	struct buffer input, output;
	struct own_settings own;
	struct sigaction before;
	long thread;
	int pidfd;    /* -1 also when it has told: a tracer may hold the end back, and it would tell of it again and again */
	int out;      /* standard output, or the same opened anew */
	int has_keys; /* the caller's terminal is raw */
	int ended;    /* nothing more is typed */
	int closed;   /* nobody has the terminal open, but the program can open it again by its name or as /dev/tty */
	int broken;   /* nobody reads */
	int refused;  /* in the background, by a terminal that wants its output from the foreground: to be tried at the next look */
	int end_pause;
	int end_told; /* to this group, as a key */
} relay;

static volatile sig_atomic_t continued;

/* Any thread may have it; the one that sleeps in poll is to wake. */
static void note_continued(int sig)
{
	int saved = errno;
	continued = 1;
	if (syscall0(__NR_gettid) != relay.thread)
		syscall3(__NR_tgkill, syscall0(__NR_getpid), relay.thread, sig);
	errno = saved;
}

static int holds_bytes(const struct buffer *buffer)
{
	return buffer->start < buffer->end;
}

static void fill(struct buffer *buffer, long count)
{
	buffer->start = 0;
	buffer->end = count > 0 ? (size_t)count : 0;
}

static int is_for_later(long result)
{
	return result == -EAGAIN || result == -EINTR;
}

/* Others share the description, whom O_NONBLOCK would surprise: a pipe or a terminal is opened anew, unless it is the end
 * of a terminal that makes another one each time. */
static int open_output(void)
{
	struct stat about;
	unsigned number;
	struct termios settings;
	int is_pipe = fstat(1, &about) == 0 && S_ISFIFO(about.st_mode);
	int is_terminal = tcgetattr(1, &settings) == 0 && syscall3(__NR_ioctl, 1, TIOCGPTN, &number) < 0;
	if (!is_pipe && !is_terminal)
		return 1;
	long fd = syscall3(__NR_openat, AT_FDCWD, "/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? 1 : (int)fd;
}

static void write_output(void)
{
	struct buffer *output = &relay.output;
	size_t count = output->end - output->start;
	long written = syscall6(__NR_sendto, relay.out, (long)(output->bytes + output->start), (long)count, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
	if (written == -ENOTSOCK)
		written = syscall3(__NR_write, relay.out, output->bytes + output->start, count);
	if (written > 0)
		output->start += (size_t)written;
	else if (!is_for_later(written))
		relay.broken = 1;
	relay.refused = written == -EINTR;
	if (relay.broken)
		fill(output, 0);
}

/* Returns what to ask poll for; whoever was refused waits for the next look. */
static struct pollfd output_room(void)
{
	int fd = holds_bytes(&relay.output) && !relay.refused ? relay.out : -1;
	relay.refused = 0;
	return (struct pollfd){fd, POLLOUT, 0};
}

/* Returns how much it was. */
static size_t read_output(void)
{
	long count = syscall3(__NR_read, target.options.terminal, relay.output.bytes, sizeof relay.output.bytes);
	fill(&relay.output, relay.broken ? 0 : count);
	if (count <= 0 && !is_for_later(count))
		relay.closed = 1;
	return count > 0 ? (size_t)count : 0;
}

static void read_input(void)
{
	long count = syscall3(__NR_read, 0, relay.input.bytes, sizeof relay.input.bytes);
	fill(&relay.input, count);
	if (count <= 0 && !is_for_later(count))
		relay.ended = 1;
}

static void write_input(void)
{
	struct buffer *input = &relay.input;
	long written = syscall3(__NR_write, target.options.terminal, input->bytes + input->start, input->end - input->start);
	if (written > 0)
		input->start += (size_t)written;
	else if (!is_for_later(written))
		fill(input, 0);
}

/* Held for no longer than it takes: a session that ends while somebody else has its terminal open is hung up, and with it
 * goes what was not yet read of it. */
static int is_all_read(void)
{
	int peer = open_terminal_peer(target.options.terminal);
	if (peer < 0)
		return 0;
	struct pollfd unread = {peer, POLLIN, 0};
	int count = poll(&unread, 1, 0);
	syscall1(__NR_close, peer);
	return count == 0;
}

/* The end of the input is a key of the terminal's; in the middle of a line the first one only ends the line. It stays due
 * like the end of a file: a terminal that gathers lines has it again whenever it was taken, and a program that takes every
 * key, a shell's editor, has it once. Before all else is read it would be lost with the next change of settings. */
static void tell_end(void)
{
	struct termios settings;
	int group = 0;
	if (tcgetattr(target.options.terminal, &settings) < 0 || !settings.c_cc[VEOF])
		return;
	if (!(settings.c_lflag & ICANON))
		syscall3(__NR_ioctl, target.options.terminal, TIOCGPGRP, &group);
	if ((group && group == relay.end_told) || !is_all_read())
		return;
	relay.end_told = group;
	relay.input.bytes[0] = (char)settings.c_cc[VEOF];
	fill(&relay.input, 1);
}

static void await_end_taken(void)
{
	tell_end();
	relay.end_pause = relay.end_pause * 2 < MOST_PAUSE_MS ? relay.end_pause * 2 : MOST_PAUSE_MS;
}

/* A shell puts its own settings in place when it stops a job, and ours are not there in the background. */
static void follow_foreground(void)
{
	int had_keys = relay.has_keys && !continued;
	continued = 0;
	relay.has_keys = has_keys();
	if (!relay.has_keys || had_keys)
		return;
	make_raw(&relay.own);
	pass_window_size();
}

/* A reader that has gone hangs the program up, as it would find out without a terminal in between. */
static void hang_up(void)
{
	send_signal(SIGHUP);
	send_signal(SIGCONT);
}

static int has_ended(void)
{
	siginfo_t info;
	if (target.adopts)
		reap_orphans();
	return wait_child(&info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid != 0;
}

static int next_look(void)
{
	int look = relay.pidfd < 0 || target.adopts || !relay.has_keys || relay.closed || relay.refused ? LOOK_MS : -1;
	if (!relay.ended || holds_bytes(&relay.input) || holds_bytes(&relay.output))
		return look;
	return look < 0 || relay.end_pause < look ? relay.end_pause : look;
}

static void pass(void)
{
	int is_waiting = holds_bytes(&relay.input), is_behind = holds_bytes(&relay.output), was_broken = relay.broken;
	short asked = (short)((is_behind ? 0 : POLLIN) | (is_waiting ? POLLOUT : 0));
	int look_ms = next_look();
	struct pollfd fds[] = {
	    {relay.pidfd, POLLIN, 0},
	    {relay.closed || !asked ? -1 : target.options.terminal, asked, 0},
	    {relay.ended || is_waiting || !relay.has_keys ? -1 : 0, POLLIN, 0},
	    output_room(),
	};
	int count = poll(fds, 4, look_ms);
	if (count < 0)
		return;
	relay.closed = 0;
	if (fds[0].revents)
		relay.pidfd = -1;
	if (count == 0 && relay.ended && !is_waiting && !is_behind)
		await_end_taken();
	if (!is_behind && fds[1].revents & (POLLIN | POLLHUP | POLLERR))
		read_output();
	if (fds[1].revents & POLLOUT)
		write_input();
	if (fds[2].revents && has_keys())
		read_input();
	if (fds[3].revents)
		write_output();
	if (relay.broken && !was_broken)
		hang_up();
}

/* Relays until the program has ended; it is still to be waited for. */
void begin_relay(void)
{
	struct sigaction action;
	memset(&relay, 0, sizeof relay);
	memset(&action, 0, sizeof action);
	relay.thread = syscall0(__NR_gettid);
	relay.pidfd = target.pidfd;
	action.sa_handler = note_continued;
	action.sa_flags = SA_RESTART;
	sigaction(SIGCONT, &action, &relay.before);
	continued = 0;
	relay.end_pause = 1;
	relay.out = open_output();
	pass_window_size(); /* it may have changed before the handler knew of the terminal */
	while (!has_ended()) {
		follow_foreground();
		pass();
	}
}

/* Who has told the program to end, or has seen its time up, does not wait for a reader. */
static int is_hurried(void)
{
	return target.timed_out || target.told_to_end || target.orphaned;
}

static int write_rest(void)
{
	uint64_t give_up_ns = 0;
	while (holds_bytes(&relay.output)) {
		struct pollfd room = output_room();
		if (is_hurried() && !give_up_ns)
			give_up_ns = monotonic_ns() + REST_MS * 1000000ull;
		if (give_up_ns && monotonic_ns() > give_up_ns)
			return 0;
		if (poll(&room, 1, LOOK_MS) > 0)
			write_output();
	}
	return 1;
}

/* Until the terminal is quiet. The program's own output is there at once; what comes later, or without end, is of those that
 * it has left behind. */
static void pass_rest(void)
{
	size_t bytes = 0;
	int patience_ms = REST_MS;
	relay.closed = 0;
	while (write_rest() && !relay.closed && bytes < REST_BYTES && patience_ms > 0) {
		struct pollfd rest = {target.options.terminal, POLLIN, 0};
		uint64_t asked_ns = monotonic_ns();
		int count = poll(&rest, 1, QUIET_MS);
		if (count == 0)
			return;
		if (count > 0)
			bytes += read_output();
		patience_ms -= (int)((monotonic_ns() - asked_ns) / 1000000u);
	}
}

void end_relay(void)
{
	pass_rest();
	put_settings_back(&relay.own);
	sigaction(SIGCONT, &relay.before, 0);
	if (relay.out != 1)
		syscall1(__NR_close, relay.out);
}
