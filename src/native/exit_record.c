/* What is told of a child that has ended: how, what it used, and how its spawn went if nobody has been told yet. */
#include "waiter.h"

#include <sys/resource.h>
#include <sys/wait.h>

static uint64_t microseconds(struct timeval time)
{
	return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_usec;
}

void note_usage(struct exit_record *record, const struct rusage *usage)
{
	record->user_us = microseconds(usage->ru_utime);
	record->system_us = microseconds(usage->ru_stime);
	record->minor_faults = (uint64_t)usage->ru_minflt;
	record->major_faults = (uint64_t)usage->ru_majflt;
	record->blocks_in = (uint64_t)usage->ru_inblock;
	record->blocks_out = (uint64_t)usage->ru_oublock;
	record->voluntary_switches = (uint64_t)usage->ru_nvcsw;
	record->involuntary_switches = (uint64_t)usage->ru_nivcsw;
}

void note_end(struct watched *child, const siginfo_t *info, long error)
{
	struct exit_record *record = &child->record;
	int exited = info->si_code == CLD_EXITED;
	record->exit_code = -1;
	record->wait_error = (int32_t)-error;
	if (error == 0) {
		record->exit_code = exited ? info->si_status : -1;
		record->signal = exited ? 0 : info->si_status;
		record->core_dumped = info->si_code == CLD_DUMPED;
	}
	record->stage = child->result.stage;
	record->failed_step = child->result.failed_step;
	record->error = child->result.error;
	record->candidate = child->result.candidate;
	record->wait_status = exited ? info->si_status << 8 : info->si_status | (record->core_dumped ? 0x80 : 0);
}
