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
	const char *to; /* folder of the caller's, made when missing */
	guint n_files;	/* out */
};

/* Move what is in `from` to artefacts->to; a file of the same name is replaced, atomically. */
gboolean sbx_artefacts_hand_out(struct sbx_artefacts *artefacts, const char *from, GError **error);

#endif
