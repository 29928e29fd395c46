/* The times of a spawn by the monotonic clock, and the room for them in a script's image. */
#include "spawn.h"

#include <string.h>
#include <time.h>

uint64_t monotonic_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The image may lie at any address. */
void put_stamp(uint8_t *image, uint32_t which, uint64_t ns)
{
	const struct script_header *header = (const void *)image;
	if (header->stamps)
		memcpy(image + header->stamps + which * sizeof ns, &ns, sizeof ns);
}

void put_stamps_back(uint8_t *image, const struct spawning *s)
{
	const struct spawn_result *result = s->result;
	if (!s->block->stamps)
		return;
	memcpy(image + s->block->stamps, at(s->block, s->block->stamps), stamp_count(s->block) * sizeof(int64_t));
	put_stamp(image, STAMP_CALLED, s->started_ns);
	put_stamp(image, STAMP_RESUMED, s->started_ns + result->caller_blocked_ns);
	if (result->spawn_to_exec_ns)
		put_stamp(image, STAMP_SETTLED, s->started_ns + result->spawn_to_exec_ns);
}
