/* Children that are waited for by the exit-waiting thread, and spawns that it brings to their end. */
#ifndef SPAWNCTL_WAITER_H
#define SPAWNCTL_WAITER_H

#include "spawn.h"

#include <signal.h>
#include <sys/resource.h>

/* What the thread's epoll tells about. */
struct source {
	enum { SOURCE_EXIT, SOURCE_EXECUTED, SOURCE_OWNER, SOURCE_WAKE } kind;
	void *of;
};

/* How a child ended, 104 bytes; read by src/process/exits.ts. A write of it is atomic (under PIPE_BUF). */
struct exit_record {
	uint32_t id;
	int32_t exit_code; /* -1: a signal ended it */
	int32_t signal;
	int32_t core_dumped;
	int32_t wait_error; /* ECHILD: reaped elsewhere */
	int32_t stage;	    /* enum spawn_stage: other than STAGE_SPAWNED, the program never ran */
	int32_t failed_step;
	int32_t error;
	uint32_t candidate;
	int32_t wait_status; /* as waitpid gives it, with STAGE_KILLED */
	uint64_t user_us, system_us;
	uint64_t minor_faults, major_faults, blocks_in, blocks_out, voluntary_switches, involuntary_switches;
};

_Static_assert(sizeof(struct exit_record) == 104, "struct exit_record is 104 bytes in src/process/exits.ts");

/* One child of a JavaScript thread. It is freed when that thread has read its record and lets go of it, or has ended. */
struct watched {
	struct exit_pipe *pipe;
	struct watched *next;	    /* of the same pipe */
	struct watched *next_asked; /* of those without a pidfd */
	struct watched *next_occupying; /* of those whose spawn no pipe tells of */
	struct source exit, executed;
	struct spawn_result result; /* pid and pidfd; and how the spawn went, once that is known */
	struct spawning *under_way; /* until it is known: stack, block and pipe, which the child may still use */
	struct exit_record record;
	int is_asked;
	enum { ALIVE, REAPED, REPORTED } state;
};

/* exit_record.c: error is what waitid returned. */
void note_end(struct watched *child, const siginfo_t *info, long error);
void note_usage(struct exit_record *record, const struct rusage *usage);

/* Makes a child the thread's to settle, to reap and to report; id and under_way are filled in, result too. Returns 0 or
 * -errno, and then the child is still the caller's. */
int watch(struct exit_pipe *pipe, struct watched *child);

#endif
