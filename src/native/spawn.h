/* One spawn, seen from the caller. A method brings the child into being; everything before and after is common. */
#ifndef SPAWNCTL_SPAWN_H
#define SPAWNCTL_SPAWN_H

#include "child.h"

#include <stdint.h>

/* Where a spawn ended; src/native/core.ts knows these numbers. */
enum spawn_stage {
	STAGE_SPAWNED = 0,
	STAGE_PREPARE,	/* the caller's own preparation: failed_call names the system call */
	STAGE_CREATE,	/* the call that creates the child */
	STAGE_STEP,	/* failed_step of the script */
	STAGE_EXEC,	/* execve */
	STAGE_STEP_OR_EXEC, /* posix_spawn does not tell the two apart */
	STAGE_KILLED,	/* the child died before it reached execve: wait_status */
	STAGE_ZYGOTE,	/* the zygote is gone */
};

/* What really created the child. */
enum creation_call {
	CREATED_BY_LIBC_FORK = 1,
	CREATED_BY_LIBC_VFORK,
	CREATED_BY_LIBC_POSIX_SPAWN,
	CREATED_BY_CLONE3,
	CREATED_BY_CLONE,
	CREATED_BY_ZYGOTE_CLONE,
};

/* Filled for JavaScript; 64 bytes, read by src/native/core.ts. */
struct spawn_result {
	int32_t pid;
	int32_t pidfd; /* -1: the kernel has none to give */
	int32_t stage;
	int32_t error; /* errno, positive */
	int32_t failed_call;
	int32_t failed_step;
	int32_t creation_call;
	int32_t wait_status; /* as waitpid gives it, with STAGE_KILLED */
	uint32_t candidate;
	uint32_t reserved;
	uint64_t caller_blocked_ns; /* from the call until the caller's thread could go on */
	uint64_t spawn_to_exec_ns;  /* from the call until execve is known to have succeeded */
	uint64_t child; /* what spawnctl_begin leaves to the exit-waiting thread */
};

/* The child's stack: it needs under 1 KiB, a page is the least that can be mapped, and 64 KiB is the largest page
 * of aarch64. A guard of the same size lies below. */
#define CHILD_STACK_BYTES 65536
#define CHILD_STACK_GUARD_BYTES 65536
#define CHILD_STACK_MAPPING_BYTES (CHILD_STACK_GUARD_BYTES + CHILD_STACK_BYTES)

struct spawning {
	struct script_header *block;
	struct spawn_result *result;
	struct child child;
	void *stack;
	int end_of_file; /* reading end of the close-on-exec pipe; -1 when the spawn needs none */
	int report_fd;	 /* its writing end, until the child has it */
	int block_fd;	 /* the block as a memfd, for the zygote */
	int settled_by_resumption; /* CLONE_VFORK: when the caller runs on, the child has executed or died */
	uint64_t started_ns;
	uint64_t caller_mask;
	int changes_credentials; /* of memory that is shared: the dumpable flag is to be put back */
	int left_to_thread;	 /* nobody waits for execve: the exit-waiting thread finds out how it went */
	uint32_t occupied;	 /* clone-vm left to the thread: the kernel writes 0 when the child needs this memory no more */
};

/* The methods. Each returns 0 or -errno with result->stage set, and fills pid, pidfd and creation_call. */
int create_by_fork(struct spawning *s);
int create_by_vfork(struct spawning *s);
int create_by_posix_spawn(struct spawning *s);
int create_by_clone(struct spawning *s);
int create_by_clone_vm(struct spawning *s);
int create_by_zygote(struct spawning *s);

/* The parts of a spawn, in their order. bring_forth returns 0 when there is a child. left_to_thread: nobody waits for
 * execve, so what the child would not find is found out before. */
int bring_forth(struct spawning *s, const uint8_t *image, uint32_t image_bytes, struct spawn_result *result, int left_to_thread);
int look_first(struct spawning *s);
int is_settled(const struct spawning *s); /* nothing is to be waited for: it is known that it has executed or ended */
int is_in_use(const struct spawning *s);  /* by a second process, though the first one has ended */
void conclude(struct spawning *s);	  /* waits until that is known, and reaps a child that has failed */
void read_report(struct spawning *s);	  /* when it is known: result->stage tells */
void release_spawning(struct spawning *s);

/* Spawns and waits until the program runs or has failed to. result->stage tells; a failed child is reaped. */
void spawnctl_spawn(const uint8_t *image, uint32_t image_bytes, struct spawn_result *result);

/* As spawnctl_spawn; an image with room for stamps gets them. */
void spawn_stamped(uint8_t *image, uint32_t image_bytes, struct spawn_result *result);
void close_fd(int32_t *fd); /* and sets -1; one that is -1 is closed already */
void adopt(struct spawning *s, int pid);
int map_stack(struct spawning *s);
void release_stack(struct spawning *s);
int fail(struct spawning *s, enum spawn_stage stage, int call, long error);

/* lay_out.c: s->block from the image. 0 or -errno; what there is of it is the caller's to release in either case. */
int lay_block_out(struct spawning *s, const uint8_t *image, uint32_t image_bytes);
void release_block(struct spawning *s);

/* dumpable.c */
void save_dumpable(struct spawning *s);
void restore_dumpable(struct spawning *s);

/* own_children.c. spawnctl_reap: the wait status of a child that is gone then, or -errno; reap_for_status: 0 where it is lost. */
int open_pidfd(int pid);
long signal_process(int pid, int pidfd, int sig);
int spawnctl_reap(int32_t pid);
int reap_for_status(int pid);

/* stamps.c */
uint64_t monotonic_ns(void);
void put_stamp(uint8_t *image, uint32_t which, uint64_t ns);
void put_stamps_back(uint8_t *image, const struct spawning *s);

#endif
