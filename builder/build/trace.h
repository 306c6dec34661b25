/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_TRACE_H
#define SBX_BUILDER_BUILD_TRACE_H

#include "builder/build/compose.h"
#include "builder/build/delta.h"
#include "builder/build/reads.h"

/*
 * A maintainer script to be run: of which package, which one, with which arguments. Or what is done
 * once for many scripts (batch.h).
 */
struct sbx_step {
	const struct sbx_unit *unit;
	const char *script;  /* "postinst" */
	char *arguments;     /* tabs between: "triggered\tname name" */
	const char *command; /* NULL; else the text of a script of ours, a constant */
};

/*
 * What a run of a script came to, kept as a commit script/<key>/<reads>: its delta, the triggers
 * that it set off, and what it could have read with what that was (builder/build/reads.h). The key
 * is over everything that a script gets besides the tree: its text, its package's name, version and
 * architecture, its arguments, and how it is run. A trace is replayed, instead of running the
 * script, where everything that it read is the same.
 */
struct sbx_trace {
	char *ref;	       /* NULL: it was done natively, or is not to be kept */
	struct sbx_tree *tree; /* of the delta */
	GPtrArray *removed;
	char **triggers; /* lines of triggers/Unincorp */
	guint64 usec;	 /* what running took */
	guint64 n_bytes; /* of the delta's files */
};
void sbx_trace_free(struct sbx_trace *trace);
SBX_DEFINE_AUTO(sbx_trace, sbx_trace_free)

/* The key as 64 hex digits, newly allocated; `how` describes how scripts are run. */
char *sbx_trace_key(const struct sbx_step *step, const char *how);

/*
 * A trace of the key that holds of the tree; NULL in *out_trace when there is none, and then in
 * *out_reason why not (newly allocated): the path by which one that is kept differs.
 */
gboolean sbx_trace_find(struct sbx_store *store, const char *key, struct sbx_tree *tree,
			struct sbx_trace **out_trace, char **out_reason, GError **error);

/* Keep one, in the running transaction. `trace` has everything but its ref, which is set. */
gboolean sbx_trace_keep(const char *key, const struct sbx_step *step, const struct sbx_reads *reads,
			struct sbx_trace *trace, GCancellable *cancellable, GError **error);

#endif
