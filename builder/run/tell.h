/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RUN_TELL_H
#define SBX_BUILDER_RUN_TELL_H

#include "builder/context.h"
#include "builder/run/record.h"

/*
 * After a task that did not end well: what it was refused, a warning each that names the option
 * which gives it: whom it tried to reach without a network, system calls. What sbx-provision says
 * itself (limits) is not said again. `task` is its name, for people.
 */
void sbx_run_tell(struct sbx_context *ctx, const char *task, const struct sbx_run_record *record,
		  gboolean has_network);

/* The record for people, some lines; newly allocated. */
char *sbx_run_record_text(const struct sbx_run_record *record);

/* --result: the record as JSON into a file, or for people on stderr when that is "-". */
gboolean sbx_run_write_result(const struct sbx_run_record *record, const char *path,
			      GError **error);

#endif
