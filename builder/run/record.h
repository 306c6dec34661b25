/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RUN_RECORD_H
#define SBX_BUILDER_RUN_RECORD_H

#include <glib.h>

/* What sbx-provision says of a run (docs/schemas/provision-result.schema.json). */
struct sbx_run_record {
	int status;    /* its exit status: the command's, or 124 to 127 */
	char *reason;  /* "exited", "timed-out", ...; "unknown" when it was killed before it could
			  say */
	char *message; /* why it failed; NULL: it did not */
	gint64 wall_usec, cpu_usec, peak_bytes;
	char *json; /* all of it, as it came; not to be trusted */
};
#define SBX_RUN_RECORD_DEPTH 8 /* of its JSON */
void sbx_run_record_release(struct sbx_run_record *record);

/*
 * Start `sbx-provision run ARGUMENTS...` and wait for its end. `arguments` (char *) is all behind
 * the verb; --status-fd is put in front of it. Descriptors of -1 are inherited.
 */
gboolean sbx_run_record_spawn(const char *provisioner, const GPtrArray *arguments, int stdin_fd,
			      int stdout_fd, int stderr_fd, struct sbx_run_record *out,
			      GError **error);

#endif
