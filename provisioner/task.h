/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_TASK_H
#define SBX_PROVISIONER_TASK_H

#include "provisioner/backend.h"
#include "provisioner/ids.h"
#include "provisioner/template.h"

/* What a task is to zygotes (docs/zygotes.md). */
enum sbx_role { SBX_ROLE_PLAIN, SBX_ROLE_ZYGOTES, SBX_ROLE_FORKED };

/* Everything that a command line of `run` comes to before something is done. */
struct sbx_task {
	struct sbx_options options;
	struct sbx_lower lower;
	struct sbx_places places;
	struct sbx_host host;
	struct sbx_ids ids;	    /* the user namespace, where root makes one */
	struct sbx_error no_userns; /* why there is none */
	struct sbx_plan plan;
	/* Set before settling by a slot's keeper: cgroups and network are there already. */
	const struct sbx_slot *slot;
	bool has_net;
	uint32_t first_id;  /* of the zygotes that it is forked from (plan.h) */
	bool has_ids;	    /* set before settling: they are mapped already, for the same sources */
	enum sbx_role role; /* set it before settling */
};

#define SBX_TASK_INIT                                                                              \
	{                                                                                          \
		.options = SBX_OPTIONS_INIT, .lower = SBX_LOWER_INIT, .ids = SBX_IDS_INIT          \
	}

/*
 * What options that have been parsed come to on this host: policies settled, the template found and
 * locked, the plan made. Changes nothing.
 */
int sbx_task_settle(struct sbx_task *task, struct sbx_error *err);

/*
 * Settled before, for a sandbox that has been made, and nothing has changed since: have anew what
 * each sandbox has for itself, the hold on its template and its user namespace.
 */
int sbx_task_renew(struct sbx_task *task, struct sbx_error *err);

/* The request for it, but the caller's own words and signal mask; it points into the task. */
void sbx_task_fill_request(struct sbx_task *task, struct sbx_request *out);

void sbx_task_release(struct sbx_task *task);
#define SBX_CLEANUP_TASK __attribute__((cleanup(sbx_task_release)))

#endif
