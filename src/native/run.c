/* spawnctl exec's heart: spawn, pass signals on, wait; one call, no event loop. */
#define _GNU_SOURCE
#include "run.h"
#include "syscall.h"

#include <string.h>

struct target target;

void begin_target(const struct run_options *options)
{
	memset(&target, 0, sizeof target);
	target.pidfd = -1;
	long parent = syscall0(__NR_getppid);
	target.has_shell = syscall1(__NR_getpgid, parent) != syscall1(__NR_getpgid, 0);
	target.heeds_tstp = target.has_shell && syscall1(__NR_getsid, parent) == syscall1(__NR_getsid, 0);
	target.options = *options;
}

/* What was opened for the program; -1 ends it. */
static const int32_t *files;

/* From its creation on the program alone has them: whoever reads from a pipe or writes to one waits for its end. */
void close_files(void)
{
	for (; *files >= 0; files++)
		syscall1(__NR_close, *files);
}

/* From here on signals reach it. */
void aim(int pid, int pidfd)
{
	target.pidfd = pidfd;
	__atomic_store_n(&target.pid, pid, __ATOMIC_SEQ_CST);
	pass_on();
	if (has_job_control())
		catch_signal(SIGTSTP);
}

/* Process 1 cannot die of a signal: its exit code tells. */
static int ending_signal(const struct run_result *result)
{
	if (result->signal)
		return result->signal;
	return target.init && result->exit_code > 128 ? result->exit_code - 128 : 0;
}

static void note_interruption(struct run_result *result)
{
	int sig = ending_signal(result);
	int by_key = target.had_terminal && (sig == SIGINT || sig == SIGQUIT);
	if (!sig || !(by_key || sig == target.terminal_signal))
		return;
	result->interrupted = 1;
	result->signal = sig;
	result->exit_code = -1;
}

void run_here(uint8_t *image, uint32_t image_bytes, struct run_result *result)
{
	struct sigaction before[FORWARDED_COUNT], alarm_before;
	uint64_t started_ns = monotonic_ns();
	install_handlers(before);
	spawn_stamped(image, image_bytes, &result->spawn);
	close_fd(&target.options.terminal_peer);
	close_files();
	if (result->spawn.stage == STAGE_SPAWNED) {
		catch_alarm(&alarm_before);
		if (((struct script_header *)image)->traits & TRAIT_SECOND_PROCESS)
			target.init = find_init(result->spawn.pid);
		aim(result->spawn.pid, result->spawn.pidfd);
		if (target.orphaned && target.options.orphan_signal)
			end_program(target.options.orphan_signal);
		if (target.options.lets_go)
			hand_over();
		begin_timeout();
		if (target.options.terminal >= 0)
			begin_relay();
		wait_for_exit(result);
		put_stamp(image, STAMP_REAPED, monotonic_ns());
		end_timeout(&alarm_before);
		put_stamp(image, STAMP_TIMED_OUT, target.timed_out_ns);
		put_stamp(image, STAMP_KILLED, target.killed_ns);
		if (target.options.kill_tree || (target.orphaned && target.options.orphan_signal)) {
			kill_descendants();
			put_stamp(image, STAMP_TREE_ENDED, monotonic_ns());
		} else if (target.killed_group) {
			kill_children(target.killed_group);
		}
		if (target.options.terminal >= 0)
			end_relay();
		result->timed_out = target.timed_out;
		note_interruption(result);
	}
	restore_handlers(before);
	close_fd(&target.options.terminal);
	if (target.pidfd >= 0)
		syscall1(__NR_close, target.pidfd);
	result->elapsed_ns = monotonic_ns() - started_ns;
}

void spawnctl_run(uint8_t *image, uint32_t image_bytes, const struct run_options *options, const int32_t *opened,
		  const char *groups, struct run_result *result)
{
	memset(result, 0, sizeof *result);
	files = opened;
	begin_target(options);
	if (options->keep)
		run_kept(image, image_bytes, groups, result);
	else
		run_here(image, image_bytes, result);
	close_files();
}
