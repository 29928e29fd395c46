/* zygote, the caller's side: send the script, wait for the pid. The child is ours (CLONE_PARENT), so everything after
 * its creation is as with any other method. */
#include "spawn.h"
#include "syscall.h"
#include "zygote_protocol.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int spawnctl_zygote_channel(int32_t *ends)
{
	long error = syscall4(__NR_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
	return (int)error;
}

static long send_request(struct spawning *s)
{
	const struct script_header *block = s->block;
	const int32_t *sent = at(block, block->sent_fds);
	uint32_t count = ZYGOTE_OWN_FDS + block->sent_fd_count;
	if (count > ZYGOTE_MAX_FDS)
		return -E2BIG;
	struct zygote_request request = {SCRIPT_MAGIC, SCRIPT_LAYOUT, block->total_bytes, count};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(ZYGOTE_MAX_FDS * sizeof(int))];
	} control;
	struct iovec data = {&request, sizeof request};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control};
	message.msg_controllen = CMSG_SPACE(count * sizeof(int));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
	int32_t *fds = (int32_t *)CMSG_DATA(&control.header);
	fds[0] = s->block_fd;
	fds[1] = s->report_fd;
	memcpy(fds + ZYGOTE_OWN_FDS, sent, block->sent_fd_count * sizeof(int32_t));
	long sent_bytes;
	do
		sent_bytes = syscall3(__NR_sendmsg, block->zygote_socket, &message, MSG_NOSIGNAL);
	while (sent_bytes == -EINTR);
	return sent_bytes;
}

int create_by_zygote(struct spawning *s)
{
	struct zygote_reply reply;
	int socket = s->block->zygote_socket;
	long error = send_request(s);
	if (error < 0)
		return fail(s, error == -EPIPE || error == -ECONNRESET ? STAGE_ZYGOTE : STAGE_PREPARE, __NR_sendmsg, error);
	do
		error = syscall6(__NR_recvfrom, socket, (long)&reply, sizeof reply, 0, 0, 0);
	while (error == -EINTR);
	int32_t child_pid = __atomic_load_n(&s->block->child_pid, __ATOMIC_ACQUIRE);
	if (error != sizeof reply && child_pid > 0)
		reply = (struct zygote_reply){.pid = child_pid};
	else if (error != sizeof reply)
		return fail(s, STAGE_ZYGOTE, __NR_recvfrom, error < 0 ? error : -EPIPE);
	if (reply.pid < 0)
		return fail(s, reply.stage, reply.call, reply.pid);
	s->result->creation_call = CREATED_BY_ZYGOTE_CLONE;
	adopt(s, reply.pid);
	return 0;
}
