/** PID_MAX_LIMIT, linux/threads.h: pids are below it, and there are no more processes and threads. */
export const pidLimit = 2 ** 22
