/* The timing loop. Between two samples it makes no system call but those of spawning and waiting.
 *
 * Where the child's fate is known when the caller runs on (vfork, clone, posix_spawn), the caller is blocked until all is
 * put away. Elsewhere it could go on as soon as there is a child, and that is where the first time ends. */
#include "bench.h"
#include "syscall.h"

/* Returns when the caller could go on. */
static uint64_t spawn(const uint8_t *image, uint32_t image_bytes, struct spawn_result *result)
{
	struct spawning s;
	int error = bring_forth(&s, image, image_bytes, result, 0);
	uint64_t free_ns = error == 0 && !is_settled(&s) ? monotonic_ns() : 0;
	if (error == 0)
		conclude(&s);
	release_spawning(&s);
	return free_ns ? free_ns : monotonic_ns();
}

uint32_t run_block(const uint8_t *image, uint32_t image_bytes, uint32_t count, struct sample *samples, struct block_end *end)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t started_ns = monotonic_ns();
		uint64_t free_ns = spawn(image, image_bytes, &end->spawn);
		if (end->spawn.stage != STAGE_SPAWNED)
			return i;
		end->wait_status = reap_for_status(end->spawn.pid);
		samples[i] = (struct sample){free_ns - started_ns, monotonic_ns() - started_ns};
		if (end->spawn.pidfd >= 0)
			syscall1(__NR_close, end->spawn.pidfd);
		if (end->wait_status != 0)
			return i;
	}
	return count;
}
