/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_CONTEXT_H
#define SBX_BUILDER_CONTEXT_H

#include <gio/gio.h>

#include "builder/progress.h"
#include "store/gerror.h"

/* What every verb shares: where things are and how to speak. Filled by main and the parser. */
struct sbx_context {
	char *root;	       /* $SBX_ROOT: an absolute path, made on first use with mode 0700 */
	gboolean json;	       /* --json: results as JSON on stdout */
	gboolean verbose;      /* -v */
	struct sbx_progress *progress;
	GCancellable *cancellable; /* cancelled by SIGINT and SIGTERM */

	/* Where packages come from; NULL: the host's own configuration (builder/archive/). */
	char *suite;	    /* --suite bookworm */
	char *architecture; /* --arch amd64; NULL: the host's */
	char **mirrors;	    /* --mirror URI, may be given more than once */
	char *keyring;	    /* --keyring FILE */
	gboolean trusted;   /* --trusted: accept an archive without a valid signature */
};

/* $root/<name>, newly allocated; the folder $root is made (mode 0700) when missing. */
char *sbx_context_path(struct sbx_context *ctx, const char *name, GError **error);

/* Where sbx-provision is: $SBX_PROVISION, else beside this program, else in $PATH. */
char *sbx_context_provisioner(struct sbx_context *ctx, GError **error);

#endif
