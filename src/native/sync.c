/* spawnSync's heart: spawn, feed the input, collect the output, wait; one call, no event loop.
 *
 * It ends when the child has ended and every pipe is done: a grandchild that holds a pipe open is waited for. A time
 * limit, or too much output, kills the child and closes the pipes; from then on only the child is waited for. Output is
 * read in pieces of 64 KiB and not cut at the limit: what Node hands out beyond maxBuffer is handed out here.
 * The descriptors that come with the call are closed on every path.
 * Held to: Node's own results, field by field, in test/process/sync.native.test.ts. */
#define _GNU_SOURCE
#include "spawn.h"
#include "syscall.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

/* One pipe, 56 bytes; written and read by src/native/sync.ts. */
struct sync_pipe {
	int32_t near_end, far_end;
	uint32_t feeding;   /* the child reads: its input, which may be empty, and then the end of it, are still to be sent */
	uint32_t capturing; /* the child writes, and has not ended yet */
	uint64_t input, input_bytes;   /* what is left to send: where in the call's input, and how much */
	uint64_t output, output_bytes; /* an address, freed by spawnctl_take_output */
	uint64_t output_room;	       /* whole chunks */
};

/* Limits and outcome, 104 bytes; written and read by src/native/sync.ts. */
struct sync_run {
	struct spawn_result spawn;
	uint64_t timeout_ms; /* 0: none */
	uint64_t max_buffer; /* of all pipes together */
	int32_t kill_signal;
	uint32_t pipe_count;
	int32_t exit_code; /* -1: a signal ended it, or its end is not known */
	int32_t signal;	   /* 0: it exited */
	int32_t error;	   /* errno, positive: the first thing that went wrong after the spawn; ECHILD: reaped elsewhere */
	int32_t reserved;
};

_Static_assert(sizeof(struct sync_pipe) == 56, "struct sync_pipe is 56 bytes in src/native/sync.ts");
_Static_assert(sizeof(struct sync_run) == 104, "struct sync_run is 104 bytes in src/native/sync.ts");

#define CHUNK_BYTES 65536ull
#define CHUNKS_AT_A_TIME 32 /* then the other pipes, and the clock, have their turn */
#define NO_DEADLINE UINT64_MAX
#define NS_PER_MS 1000000ull
#define LONGEST_TIMEOUT_MS (1ull << 43)	  /* 278 years: as nanoseconds it still fits */
#define LOOK_AGAIN_NS (5 * NS_PER_MS) /* at a child that no pidfd tells about */

struct running {
	struct sync_run *run;
	struct sync_pipe *pipes;
	const uint8_t *input;
	struct pollfd *polled; /* one for each pipe, and one for the child */
	uint64_t deadline_ns;
	uint64_t captured_bytes;
	int pidfd; /* -1: the kernel has none, or none that can be polled */
	int ended;
	int pipe_error; /* errno; what went wrong with the call itself goes before it */
};

static void close_near_end(struct sync_pipe *pipe)
{
	close_fd(&pipe->near_end);
	pipe->feeding = pipe->capturing = 0;
}

static void note_error(struct running *r, long error)
{
	if (r->run->error == 0)
		r->run->error = (int32_t)-error;
}

static void note_pipe_error(struct running *r, long error)
{
	if (r->pipe_error == 0)
		r->pipe_error = (int)-error;
}

/* A pid that is not reaped cannot be another process's. */
static long send_signal(struct running *r, int sig)
{
	return syscall2(__NR_kill, r->run->spawn.pid, sig);
}

/* Happens once: afterwards there is neither a pipe nor a deadline. A signal that does not exist is SIGKILL. */
static void give_up(struct running *r, long why)
{
	note_error(r, why);
	long error = r->ended ? 0 : send_signal(r, r->run->kill_signal);
	if (error < 0 && error != -ESRCH)
		send_signal(r, SIGKILL);
	for (uint32_t i = 0; i < r->run->pipe_count; i++)
		close_near_end(&r->pipes[i]);
	r->deadline_ns = NO_DEADLINE;
}

/* MSG_NOSIGNAL: a child that does not read is an error, EPIPE, and not the end of this process. */
static void feed(struct running *r, struct sync_pipe *pipe)
{
	while (pipe->input_bytes > 0) {
		long sent = syscall6(__NR_sendto, pipe->near_end, (long)(r->input + pipe->input), (long)pipe->input_bytes,
				     MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
		if (sent == -EINTR)
			continue;
		if (sent == -EAGAIN)
			return;
		if (sent < 0) {
			note_pipe_error(r, sent);
			break;
		}
		pipe->input += (uint64_t)sent;
		pipe->input_bytes -= (uint64_t)sent;
	}
	pipe->feeding = 0;
	long error = syscall2(__NR_shutdown, pipe->near_end, SHUT_WR);
	if (error < 0 && error != -ENOTCONN)
		note_pipe_error(r, error);
}

static long make_room(struct sync_pipe *pipe)
{
	if (pipe->output_bytes < pipe->output_room)
		return 0;
	uint64_t room = pipe->output_room ? 2 * pipe->output_room : CHUNK_BYTES;
	long address = pipe->output_room
			       ? syscall4(__NR_mremap, pipe->output, pipe->output_room, room, MREMAP_MAYMOVE)
			       : syscall6(__NR_mmap, 0, (long)room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (address < 0 && address > -4096)
		return address;
	pipe->output = (uint64_t)address;
	pipe->output_room = room;
	return 0;
}

/* Reads to the end of a chunk at most, as Node does: how much there is beyond maxBuffer follows from it. */
static void capture(struct running *r, struct sync_pipe *pipe)
{
	for (int i = 0; i < CHUNKS_AT_A_TIME; i++) {
		long error = make_room(pipe);
		if (error < 0) {
			give_up(r, error);
			return;
		}
		uint64_t room = CHUNK_BYTES - pipe->output_bytes % CHUNK_BYTES;
		long got = syscall6(__NR_recvfrom, pipe->near_end, (long)(pipe->output + pipe->output_bytes), (long)room,
				    MSG_DONTWAIT, 0, 0);
		if (got == -EINTR)
			continue;
		if (got == -EAGAIN)
			return;
		if (got < 0)
			note_pipe_error(r, got);
		if (got <= 0) {
			pipe->capturing = 0;
			return;
		}
		pipe->output_bytes += (uint64_t)got;
		r->captured_bytes += (uint64_t)got;
		if (r->captured_bytes > r->run->max_buffer) {
			give_up(r, -ENOBUFS);
			return;
		}
		if ((uint64_t)got < room)
			return;
	}
}

static void reap(struct running *r, int options)
{
	int status = 0;
	long got;
	do
		got = syscall4(__NR_wait4, r->run->spawn.pid, &status, __WALL | options, 0);
	while (got == -EINTR);
	if (got == 0)
		return;
	r->ended = 1;
	if (got < 0)
		note_error(r, got);
	else if (WIFSIGNALED(status))
		r->run->signal = WTERMSIG(status);
	else
		r->run->exit_code = WEXITSTATUS(status);
}

/* The pipes that have something left to do, each at its own index; a negative number is passed over by poll. */
static int expect_pipes(struct running *r)
{
	int open = 0;
	for (uint32_t i = 0; i < r->run->pipe_count; i++) {
		const struct sync_pipe *pipe = &r->pipes[i];
		short events = (short)((pipe->feeding ? POLLOUT : 0) | (pipe->capturing ? POLLIN : 0));
		r->polled[i] = (struct pollfd){.fd = events ? pipe->near_end : -1, .events = events};
		open += events != 0;
	}
	return open;
}

static void serve_pipes(struct running *r)
{
	for (uint32_t i = 0; i < r->run->pipe_count; i++) {
		short ready = r->polled[i].revents;
		if (r->pipes[i].feeding && ready & (POLLOUT | POLLERR | POLLHUP))
			feed(r, &r->pipes[i]);
		if (r->pipes[i].capturing && ready & (POLLIN | POLLERR | POLLHUP))
			capture(r, &r->pipes[i]);
	}
}

/* Sleeps until a pipe or the child has something to say, or the deadline. */
static long sleep_until_ready(struct running *r)
{
	struct pollfd *child = &r->polled[r->run->pipe_count];
	*child = (struct pollfd){.fd = r->ended ? -1 : r->pidfd, .events = POLLIN};
	uint64_t now = monotonic_ns(), wait_ns = NO_DEADLINE;
	if (r->deadline_ns != NO_DEADLINE)
		wait_ns = r->deadline_ns > now ? r->deadline_ns - now : 0;
	if (!r->ended && r->pidfd < 0 && wait_ns > LOOK_AGAIN_NS)
		wait_ns = LOOK_AGAIN_NS;
	struct {
		int64_t sec, nsec;
	} wait = {(int64_t)(wait_ns / 1000000000u), (int64_t)(wait_ns % 1000000000u)};
	return syscall5(__NR_ppoll, r->polled, r->run->pipe_count + 1, wait_ns == NO_DEADLINE ? 0 : &wait, 0, 0);
}

static void attend(struct running *r)
{
	for (;;) {
		int open = expect_pipes(r);
		if (open == 0 && r->ended)
			return;
		if (open == 0 && r->deadline_ns == NO_DEADLINE) {
			reap(r, 0);
			return;
		}
		long ready = sleep_until_ready(r);
		int told = ready > 0 && r->polled[r->run->pipe_count].revents;
		if (ready > 0)
			serve_pipes(r);
		if (!r->ended && (told || r->pidfd < 0)) {
			reap(r, WNOHANG);
			if (told && !r->ended)
				r->pidfd = -1; /* 5.2 has pidfds that are always ready */
		}
		if (monotonic_ns() >= r->deadline_ns)
			give_up(r, -ETIMEDOUT);
	}
}

static uint64_t deadline(uint64_t timeout_ms)
{
	return timeout_ms == 0 || timeout_ms > LONGEST_TIMEOUT_MS ? NO_DEADLINE : monotonic_ns() + timeout_ms * NS_PER_MS;
}

/* The input of all pipes lies in a row. With run->spawn.stage other than STAGE_SPAWNED nothing ran. */
void spawnctl_spawn_sync(const uint8_t *image, uint32_t image_bytes, const uint8_t *input, struct sync_run *run,
			 struct sync_pipe *pipes)
{
	struct running r = {.run = run, .pipes = pipes, .input = input, .deadline_ns = deadline(run->timeout_ms)};
	run->exit_code = -1;
	r.polled = calloc(run->pipe_count + 1, sizeof *r.polled);
	if (r.polled) {
		spawnctl_spawn(image, image_bytes, &run->spawn);
	} else {
		run->spawn.stage = STAGE_PREPARE;
		run->spawn.error = ENOMEM;
	}
	for (uint32_t i = 0; i < run->pipe_count; i++)
		close_fd(&pipes[i].far_end);
	if (run->spawn.stage == STAGE_SPAWNED) {
		r.pidfd = run->spawn.pidfd;
		attend(&r);
		close_fd(&run->spawn.pidfd);
		if (run->error == 0)
			run->error = r.pipe_error;
	}
	for (uint32_t i = 0; i < run->pipe_count; i++)
		close_near_end(&pipes[i]);
	free(r.polled);
}

/* Copies what a pipe captured, and frees it. */
void spawnctl_take_output(struct sync_pipe *pipe, uint8_t *target)
{
	if (pipe->output_room == 0)
		return;
	memcpy(target, (const void *)pipe->output, pipe->output_bytes);
	syscall2(__NR_munmap, pipe->output, pipe->output_room);
	pipe->output = pipe->output_bytes = pipe->output_room = 0;
}
