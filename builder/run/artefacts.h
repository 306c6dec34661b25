/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RUN_ARTEFACTS_H
#define SBX_BUILDER_RUN_ARTEFACTS_H

#include <glib.h>

/*
 * What a task left in /output, on its way out. sbx-provision has copied it into a folder of ours,
 * plain files and folders only; here it is looked at, and nothing gets further unless all of it
 * may. Nothing of this knows sbx-build: whoever hands out a task's files can use it.
 */
struct sbx_artefacts {
	const char *to;		     /* folder of the caller's, made when missing */
	guint64 max_bytes;	     /* 0: no limit */
	gboolean refuses_secrets;    /* nothing is handed out when one is found, or */
	gboolean redacts_secrets;    /* it is blotted out */
	const char *const *patterns; /* of secrets besides those that are known; NULL: none */
	const char *schema;	     /* a file: SBX_ARTEFACTS_RESULT must be as it says; or NULL */
	guint n_files, n_redacted;   /* out: files, and those in which something was blotted out */
};

/* The file in /output that --output-schema is about. */
#define SBX_ARTEFACTS_RESULT "result.json"

/*
 * Check what is in `from`, redact it there, and move it to artefacts->to; a file of the same name
 * is replaced, atomically. SBX_E_DENIED names the file that must not leave, SBX_E_INPUT the place
 * where the result is not as the schema says.
 */
gboolean sbx_artefacts_hand_out(struct sbx_artefacts *artefacts, const char *from, GError **error);

#endif
