/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/plan.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "provisioner/plan_maker.h"

void sbx_plan_release(struct sbx_plan *plan)
{
	free(plan->ops);
	free((char *)plan->warning);
	*plan = (struct sbx_plan){0};
}

void sbx_plan_add(struct sbx_plan_maker *m, struct sbx_op op)
{
	if (m->plan->n_ops == m->room) {
		size_t room = m->room ? 2 * m->room : 96;
		struct sbx_op *ops = reallocarray(m->plan->ops, room, sizeof(*ops));
		if (!ops) {
			m->failed = true;
			return;
		}
		m->plan->ops = ops;
		m->room = room;
	}
	m->plan->ops[m->plan->n_ops++] = op;
}

int sbx_plan_warn(struct sbx_plan_maker *m, struct sbx_error *err, const char *format, ...)
{
	char *line = NULL, *both = NULL;
	va_list args;
	va_start(args, format);
	int n = vasprintf(&line, format, args);
	va_end(args);
	if (n >= 0 && m->plan->warning)
		n = asprintf(&both, "%s; %s", m->plan->warning, line);
	if (n < 0) {
		free(line);
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "plan");
	}
	if (both) {
		free(line);
		free((char *)m->plan->warning);
	}
	m->plan->warning = both ? both : line;
	return 0;
}

static void add_groups(struct sbx_plan_maker *m)
{
	const struct sbx_places *places = m->host->places;
	for (unsigned i = 0; i < places->n; i++)
		ADD(m, GROUP, .source = places->place[i].parent, .index = i,
		    .number = places->place[i].controllers);
}

static void add_group_limits(struct sbx_plan_maker *m)
{
	for (unsigned i = 0; i < SBX_N_LIMITS; i++) {
		unsigned c = sbx_limit_controller(i);
		uint64_t value = m->options->policy.limit[i];
		if (!value || c == SBX_N_CONTROLLERS || m->host->places->missing & 1U << c)
			continue;
		/* Our own first process inside is not the task's. */
		unsigned own = i != SBX_LIMIT_PIDS  ? 0
			       : m->host->is_forked ? 1 + SBX_FORKED_PIDS
						    : 1;
		ADD(m, GROUP_LIMIT, .target = sbx_limit_name(i), .index = i, .number = value + own);
	}
}

/*
 * To make a network namespace takes as long as all mounts together; so whoever may make it out here
 * does so meanwhile. /sys shows the one that its mounter is in.
 */
static void settle_net(struct sbx_plan_maker *m)
{
	m->plan->makes_net =
		m->plan->namespaces & CLONE_NEWNET && m->host->makes_net && !m->options->sys;
}

int sbx_plan_make(struct sbx_plan *plan, const struct sbx_options *options,
		  const struct sbx_host *host, struct sbx_error *err)
{
	struct sbx_plan_maker maker = {.plan = plan, .options = options, .host = host}, *m = &maker;
	*plan = (struct sbx_plan){0};
	if (sbx_plan_settle(m, err) < 0) {
		sbx_plan_release(plan);
		return -1;
	}
	plan->reduced = &options->reduced;
	plan->classes = options->policy.classes;
	plan->maps_all_ids = host->maps_all_ids;
	plan->namespaces =
		CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |
		(host->privileged ? 0 : CLONE_NEWUSER) |
		(options->policy.net != SBX_NET_HOST && !host->has_net ? CLONE_NEWNET : 0);
	settle_net(m);
	add_groups(m);
	ADD(m, SPAWN);
	if (plan->makes_net)
		ADD(m, MAKE_NETWORK);
	add_group_limits(m);
	sbx_plan_add_mounts(m);
	if (sbx_plan_add_files(m, err) < 0) {
		sbx_plan_release(plan);
		return -1;
	}
	ADD(m, HOSTNAME, .target = options->hostname);
	if (plan->namespaces & CLONE_NEWNET && !plan->makes_net)
		ADD(m, LOOPBACK);
	if (options->output || options->record & SBX_RECORD_FILES)
		ADD(m, HAND_OUT);
	ADD(m, PIVOT);
	ADD(m, WORKDIR, .target = options->workdir ? options->workdir : "/");
	if (plan->makes_net)
		ADD(m, NETWORK);
	sbx_plan_add_rights(m);
	if (options->command[0])
		ADD(m, COMMAND, .target = options->command[0]);
	if (!maker.failed)
		return 0;
	sbx_plan_release(plan);
	return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "plan");
}
