/* What fork has to copy: touched pages, mappings, threads. Each page is touched one by one, so that 4 KiB pages are
 * really there; huge pages are the kernel's to give. */
#define _GNU_SOURCE
#include "bench.h"
#include "signals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_BYTES 4096u /* the least there is; on larger pages some are touched more than once */
/* Of the size that a program gives threads that do little; the first page is the guard. */
#define THREAD_STACK_BYTES (256u << 10)

static char *map(size_t bytes)
{
	void *address = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return address == MAP_FAILED ? 0 : address;
}

static void touch(char *start, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += PAGE_BYTES)
		((volatile char *)start)[at] = 1;
}

static const char *map_touched(struct ballast *ballast, size_t bytes, int huge_pages)
{
	if (bytes == 0)
		return 0;
	if (!(ballast->touched = map(bytes)))
		return "mmap";
	ballast->made.touched_bytes = bytes;
	/* A kernel without huge pages says EINVAL to both. */
	if (madvise(ballast->touched, bytes, huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) < 0 && (huge_pages || errno != EINVAL))
		return "madvise";
	touch(ballast->touched, bytes);
	return 0;
}

/* Neighbours of different protection are mappings of their own; alike, the kernel would merge them into one. */
static const char *map_separately(struct ballast *ballast, size_t count)
{
	if (count == 0)
		return 0;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	if (!(ballast->separate = map(count * page)))
		return "mmap";
	ballast->made.mappings = count;
	touch(ballast->separate, count * page);
	for (size_t i = 1; i < count; i += 2)
		if (mprotect(ballast->separate + i * page, page, PROT_READ) < 0)
			return "mprotect";
	return 0;
}

static const char *map_untouched(struct ballast *ballast, size_t bytes)
{
	if (bytes == 0)
		return 0;
	if (!(ballast->mapped = map(bytes)))
		return "mmap";
	ballast->made.mapped_bytes = bytes;
	return 0;
}

static void *sleep_on(void *mutex)
{
	pthread_mutex_lock(mutex);
	pthread_mutex_unlock(mutex);
	return 0;
}

static int start_thread(struct ballast *ballast, const pthread_attr_t *usual, size_t number)
{
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);
	char *stack = ballast->stacks + number * THREAD_STACK_BYTES;
	pthread_attr_t attr = *usual;
	if (mprotect(stack, guard, PROT_NONE) < 0)
		return errno;
	int error = pthread_attr_setstack(&attr, stack + guard, THREAD_STACK_BYTES - guard);
	return error ? error : pthread_create(&ballast->threads[number], &attr, sleep_on, &ballast->sleeping);
}

/* The stacks are ours, for libc would keep its own when the threads have ended, and fork would go on copying them.
 * Signals are the main thread's business: what ends the runner must not wait for a sleeper. */
static const char *start_threads(struct ballast *ballast, size_t count)
{
	pthread_attr_t attr;
	if (count == 0)
		return 0;
	if (!(ballast->stacks = map(count * THREAD_STACK_BYTES)))
		return "mmap";
	ballast->stacks_bytes = count * THREAD_STACK_BYTES;
	if (!(ballast->threads = calloc(count, sizeof *ballast->threads)))
		return "calloc";
	pthread_attr_init(&attr);
	pthread_mutex_init(&ballast->sleeping, 0);
	pthread_mutex_lock(&ballast->sleeping);
	uint64_t mask = block_all_signals();
	int error = 0;
	while (!error && ballast->made.threads < count) {
		error = start_thread(ballast, &attr, ballast->made.threads);
		ballast->made.threads += !error;
	}
	restore_signals(mask);
	pthread_attr_destroy(&attr);
	errno = error;
	return error ? "pthread_create" : 0;
}

int carry(struct ballast *ballast, const struct ballast_wanted *wanted, const char **call)
{
	put_down(ballast);
	if ((*call = map_touched(ballast, wanted->touched_bytes, wanted->huge_pages)) ||
	    (*call = map_separately(ballast, wanted->mappings)) || (*call = map_untouched(ballast, wanted->mapped_bytes)) ||
	    (*call = start_threads(ballast, wanted->threads))) {
		int error = errno;
		put_down(ballast);
		return -error;
	}
	return 0;
}

void put_down(struct ballast *ballast)
{
	if (ballast->threads)
		pthread_mutex_unlock(&ballast->sleeping);
	for (size_t i = 0; i < ballast->made.threads; i++)
		pthread_join(ballast->threads[i], 0);
	free(ballast->threads);
	if (ballast->stacks)
		munmap(ballast->stacks, ballast->stacks_bytes);
	if (ballast->touched)
		munmap(ballast->touched, ballast->made.touched_bytes);
	if (ballast->separate)
		munmap(ballast->separate, ballast->made.mappings * (size_t)sysconf(_SC_PAGESIZE));
	if (ballast->mapped)
		munmap(ballast->mapped, ballast->made.mapped_bytes);
	memset(ballast, 0, sizeof *ballast);
}
