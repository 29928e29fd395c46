/* The script block: what TypeScript writes (src/plan/block.ts) and the child runs.
 *
 * One relocatable stretch of bytes: header, steps, argv, envp, strings, room for results. Every reference inside it is
 * an offset from its first byte, so the same bytes run in the caller's memory and in the zygote's. It lives in
 * MAP_SHARED memory of the core: what the child reports is seen by the parent whether or not they share memory.
 * Changing anything here means a new SCRIPT_LAYOUT in both languages. */
#ifndef SPAWNCTL_BLOCK_H
#define SPAWNCTL_BLOCK_H

#include <linux/sched.h>
#include <stdint.h>

#define SCRIPT_MAGIC 0x4e575053u /* "SPWN" */
#define SCRIPT_LAYOUT 5u

enum method {
	METHOD_FORK = 1,
	METHOD_VFORK,
	METHOD_POSIX_SPAWN,
	METHOD_CLONE,
	METHOD_CLONE_VM,
	METHOD_ZYGOTE,
};

/* header.traits */
#define TRAIT_CHANGES_CREDENTIALS 1u /* set*id in shared memory clears the parent's dumpable flag: save and restore it */

#define TRAIT_SAME_VIEW 2u /* no step changes who looks or what is to be seen: the program can be looked up before */

#define TRAIT_CALLERS_ENVIRONMENT 4u /* envp is empty: the core appends what libc has */

#define TRAIT_SECOND_PROCESS 8u /* a step makes one, which uses this memory for as long as the close-on-exec pipe is open */

/* How far the child came. The child writes it; it is true even when the child was killed half-way. */
enum child_state {
	CHILD_NOT_STARTED = 0,
	CHILD_RUNNING,
	CHILD_EXECUTING, /* the next thing it does is execve */
	CHILD_FAILED,
};

#define FAILED_AT_EXEC (-1)

struct child_report {
	uint32_t state;
	int32_t failed_step; /* index into the steps, or FAILED_AT_EXEC */
	int32_t error;	     /* errno, positive */
	uint32_t candidate;  /* the last program path tried */
};

/* In step.relocate: a result other than the caller's pid, which comes into args[5], fails the step with ESRCH; 0, of a
 * caller in another pid namespace, when that has ended. */
#define EXPECTS_CALLER (1u << 6)

/* In step.nr: a second process does the steps that follow, and this one becomes spawnctl-init: args[0] is its executable,
 * open, args[1] its argv, args[2] where the second one's pid goes, in decimal. */
#define SECOND_PROCESS (-1)

struct step {
	int32_t nr;
	uint8_t relocate;  /* bit i: args[i] is an offset into the block; bit 6: EXPECTS_CALLER */
	uint8_t from_slot; /* bit i: args[i] is the index of a slot; its value is the argument */
	int16_t save_slot; /* the slot that receives the result, or -1 */
	int32_t forgive[2]; /* errno values that do not fail the step; 0: none */
	uint64_t args[6];
};

enum spawn_action_kind {
	ACTION_DUP2 = 1,
	ACTION_CLOSE,
	ACTION_CHDIR,
	ACTION_CLOSEFROM,
	ACTION_OPEN, /* fd, target: flags, path */
	ACTION_TCSETPGRP,
};

/* One posix_spawn file action. */
struct spawn_action {
	uint32_t kind;
	int32_t fd;
	int32_t target;
	uint32_t path; /* offset */
};

/* posix_spawnattr_t, said in words that do not depend on the libc. */
struct spawn_attributes {
	uint32_t setsid;
	uint32_t setpgroup;
	uint64_t sigmask;
	uint64_t sigdefault;
	int32_t sched_policy; /* or -1: the caller's */
	int32_t sched_priority;
};

struct script_header {
	uint32_t magic;
	uint32_t layout;
	uint32_t total_bytes;
	uint32_t method;
	uint32_t traits;
	uint32_t fd_floor; /* above every descriptor number the script names */
	uint32_t steps, step_count;
	uint32_t slots, slot_count; /* int64_t each; the zygote puts the descriptors it received into the first ones */
	uint32_t argv, argc;	    /* uint64_t offsets, zero-terminated, with one spare word before the first */
	uint32_t envp, envc;
	uint32_t candidates, candidate_count; /* uint64_t offsets of program paths, tried in order */
	uint32_t shell;			      /* offset of "/bin/sh": what runs a file without a known format */
	uint32_t actions, action_count;	      /* posix_spawn only */
	uint32_t sent_fds, sent_fd_count;     /* zygote only: int32_t descriptors of the caller */
	int32_t zygote_socket;
	struct spawn_attributes attributes;
	uint64_t clone_flags;			/* CLONE_NEW…: namespaces that begin with the child's creation */
	uint32_t relocations, relocation_count; /* uint32_t each: where a word of the pool holds an offset */
	int32_t cgroup_fd;			/* for CLONE_INTO_CGROUP, or -1 */
	uint32_t cgroup_step;			/* the step that enters the cgroup where clone3 did not */
	struct child_report report;
	uint32_t stamps; /* int64_t each, enum stamp and what follows; 0: nobody asks for them */
	int32_t child_pid; /* by the kernel, for the zygote: known also when that ends before it has answered */
};

/* Moments in nanoseconds of CLOCK_MONOTONIC; 0: did not come, or was not seen. Beyond these, one before each step, one
 * before execve, one after a failure. */
enum stamp {
	STAMP_CALLED,
	STAMP_CREATING, /* everything is prepared */
	STAMP_RESUMED,	/* the caller's thread can go on */
	STAMP_SETTLED,	/* the caller knows that the program runs, or what failed */
	STAMP_REAPED,	/* with spawnctl_run: the program has ended */
	STAMP_TIMED_OUT, /* its time was up: it was sent the signal */
	STAMP_KILLED,	/* the time after that was up too: SIGKILL */
	STAMP_TREE_ENDED, /* nothing is left of what it has started */
	STAMP_ZYGOTE,	/* it begins to make the child */
	STAMP_BEGAN,	/* the child runs */
	STAMP_STEPS,
};

_Static_assert(sizeof(struct step) == 64, "struct step is 64 bytes in src/plan/block.ts");
_Static_assert(sizeof(struct spawn_action) == 16, "struct spawn_action is 16 bytes in src/plan/block.ts");
_Static_assert(sizeof(struct script_header) == 168, "struct script_header is 168 bytes in src/plan/block.ts");

static inline void *at(const struct script_header *block, uint64_t offset)
{
	return (char *)block + offset;
}

static inline uint32_t stamp_count(const struct script_header *block)
{
	return block->stamps ? STAMP_STEPS + block->step_count + 2 : 0;
}

static inline int asks_for_caller(const struct step *step)
{
	return (step->relocate & EXPECTS_CALLER) != 0;
}

/* A step asks for the caller out of a pid namespace that begins with the child, where the caller's pid is not to be seen. */
static inline int asks_by_pidfd(const struct script_header *block)
{
	const struct step *steps = at(block, block->steps);
	uint32_t i = 0;
	while (i < block->step_count && !asks_for_caller(&steps[i]))
		i++;
	return i < block->step_count && (block->clone_flags & CLONE_NEWPID);
}

/* Turns the offsets of argv, envp, candidates and of pointers in the pool into addresses of this mapping. Done once, before the child exists. */
static inline void relocate_block(struct script_header *block)
{
	uint64_t base = (uint64_t)block;
	uint64_t *argv = at(block, block->argv), *envp = at(block, block->envp), *candidates = at(block, block->candidates);
	for (uint32_t i = 0; i < block->argc; i++)
		argv[i] += base;
	for (uint32_t i = 0; i < block->envc; i++)
		envp[i] += base;
	for (uint32_t i = 0; i < block->candidate_count; i++)
		candidates[i] += base;
	const uint32_t *relocations = at(block, block->relocations);
	for (uint32_t i = 0; i < block->relocation_count; i++)
		*(uint64_t *)at(block, relocations[i]) += base;
}

#endif
