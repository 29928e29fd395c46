/* What spawnctl and spawnctl-init say to each other. */
#ifndef SPAWNCTL_INIT_H
#define SPAWNCTL_INIT_H

/* The value of a queued signal that is meant for the whole group: sent there from outside, it would reach the program itself
 * and spawnctl-init, which would pass it on. */
#define TO_GROUP 0x67726f75

#endif
