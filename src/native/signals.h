/* Signal masks by raw system call: libc's wrappers refuse to block its own signals 32 and 33. */
#ifndef SPAWNCTL_SIGNALS_H
#define SPAWNCTL_SIGNALS_H

#include "syscall.h"

#include <signal.h>
#include <stdint.h>

static inline uint64_t block_all_signals(void)
{
	uint64_t all = ~0ull, before = 0;
	syscall4(__NR_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof all);
	return before;
}

static inline void restore_signals(uint64_t mask)
{
	syscall4(__NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof mask);
}

#endif
