/* A spawn that the caller does not wait out: the call returns when the child exists. How it went on is found out by the
 * exit-waiting thread, at the end-of-file of the close-on-exec pipe, and told with the child's exit.
 *
 * The spawning lives on the heap, for the child of clone-vm uses it while the caller runs on. */
#include "syscall.h"
#include "waiter.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

/* What a child that changes ids clears in shared memory has to be put back in the order of the spawns. */
static int must_be_waited_out(const struct spawning *s)
{
	return is_settled(s) || s->changes_credentials;
}

static void end_spawning(struct spawning *s)
{
	release_spawning(s);
	free(s);
}

/* What nobody would wait for. */
static void abandon(struct watched *child)
{
	struct spawn_result *result = &child->result;
	syscall2(__NR_kill, result->pid, SIGKILL);
	if (child->under_way)
		conclude(child->under_way);
	if (result->stage == STAGE_SPAWNED)
		spawnctl_reap(result->pid);
	if (result->pidfd >= 0)
		syscall1(__NR_close, result->pidfd);
}

/* Returns 0 or -errno of the watching; where there is no child to watch, result says why. Once the child is watched its
 * result is the other thread's to write: what the caller is told is taken before. */
static int begin(struct watched *child, struct spawning *s, const uint8_t *image, uint32_t image_bytes,
		 struct exit_pipe *exits, struct spawn_result *told)
{
	struct spawn_result *result = &child->result;
	int created = bring_forth(s, image, image_bytes, result, 1) == 0;
	result->child = (uint64_t)child;
	int over = !created || must_be_waited_out(s);
	if (created && over)
		conclude(s);
	if (over)
		end_spawning(s);
	else
		child->under_way = s;
	if (!created || result->stage != STAGE_SPAWNED)
		return -ECHILD;
	*told = *result;
	int error = watch(exits, child);
	if (error == 0)
		return 0;
	abandon(child);
	if (child->under_way)
		end_spawning(child->under_way);
	result->stage = STAGE_PREPARE;
	result->failed_call = 0;
	result->error = -error;
	return error;
}

/* One argument, since every further one costs an FFI call more than the system calls of a spawn do. The block follows,
 * then the given descriptors. */
struct begin_message {
	struct spawn_result result;
	uint64_t exits;
	uint32_t id;
	uint32_t image_bytes; /* a multiple of 8 */
	uint32_t given_count;
	uint32_t reserved;
};

_Static_assert(sizeof(struct begin_message) == 88, "src/native/children.ts writes it");

/* The given descriptors, the child's ends of its pipes, are closed on every path. result.child names the child for
 * spawnctl_signal and spawnctl_let_go; the id stands in the record of its exit. */
void spawnctl_begin(struct begin_message *message)
{
	const uint8_t *image = (const uint8_t *)(message + 1);
	const int32_t *given = (const int32_t *)(image + message->image_bytes);
	struct spawn_result *result = &message->result;
	struct watched *child = calloc(1, sizeof *child);
	struct spawning *s = calloc(1, sizeof *s);
	if (child && s) {
		child->record.id = message->id;
		if (begin(child, s, image, message->image_bytes, (struct exit_pipe *)message->exits, result)) {
			*result = child->result;
			free(child);
		}
	} else {
		free(child);
		free(s);
		*result = (struct spawn_result){.stage = STAGE_PREPARE, .error = ENOMEM, .pid = -1, .pidfd = -1};
	}
	for (uint32_t i = 0; i < message->given_count; i++)
		syscall1(__NR_close, given[i]);
}
