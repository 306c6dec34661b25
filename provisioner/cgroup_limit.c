/* SPDX-License-Identifier: Apache-2.0 */
/* Limits as what is written to which control file (cgroups(7), Documentation/admin-guide/). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "provisioner/cgroup.h"

/* How a policy's value becomes the file's. */
static uint64_t as_it_is(uint64_t value)
{
	return value;
}

/* Version 1's shares are 1024 where weights are 100, and at least 2. */
static uint64_t as_shares(uint64_t weight)
{
	uint64_t shares = weight * 1024 / 100;
	return shares < 2 ? 2 : shares;
}

/* BFQ's weights end at 1000: what is below 100 stays, what is above is pressed together. */
static uint64_t as_bfq(uint64_t weight)
{
	return weight <= 100 ? weight : 100 + (weight - 100) / 11;
}

/* Must be written; is written where the kernel has it; one of those in a row must be there. */
enum need { MUST, MAY, ONE_OF };

static const struct setting {
	enum sbx_limit limit;
	bool unified;
	const char *file;
	const char *before, *behind; /* the value; without a converter, all of it */
	uint64_t (*convert)(uint64_t value);
	const char *none; /* what takes the limit off */
	enum need need;
} settings[] = {
	{SBX_LIMIT_MEMORY, false, "memory.limit_in_bytes", "", "", as_it_is, "-1", MUST},
	/* Memory and swap together: without it the limit would only be on when to swap. */
	{SBX_LIMIT_MEMORY, false, "memory.memsw.limit_in_bytes", "", "", as_it_is, "-1", MAY},
	/* What sockets hold is counted apart, and only with a limit of its own. */
	{SBX_LIMIT_MEMORY, false, "memory.kmem.tcp.limit_in_bytes", "", "", as_it_is, "-1", MAY},
	{SBX_LIMIT_MEMORY, false, "memory.swappiness", "0", "", NULL, "60", MAY},
	{SBX_LIMIT_MEMORY, true, "memory.max", "", "", as_it_is, "max", MUST},
	{SBX_LIMIT_MEMORY, true, "memory.swap.max", "0", "", NULL, "max", MAY},
	/* All or nothing: a task that lost some of its processes is of no use. */
	{SBX_LIMIT_MEMORY, true, "memory.oom.group", "1", "", NULL, "0", MAY},
	{SBX_LIMIT_CPUS, false, "cpu.cfs_period_us", "100000", "", NULL, "100000", MUST},
	{SBX_LIMIT_CPUS, false, "cpu.cfs_quota_us", "", "", as_it_is, "-1", MUST},
	{SBX_LIMIT_CPUS, true, "cpu.max", "", " 100000", as_it_is, "max 100000", MUST},
	{SBX_LIMIT_CPU_WEIGHT, false, "cpu.shares", "", "", as_shares, "1024", MUST},
	{SBX_LIMIT_CPU_WEIGHT, true, "cpu.weight", "", "", as_it_is, "100", MUST},
	{SBX_LIMIT_PIDS, false, "pids.max", "", "", as_it_is, "max", MUST},
	{SBX_LIMIT_PIDS, true, "pids.max", "", "", as_it_is, "max", MUST},
	/* Whichever of the schedulers that know weights a disk has; both, if they are there. */
	{SBX_LIMIT_IO_WEIGHT, false, "blkio.bfq.weight", "", "", as_bfq, "100", ONE_OF},
	{SBX_LIMIT_IO_WEIGHT, false, "blkio.weight", "", "", as_bfq, "500", ONE_OF},
	{SBX_LIMIT_IO_WEIGHT, true, "io.weight", "default ", "", as_it_is, "default 100", ONE_OF},
	{SBX_LIMIT_IO_WEIGHT, true, "io.bfq.weight", "default ", "", as_bfq, "default 100", ONE_OF},
};
#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))
_Static_assert(SBX_CPU_PERIOD_USEC == 100000, "the period is written out in the table");

enum sbx_controller sbx_limit_controller(enum sbx_limit limit)
{
	switch (limit) {
	case SBX_LIMIT_MEMORY:
		return SBX_CONTROLLER_MEMORY;
	case SBX_LIMIT_CPUS:
	case SBX_LIMIT_CPU_WEIGHT:
		return SBX_CONTROLLER_CPU;
	case SBX_LIMIT_PIDS:
		return SBX_CONTROLLER_PIDS;
	case SBX_LIMIT_IO_WEIGHT:
		return SBX_CONTROLLER_IO;
	default:
		return SBX_N_CONTROLLERS;
	}
}

/* Returns whether the file is there and was written; -1 on failure. */
static int write_setting(const struct sbx_group *group, const struct setting *s, uint64_t value,
			 struct sbx_error *err)
{
	char text[48];
	if (value && s->convert)
		snprintf(text, sizeof(text), "%s%llu%s", s->before,
			 (unsigned long long)s->convert(value), s->behind);
	else
		snprintf(text, sizeof(text), "%s", value ? s->before : s->none);
	if (sbx_cgroup_write(group->fd, s->file, text) == 0)
		return 1;
	if (s->need != MUST && errno == ENOENT)
		return 0;
	return sbx_fail_os(err, errno == EBUSY ? SBX_E_BUSY : SBX_E_SANDBOX, errno, "%s %s",
			   s->file, text);
}

int sbx_group_limit(struct sbx_groups *groups, enum sbx_limit limit, uint64_t value,
		    struct sbx_error *err)
{
	const struct sbx_group *group = sbx_groups_with(groups, sbx_limit_controller(limit));
	struct sbx_error first = SBX_ERROR_INIT;
	unsigned n_done = 0;
	/* Of two limits that belong together the greater one may have to be raised first. */
	for (int round = 0, again = 1; group && again && round < 2; round++) {
		again = 0;
		for (size_t i = 0; i < N_SETTINGS; i++) {
			const struct setting *s = &settings[i];
			if (s->limit != limit || s->unified != (group->kind != SBX_PLACE_V1))
				continue;
			sbx_error_clear(&first);
			int done = write_setting(group, s, value, &first);
			if (done < 0 && (first.os_errno != EINVAL || round > 0))
				return sbx_error_propagate(err, &first);
			again |= done < 0;
			n_done += done > 0;
		}
	}
	if (group && n_done == 0)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"--%s: this kernel's %s controller has no file for it",
				sbx_limit_name(limit),
				sbx_controller_name(sbx_limit_controller(limit)));
	return 0;
}
