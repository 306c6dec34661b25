/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_MATCH_MATCH_H
#define SBX_BUILDER_MATCH_MATCH_H

#include "builder/resolve/fresh.h"
#include "store/store.h"

/* How a candidate serves a lock. X(id, name) */
#define SBX_MATCH_TABLE(X)                                                                         \
	X(EXACT, "exact")	/* the lock's own template */                                      \
	X(SUPERSET, "superset") /* has all of it and more: ready at once */                        \
	X(CLOSEST, "closest")	/* has part of it and nothing else: what is missing is added */    \
	X(BASE, "base")		/* nothing but the base to begin with */                           \
	X(UNFIT, "unfit")	/* has something else: removing is never done in place */
enum sbx_match_kind {
#define X(id, name) SBX_MATCH_##id,
	SBX_MATCH_TABLE(X)
#undef X
};
const char *sbx_match_kind_name(enum sbx_match_kind kind);

/* What a superset may carry along. Zeros: supersets are never taken. */
struct sbx_match_limits {
	guint packages;
	guint64 n_bytes;
	guint may_lack; /* bits of enum sbx_content_class: what it may be made without */
};

/*
 * The limits of this site: [superset] max-packages=, max-bytes= and may-lack= of
 * /etc/sbx/match.conf and $SBX_ROOT/match.conf; the stricter of the two. Without a file: zeros.
 */
gboolean sbx_match_read_limits(struct sbx_context *ctx, struct sbx_match_limits *out,
			       GError **error);

/* Bytes as that file and options have them: digits, with K, M or G (powers of 1024) behind. */
gboolean sbx_match_parse_bytes(const char *text, guint64 *out);

/* A template, or the way from the base, and what it would take. */
struct sbx_candidate {
	char *id;     /* NULL: of BASE */
	char **names; /* of the template */
	enum sbx_match_kind kind;
	gboolean is_refused; /* `why` has the reason */
	char *why;
	guint n_same, n_add, n_extra;
	guint64 add_bytes, extra_bytes, fetch_bytes;
	double cost; /* milliseconds: builder/match/cost.h */
};

struct sbx_match {
	GPtrArray *candidates;		    /* struct sbx_candidate *, what is taken first */
	const struct sbx_candidate *chosen; /* never NULL */
};
void sbx_match_release(struct sbx_match *match);

/*
 * The template to use for a lock, or to begin with. `resolver` tells whether what a superset
 * carries along is stale; NULL: then none is taken. Nothing is built or fetched.
 */
gboolean sbx_match_find(struct sbx_context *ctx, struct sbx_store *store,
			const struct sbx_lock *lock, struct sbx_resolver *resolver,
			const struct sbx_match_limits *limits, struct sbx_match *out,
			GError **error);

#endif
