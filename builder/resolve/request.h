/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_REQUEST_H
#define SBX_BUILDER_RESOLVE_REQUEST_H

#include "builder/archive/archive.h"
#include "builder/index/profile.h"
#include "builder/resolve/resolve.h"

/*
 * What `resolve`, `build` and `run` are given, and the one way from there to a lock:
 * LOCK | PROFILE | TASK | --packages A,B. A lock or profile is known by its content (its "format"
 * member), whatever the file's name; everything else is a task.
 */
struct sbx_request {
	const char *argument; /* a file or folder, "-" for stdin; NULL with `packages` */
	const char *packages; /* "A,B": names as sbx_resolver_solve() takes them; NULL */
	struct sbx_resolve_options options; /* with a lock: SBX_E_USAGE when there are any */
	gboolean keep_resolver;	   /* for questions about the answer: fill in the last fields */
	gboolean allow_unresolved; /* go on when the task needs something that nobody ships */
};

enum sbx_request_kind {
	SBX_REQUEST_LOCK,
	SBX_REQUEST_PROFILE,
	SBX_REQUEST_TASK,
	SBX_REQUEST_PACKAGES,
};

struct sbx_resolved {
	enum sbx_request_kind kind;
	struct sbx_archive *archive; /* the lock's suite and architecture */
	struct sbx_profile *profile; /* of a profile or task, else NULL */
	struct sbx_lock *lock;
	struct sbx_resolver *resolver; /* with keep_resolver, else NULL */
	char **names;		       /* the same: what was asked for */
};

void sbx_request_release(struct sbx_resolved *resolved);
#define SBX_CLEANUP_RESOLVED __attribute__((cleanup(sbx_request_release)))

/*
 * Read, profile and resolve as far as it takes. The context's suite and architecture become those
 * of the lock or profile; other ones on the command line are SBX_E_USAGE. Names are sorted before
 * they are resolved, so that the same set gives the same lock. A hard need that nobody ships is
 * SBX_E_UNRESOLVED unless allowed, and then a warning. `out` is zeroed by the caller, filled on
 * success and untouched otherwise.
 */
gboolean sbx_request_resolve(struct sbx_context *ctx, const struct sbx_request *request,
			     struct sbx_resolved *out, GError **error);

/*
 * The index of the context's suite; when there is none yet, it is fetched first, so that a
 * newcomer types one command.
 */
struct sbx_archive *sbx_request_archive(struct sbx_context *ctx, GError **error);

#endif
