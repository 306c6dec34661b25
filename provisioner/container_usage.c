/* SPDX-License-Identifier: Apache-2.0 */
/* What a container took. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/container.h"
#include "provisioner/record.h"
#include "provisioner/slot.h"

#define RUSAGE_BLOCK 512 /* bytes, whatever the file system */

static uint64_t usec_of(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * 1000000 + (uint64_t)t->tv_usec;
}

/* "name: 123" on a line of its own. */
static uint64_t number_of(const char *text, const char *name)
{
	size_t n = strlen(name);
	for (const char *at = text; at && *at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, name, n) == 0 && at[n] == ':')
			return strtoull(at + n + 1, NULL, 10) & INT64_MAX;
	}
	return 0;
}

/*
 * proc(5), io: a process's own with those of all that it has reaped, and the first process reaps
 * everything, at last as it is killed. It is to be read between its end and our reaping it; and to
 * be opened before it makes itself undumpable, which gives its files to root. Newer kernels let
 * root alone read it then: for others the first process writes it into the ledger at its end, if it
 * comes to that.
 */
void sbx_container_open_io(struct sbx_container *c)
{
	char path[40];
	snprintf(path, sizeof(path), "/proc/%d/io", c->pid);
	if (c->is_recorded)
		c->io_fd = open(path, O_RDONLY | O_CLOEXEC);
}

void sbx_container_read_io(struct sbx_container *c, struct sbx_result *out)
{
	const struct sbx_ledger *ledger = c->is_recorded ? c->request->record->ledger : NULL;
	siginfo_t info;
	char text[512];
	if (c->io_fd < 0 && !ledger)
		return;
	while (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOWAIT | __WALL) < 0 && errno == EINTR)
		;
	ssize_t n = c->io_fd < 0 ? -1 : pread(c->io_fd, text, sizeof(text) - 1, 0);
	if (n <= 0 && ledger && ledger->n_io_bytes && ledger->n_io_bytes <= sizeof(ledger->io)) {
		n = ledger->n_io_bytes;
		memcpy(text, ledger->io, (size_t)n);
	}
	if (n <= 0)
		return;
	text[n] = '\0';
	out->has_io = out->has_io_calls = true;
	out->read_bytes = number_of(text, "read_bytes");
	out->write_bytes = number_of(text, "write_bytes");
	out->read_call_bytes = number_of(text, "rchar");
	out->write_call_bytes = number_of(text, "wchar");
}

static bool has_ended_well(const struct sbx_container *c)
{
	return c->has_last && c->last.kind == SBX_REPORT_ENDED && c->last.wait_status == 0;
}

void sbx_container_fill_usage(struct sbx_container *c, const struct rusage *usage,
			      struct sbx_result *out)
{
	/* What it reaped, killed or not, counts in this as well; but not what was no disk's. */
	if (c->is_recorded && !out->has_io) {
		out->has_io = true;
		out->read_bytes = (uint64_t)usage->ru_inblock * RUSAGE_BLOCK;
		out->write_bytes = (uint64_t)usage->ru_oublock * RUSAGE_BLOCK;
	}
	out->user_usec = usec_of(&usage->ru_utime);
	out->system_usec = usec_of(&usage->ru_stime);
	out->cpu_usec = out->user_usec + out->system_usec;
	/* Of interest to records, and to a server's slots. */
	if (c->is_recorded || c->slot)
		out->peak_memory_bytes = sbx_groups_peak_bytes(&c->groups);
	if (!out->peak_memory_bytes)
		out->peak_memory_bytes = (uint64_t)usage->ru_maxrss * 1024;
	if (c->slot)
		out->oom_kills = sbx_slot_take_oom_kills(c->slot);
	else if (c->is_recorded || !has_ended_well(c))
		out->oom_kills = sbx_groups_oom_kills(&c->groups);
	out->has_output_bytes = c->base.relay.is_active;
	out->output_bytes = c->base.relay.n_bytes;
	out->output_errno = c->base.relay.write_errno;
	uint64_t peak = c->is_recorded ? sbx_groups_pids_peak(&c->groups) : 0;
	/* Our own processes inside are not the task's. */
	out->pids_peak = peak > c->n_own_pids ? peak - c->n_own_pids : 0;
}

void sbx_container_fill_stages(struct sbx_container *c, uint64_t ended_usec)
{
	const struct sbx_ledger *ledger = c->is_recorded ? c->request->record->ledger : NULL;
	if (c->slot) {
		/* Cgroups are there already; the plan is the keeper's. */
		sbx_result_set_stage(&c->result, SBX_STAGE_PLAN, c->started_usec, c->planned_usec);
		sbx_result_set_stage(&c->result, SBX_STAGE_SPAWN, c->planned_usec, c->spawn_usec);
		sbx_result_set_stage(&c->result, SBX_STAGE_MOUNTS, c->spawn_usec, c->built_usec);
		sbx_result_set_stage(&c->result, SBX_STAGE_EXEC, c->built_usec, c->command_usec);
		sbx_result_set_stage(&c->result, SBX_STAGE_RUN, c->command_usec, ended_usec);
	}
	if (!ledger)
		return;
	uint64_t begun = ledger->begun_nsec / 1000, built = ledger->built_nsec / 1000,
		 command = ledger->command_nsec / 1000;
	sbx_result_set_stage(&c->result, SBX_STAGE_SPAWN, c->spawn_usec, begun);
	sbx_result_set_stage(&c->result, SBX_STAGE_MOUNTS, begun, built);
	sbx_result_set_stage(&c->result, SBX_STAGE_EXEC, built, command);
	sbx_result_set_stage(&c->result, SBX_STAGE_RUN, command, ended_usec);
}
