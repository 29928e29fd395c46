/* What this kernel has, asked without a child and without effect. */
#include "syscall.h"

#include <stdint.h>

#define CLOSE_RANGE_CLOEXEC 4

/* 0, or -errno when close_range cannot set close-on-exec (before 5.11, or a seccomp filter). */
int spawnctl_probe_close_range(void)
{
	return (int)syscall3(__NR_close_range, ~0u, ~0u, CLOSE_RANGE_CLOEXEC);
}
