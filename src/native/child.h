#ifndef SPAWNCTL_CHILD_H
#define SPAWNCTL_CHILD_H

#include "block.h"

struct child {
	struct script_header *block;
	uint32_t reset_handlers; /* 0 when CLONE_CLEAR_SIGHAND already did it, or nothing was ever caught */
	volatile uint32_t seen;	 /* in the caller's private memory: still 0 after a "vfork" means memory is not shared */
	int32_t caller_pidfd;	 /* tells whether a caller that a pid namespace hides is still there; -1: nobody asks */
	char *second_stack;	 /* where a second process begins its stack; 0: further down on the first one's */
};

/* Notes the moment, by raw system call; does nothing unless somebody asks. */
void stamp(struct script_header *block, uint32_t which);

/* Runs the script and the program; the contract is in child.c. */
_Noreturn void run_child(void *child);

#endif
