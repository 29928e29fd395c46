/* spawnctl-bench: a process that holds ballast and spawns on command, so that no JavaScript runs between two samples.
 *
 * Started:   spawnctl-bench NAME…, with one block image for each name, back to back, on a descriptor until its
 *            end-of-file. src/bench/native-runner.ts lowers the images; they name the descriptors below. The image
 *            named "zygote-program" is no row: it is executed at once, before there is ballast.
 * Says:      ready 1
 * Asked:     carry <bytes> <mappings> never|always <mapped bytes> <threads>    replaces the ballast
 * Answers:   carried | error call <its name> <errno>
 * Asked:     run <name> <count>      spawns this often, one after another, each time to the end
 * Answers:   <caller blocked, ns> <spawn to exit, ns> for each, then: done <what created the children>
 *            | error exit <code> | error signal <number> | error spawn <struct spawn_result in hexadecimal>
 * Ends:      at the end-of-file of its standard input, and with its parent: then its whole process group is killed, a
 *            program that runs and the zygote included. It is started in a session of its own: a Ctrl-C is the
 *            driver's to deal with. */
#ifndef SPAWNCTL_BENCH_H
#define SPAWNCTL_BENCH_H

#include "spawn.h"

#include <pthread.h>
#include <stddef.h>

/* Inherited; the images name the first two. */
#define BENCH_NULL 3   /* /dev/null, opened once: the programs' input and output */
#define BENCH_CWD 4    /* where the zygote's children go */
#define BENCH_IMAGES 5 /* closed when it is read; the zygote's socket takes the number over */
#define BENCH_ZYGOTE 5 /* our end, and below the zygote's until it has it */
#define BENCH_ZYGOTE_THEIRS 6

#define BENCH_ZYGOTE_PROGRAM "zygote-program"

struct ballast_wanted {
	size_t touched_bytes;
	size_t mappings;
	int huge_pages;
	size_t mapped_bytes;
	size_t threads;
};

struct ballast {
	struct ballast_wanted made;
	char *touched, *mapped, *separate;
	char *stacks; /* of the threads */
	size_t stacks_bytes;
	pthread_t *threads;
	pthread_mutex_t sleeping; /* held while the threads shall be there */
};

/* Both return 0, or -errno with *call set; after a failure there is no ballast. */
int carry(struct ballast *ballast, const struct ballast_wanted *wanted, const char **call);
void put_down(struct ballast *ballast);

struct sample {
	uint64_t caller_blocked_ns, spawn_to_exit_ns;
};

struct block_end {
	struct spawn_result spawn; /* of the last one */
	int wait_status;
};

/* Spawns `count` times and does nothing else in between. Returns how many succeeded: all, or `end` tells why not. */
uint32_t run_block(const uint8_t *image, uint32_t image_bytes, uint32_t count, struct sample *samples, struct block_end *end);

#endif
