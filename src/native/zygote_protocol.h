/* The words between caller and zygote: one SOCK_SEQPACKET message each way, answered in order.
 *
 * A request carries descriptors: the script block (memfd), the writing end of the caller's close-on-exec pipe, then the
 * caller's descriptors that the script places (header.sent_fds), in order. */
#ifndef SPAWNCTL_ZYGOTE_PROTOCOL_H
#define SPAWNCTL_ZYGOTE_PROTOCOL_H

#include <stdint.h>

#define ZYGOTE_SOCKET 3 /* the number the helper finds its end at */
#define ZYGOTE_MAX_FDS 253 /* SCM_MAX_FD of the kernel */
#define ZYGOTE_OWN_FDS 2   /* block and pipe */

struct zygote_request {
	uint32_t magic;
	uint32_t layout;
	uint32_t block_bytes;
	uint32_t fd_count;
};

struct zygote_reply {
	int32_t pid;   /* of the child, which is the caller's own (CLONE_PARENT); or -errno */
	int32_t stage; /* enum spawn_stage, with an error */
	int32_t call;  /* the system call that failed */
};

#endif
