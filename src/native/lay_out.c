/* The memory of one spawn: the script's image where the child will read it, with the caller's environment if that is what
 * it gets. Children that are forks write their report into a shared mapping, the zygote's into a memfd. */
#define _GNU_SOURCE /* environ */
#include "spawn.h"
#include "syscall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Bytes that the caller's environment takes in a block: words, and the strings. */
static uint32_t environment_bytes(uint32_t *count)
{
	uint32_t bytes = sizeof(uint64_t);
	for (*count = 0; environ && environ[*count]; ++*count)
		bytes += sizeof(uint64_t) + (uint32_t)strlen(environ[*count]) + 1;
	return (bytes + 7) & ~7u;
}

static void append_environment(struct script_header *block, uint32_t count, uint32_t bytes)
{
	uint64_t *words = (uint64_t *)((char *)block + block->total_bytes);
	uint32_t at = block->total_bytes + (count + 1) * (uint32_t)sizeof *words;
	uint32_t end = block->total_bytes + bytes, i;
	block->envp = block->total_bytes;
	block->total_bytes = end;
	for (i = 0; i < count && environ[i]; i++) {
		uint32_t length = (uint32_t)strnlen(environ[i], end - at) + 1;
		if (length > end - at)
			break; /* another thread has made it longer meanwhile */
		memcpy((char *)block + at, environ[i], length);
		words[i] = at;
		at += length;
	}
	words[i] = 0;
	block->envc = i;
}

static int map_shared(struct spawning *s, uint32_t method, uint32_t bytes)
{
	int flags = MAP_SHARED | MAP_ANONYMOUS;
	if (method == METHOD_ZYGOTE) {
		long fd = syscall2(__NR_memfd_create, "spawnctl-script", 1 /* MFD_CLOEXEC */);
		if (fd < 0)
			return fail(s, STAGE_PREPARE, __NR_memfd_create, fd);
		s->block_fd = (int)fd;
		long error = syscall2(__NR_ftruncate, fd, bytes);
		if (error < 0)
			return fail(s, STAGE_PREPARE, __NR_ftruncate, error);
		flags = MAP_SHARED;
	}
	long address = syscall6(__NR_mmap, 0, bytes, PROT_READ | PROT_WRITE, flags, s->block_fd, 0);
	if (address < 0 && address > -4096)
		return fail(s, STAGE_PREPARE, __NR_mmap, address);
	s->block = (struct script_header *)address;
	return 0;
}

/* posix_spawn's child has no report to write, and one of clone-vm always writes it to this memory: qemu and sandboxes that
 * make a fork of vfork refuse CLONE_VM alone. So the block need not be a shared mapping, which costs 10 us. */
static int is_private(uint32_t method)
{
	return method == METHOD_POSIX_SPAWN || method == METHOD_CLONE_VM;
}

static int allocate_privately(struct spawning *s, uint32_t bytes)
{
	s->block = malloc(bytes);
	return s->block ? 0 : fail(s, STAGE_PREPARE, 0, -ENOMEM);
}

static void name_caller(struct script_header *block)
{
	struct step *steps = at(block, block->steps);
	for (uint32_t i = 0; i < block->step_count; i++)
		if (asks_for_caller(&steps[i]))
			steps[i].args[5] = (uint64_t)syscall0(__NR_getpid);
}

int lay_block_out(struct spawning *s, const uint8_t *image, uint32_t image_bytes)
{
	const struct script_header *header = (const void *)image;
	if (image_bytes < sizeof *header || header->magic != SCRIPT_MAGIC || header->layout != SCRIPT_LAYOUT ||
	    header->total_bytes != image_bytes)
		return fail(s, STAGE_PREPARE, 0, -EBADMSG);
	uint32_t count = 0, appended = header->traits & TRAIT_CALLERS_ENVIRONMENT ? environment_bytes(&count) : 0;
	uint32_t bytes = image_bytes + appended;
	int error = is_private(header->method) ? allocate_privately(s, bytes) : map_shared(s, header->method, bytes);
	if (error)
		return error;
	memcpy(s->block, image, image_bytes);
	if (appended)
		append_environment(s->block, count, appended);
	name_caller(s->block);
	if (header->method != METHOD_ZYGOTE)
		relocate_block(s->block);
	return 0;
}

void release_block(struct spawning *s)
{
	close_fd(&s->block_fd);
	if (s->block && is_private(s->block->method))
		free(s->block);
	else if (s->block)
		syscall2(__NR_munmap, s->block, s->block->total_bytes);
}
