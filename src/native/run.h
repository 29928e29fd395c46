/* One run of `exec`: a spawn, watched over to its end. */
#ifndef SPAWNCTL_RUN_H
#define SPAWNCTL_RUN_H

#include "spawn.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

/* What nothing tells of is looked for this often: the end without a pidfd, orphans, the foreground, a stop below an init. */
#define LOOK_MS 50

/* Filled for JavaScript; read by src/native/core.ts. */
struct run_result {
	struct spawn_result spawn;
	int32_t exit_code;   /* -1: a signal ended it */
	int32_t signal;	     /* 0: it exited */
	int32_t core_dumped;
	int32_t wait_error;  /* ECHILD: reaped elsewhere */
	int32_t interrupted; /* the terminal's SIGINT or SIGQUIT reached this process too */
	int32_t timed_out;   /* 1: the signal was sent, 2: SIGKILL */
	uint64_t elapsed_ns; /* from the call until the child was reaped */
	int32_t keeper_error;  /* errno of its creation */
	int32_t keeper_signal; /* what ended it before its time */
};

/* What JavaScript asks of a run; written by src/native/core.ts. */
struct run_options {
	uint64_t timeout_ns;	/* 0: none */
	uint64_t kill_after_ns; /* more, until SIGKILL; 0: never */
	int32_t timeout_signal;
	int32_t kill_tree;
	int32_t keep;		/* by a process of its own, which outlives this one */
	int32_t orphan_signal;	/* when this process has ended: what the keeper sends; 0: nothing */
	int32_t terminal;	/* our end of the program's new terminal, or -1 */
	int32_t terminal_peer;	/* the program's end; both are closed by the run */
	int32_t cgroup_kill;	/* cgroup.kill of the program's control group, or -1 */
	int32_t lets_go;	/* the program is traced up to its first instruction */
	int32_t foreground;	/* the program has the terminal whenever this process would */
};

#define FORWARDED_COUNT 8

/* What is watched; a process runs one program at a time this way. Signal handlers read it. */
struct target {
	int pid, pidfd;
	int leads_group; /* the caller's group is the job's: the program is in it, and gets signals with it */
	int adopts;	 /* orphans come here, and are reaped here */
	int ending;	 /* a signal that should end it was sent; the next one is SIGKILL */
	int orphaned;
	int has_shell;	  /* whoever started this process minds its jobs: the parent is in another group */
	int heeds_tstp;	  /* that shell is in this session: else the kernel would not let Ctrl-Z stop the group */
	int stop_asked;	  /* SIGTSTP has come this way */
	int left_stopped; /* a stop of the program's was not followed; it may have gone on since */
	int foreground;	  /* while the program is stopped: the group that had the terminal */
	int caller, caller_group; /* of a keeper; 0 otherwise */
	const struct run_result *kept; /* what the keeper writes: the program's pid is in it */
	int timed_out;
	uint64_t first_tick; /* of the run, where it is not this process that has all of it below: who began before is none of it */
	int killed_group; /* that SIGKILL was for, and that this process, or its caller, is in */
	uint64_t timed_out_ns, killed_ns; /* when; 0: it was not */
	int init; /* the program's parent, where a spawnctl-init stands in between */
	int terminal_signal;
	int had_terminal; /* its keys reached the program's group alone, to the end */
	int told_to_end; /* by a signal, whoever has taken it */
	uint64_t due; /* to be passed on: at once, or as soon as there is a child */
	int sender[FORWARDED_COUNT]; /* of the last one; 0 is the kernel */
	struct run_options options;
};
extern struct target target;

/* forward.c */
void install_handlers(struct sigaction *before);
void restore_handlers(const struct sigaction *before);
void catch_signal(int sig);
void pass_on(void);
void send_signal(int sig);
int other_group(void);

/* job_control.c */
int has_job_control(void);
int take_terminal(int group);
int follow_stop(int child_stopped_by);
void continue_program(int foreground);
void signal_caller(int sig);
void continue_to_end(void);

/* find_init.c */
size_t read_proc(int pid, const char *name, char *text, size_t size);
int find_init(int pid);
void stop_init_with_program(void);
void send_to_group_by_init(int sig);

/* wait.c */
long wait_child(siginfo_t *info, int options);
void reap_orphans(void);
void wait_for_exit(struct run_result *result);

/* Settings of the caller's own terminal, before it became raw. */
struct own_settings {
	int are_known;
	struct termios before;
};

/* terminal.c */
int open_terminal_peer(int master);
int has_keys(void);
void remember_settings(struct own_settings *own);
void make_raw(struct own_settings *own);
void put_settings_back(const struct own_settings *own);
void pass_window_size(void);

/* relay.c */
void begin_relay(void);
void end_relay(void);

/* timeout.c */
void catch_alarm(struct sigaction *before);
void begin_timeout(void);
void end_timeout(const struct sigaction *before);
void end_program(int sig);
void begin_ending(void);

/* hand_over.c */
void hand_over(void);

/* descendants.c */
uint64_t tick_now(void);
void adopt_orphans(int on);
void kill_descendants(void);
void kill_children(int group);

/* run.c and keeper.c */
void begin_target(const struct run_options *options);
void close_files(void);
void aim(int pid, int pidfd);
void run_here(uint8_t *image, uint32_t image_bytes, struct run_result *result);
void run_kept(uint8_t *image, uint32_t image_bytes, const char *groups, struct run_result *result);

#endif
