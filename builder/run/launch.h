/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RUN_LAUNCH_H
#define SBX_BUILDER_RUN_LAUNCH_H

#include "builder/context.h"
#include "builder/run/allowance.h"
#include "store/catalog.h"

/* What `run` asks of sbx-provision. A posture is always in `policy`: a task is never trusted. */
struct sbx_launch {
	const char *template_id;
	const char *folder;	/* becomes /task, writes stay in the sandbox */
	const char *content_id; /* of the task's sources, for its history; NULL: not known */
	const char *entry;	/* the only file to show when whole_folder is not set */
	gboolean whole_folder;
	const char *input;	    /* a file to be /task/input.json, NULL: none */
	const char *output;	    /* where /output is collected, NULL: nowhere */
	const char *const *command; /* NULL-ended */
	const char *const *env;	    /* "K=V", NULL: none */
	const char *result;	    /* where the record goes, "-": to people on stderr; or NULL */
	const struct sbx_allowance *allowance; /* what the policies come to */
	const char *output_schema; /* a file: what /output/result.json must be; or NULL */
	const GPtrArray *policy;   /* char *: options of sbx-provision: policies, limits, rights */
};

/*
 * Start the sandbox, wait for its end, collect /output, record the use. *out_status is the
 * task's exit status, or sbx-provision's 124 to 127.
 */
gboolean sbx_launch_run(struct sbx_context *ctx, struct sbx_store *catalog,
			const struct sbx_launch *launch, int *out_status, GError **error);

#endif
