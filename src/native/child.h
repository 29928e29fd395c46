#ifndef SPAWNCTL_CHILD_H
#define SPAWNCTL_CHILD_H

#include "block.h"

struct child {
	struct script_header *block;
	uint32_t reset_handlers; /* 0 when CLONE_CLEAR_SIGHAND already did it, or nothing was ever caught */
	volatile uint32_t seen;	 /* in the caller's private memory: still 0 after a "vfork" means memory is not shared */
};

/* Notes the moment, by raw system call; does nothing unless somebody asks. */
void stamp(struct script_header *block, uint32_t which);

/* Runs the script and the program; the contract is in child.c. */
_Noreturn void run_child(void *child);

#endif
