/* spawnctl-zygote: started early, single-threaded, tiny, and it stays so. It links no libc.
 *
 * Request:  a script block as a memfd, with the descriptors the script places (zygote_protocol.h).
 * Answer:   always one: the child's pid, or the call that failed. It never waits for a slow caller.
 * Children: forked with CLONE_PARENT, so they are the caller's own: the caller waits for them, and the zygote's death
 *           loses no exit status. The forked child runs the same run_child as every other method.
 * Ends:     at the end-of-file of its socket, or when it cannot answer. All signals are blocked: a Ctrl-C is not meant for it. */
#include "child.h"
#include "spawn.h"
#include "syscall.h"
#include "zygote_protocol.h"

#include <asm/errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* struct cmsghdr with the descriptors that follow it. */
struct control {
	uint64_t bytes;
	int32_t level, type;
	int32_t fds[ZYGOTE_MAX_FDS];
} __attribute__((aligned(8)));

#define CONTROL_HEADER_BYTES (sizeof(uint64_t) + 2 * sizeof(int32_t))
_Static_assert(CONTROL_HEADER_BYTES == sizeof(struct cmsghdr), "struct control begins as struct cmsghdr");

struct request {
	struct zygote_request words;
	struct script_header *block;
	int32_t *fds;
	uint32_t fd_count;
	int report_fd;
};

static int failed(struct zygote_reply *reply, enum spawn_stage stage, int call, long error)
{
	*reply = (struct zygote_reply){(int32_t)error, stage, call};
	return (int)error;
}

static int map_request(struct request *request, struct zygote_reply *reply)
{
	const struct zygote_request *words = &request->words;
	if (words->magic != SCRIPT_MAGIC || words->layout != SCRIPT_LAYOUT || words->fd_count != request->fd_count ||
	    request->fd_count < ZYGOTE_OWN_FDS || words->block_bytes < sizeof(struct script_header))
		return failed(reply, STAGE_PREPARE, __NR_recvmsg, request->fd_count < words->fd_count ? -EMFILE : -EBADMSG);
	long address = syscall6(__NR_mmap, 0, words->block_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, request->fds[0], 0);
	if (address < 0 && address > -4096)
		return failed(reply, STAGE_PREPARE, __NR_mmap, address);
	request->block = (struct script_header *)address;
	if (request->block->sent_fd_count + ZYGOTE_OWN_FDS != request->fd_count)
		return failed(reply, STAGE_PREPARE, __NR_recvmsg, -EBADMSG);
	return 0;
}

/* The script's first slots are the received descriptors; its first steps lift them above every number it names. The
 * pipe is lifted here, for it is no step's business. */
static int place_descriptors(struct request *request, struct zygote_reply *reply)
{
	struct script_header *block = request->block;
	int64_t *slots = at(block, block->slots);
	for (uint32_t i = 0; i < block->sent_fd_count; i++)
		slots[i] = request->fds[ZYGOTE_OWN_FDS + i];
	long lifted = syscall3(__NR_fcntl, request->fds[1], F_DUPFD_CLOEXEC, block->fd_floor);
	if (lifted < 0)
		return failed(reply, STAGE_PREPARE, __NR_fcntl, lifted == -EINVAL ? -EMFILE : lifted);
	request->report_fd = (int)lifted;
	return 0;
}

/* Of the zygote's own parent, which has made the request. */
static int32_t caller_pidfd(const struct script_header *block)
{
	if (!asks_by_pidfd(block))
		return -1;
	long fd = syscall2(__NR_pidfd_open, syscall0(__NR_getppid), 0);
	return fd < 0 ? -1 : (int32_t)fd;
}

static void spawn_child(struct request *request, struct zygote_reply *reply)
{
	if (map_request(request, reply) < 0 || place_descriptors(request, reply) < 0)
		return;
	relocate_block(request->block);
	struct child child = {.block = request->block, .reset_handlers = 0, .seen = 0, .second_stack = 0};
	child.caller_pidfd = caller_pidfd(request->block);
	stamp(request->block, STAMP_ZYGOTE);
	uint64_t flags = CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD | request->block->clone_flags;
	long pid = syscall5(__NR_clone, flags, 0, &request->block->child_pid, 0, 0);
	if (pid == 0)
		run_child(&child);
	if (pid < 0)
		failed(reply, STAGE_CREATE, __NR_clone, pid);
	else
		reply->pid = (int32_t)pid;
	if (child.caller_pidfd >= 0)
		syscall1(__NR_close, child.caller_pidfd);
}

static void release(struct request *request)
{
	for (uint32_t i = 0; i < request->fd_count; i++)
		syscall1(__NR_close, request->fds[i]);
	if (request->report_fd >= 0)
		syscall1(__NR_close, request->report_fd);
	if (request->block)
		syscall2(__NR_munmap, request->block, request->words.block_bytes);
}

/* Returns what recvmsg said; only whole requests count. */
static long receive(struct request *request, struct control *control)
{
	struct iovec data = {&request->words, sizeof request->words};
	struct msghdr message;
	message.msg_name = 0;
	message.msg_namelen = 0;
	message.msg_iov = &data;
	message.msg_iovlen = 1;
	message.msg_control = control;
	message.msg_controllen = sizeof *control;
	message.msg_flags = 0;
	long bytes = syscall3(__NR_recvmsg, ZYGOTE_SOCKET, &message, MSG_CMSG_CLOEXEC);
	request->block = 0;
	request->report_fd = -1;
	request->fds = control->fds;
	request->fd_count = 0;
	if (bytes > 0 && message.msg_controllen >= CONTROL_HEADER_BYTES)
		request->fd_count = (uint32_t)((control->bytes - CONTROL_HEADER_BYTES) / sizeof(int32_t));
	return bytes;
}

__attribute__((used)) _Noreturn void zygote_main(void)
{
	struct request request;
	struct control control;
	struct zygote_reply reply;
	syscall3(__NR_fcntl, ZYGOTE_SOCKET, F_SETFD, FD_CLOEXEC); /* no child may hold the zygote's own end */
	for (;;) {
		long bytes = receive(&request, &control);
		if (bytes == -EINTR)
			continue;
		if (bytes <= 0)
			break;
		reply.pid = reply.stage = reply.call = 0;
		if (bytes == sizeof request.words)
			spawn_child(&request, &reply);
		else
			failed(&reply, STAGE_PREPARE, __NR_recvmsg, -EBADMSG);
		long sent = syscall6(__NR_sendto, ZYGOTE_SOCKET, (long)&reply, sizeof reply, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
		release(&request);
		if (sent < 0)
			break; /* a filter refuses it: who waits for an answer sees the end-of-file */
	}
	exit_now(0);
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tand $-16, %rsp\n\tcall zygote_main\n\thlt\n");
#else
__asm__(".globl _start\n_start:\n\tmov x29, xzr\n\tbl zygote_main\n\tbrk 1\n");
#endif
