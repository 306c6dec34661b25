/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_WHY_H
#define SBX_BUILDER_RESOLVE_WHY_H

#include "builder/resolve/resolve.h"

/* "`package` needs (`field`) `dependency`, which `other` serves" */
struct sbx_why_step {
	char *package, *version;
	const char *field; /* "Depends", "Pre-Depends", "Recommends" */
	char *dependency;  /* the alternative that serves: "libc6 (>= 2.36)" */
	char *other, *other_version;
};

enum sbx_why_root { SBX_WHY_ASKED_FOR, SBX_WHY_ESSENTIAL };

/* The shortest chain from what was asked for (else from what is Essential) to a package. */
struct sbx_why {
	char *package, *version;
	enum sbx_why_root root;
	GPtrArray *steps; /* struct sbx_why_step *; empty: it is itself the root */
};

void sbx_why_free(struct sbx_why *why);
SBX_DEFINE_AUTO(sbx_why, sbx_why_free)

/*
 * Why is `name` in the lock? SBX_E_NOT_FOUND when it is not, SBX_E_INPUT when the lock's packages
 * are no longer those of the archive, so that its relations are not known.
 */
struct sbx_why *sbx_resolver_why(struct sbx_resolver *resolver, const struct sbx_lock *lock,
				 const char *name, GError **error);

#define SBX_WHY_NOT_ANSWERS(X)                                                                     \
	X(IS_THERE, "is-there")		    /* it is in the lock, in the version asked for */      \
	X(OTHER_VERSION, "other-version")   /* another version of it is */                         \
	X(OTHER_PROVIDER, "other-provider") /* a dependency that names it is served by another */  \
	X(ONLY_RECOMMENDED, "only-recommended")                                                    \
	X(NOT_NEEDED, "not-needed") /* nothing names it; it could be added */                      \
	X(CANNOT_BE, "cannot-be")   /* it cannot be there beside what was asked for */

enum sbx_why_not_answer {
#define X(id, text) SBX_WHY_NOT_##id,
	SBX_WHY_NOT_ANSWERS(X)
#undef X
};

struct sbx_why_not {
	enum sbx_why_not_answer answer;
	GPtrArray *reasons; /* char *: sentences, at least one */
};

const char *sbx_why_not_name(enum sbx_why_not_answer answer);
void sbx_why_not_free(struct sbx_why_not *why_not);
SBX_DEFINE_AUTO(sbx_why_not, sbx_why_not_free)

/*
 * Why is `wanted` (as sbx_resolver_solve() takes names) not in the lock, which was made of `names`
 * with `options`? SBX_E_NOT_FOUND when nothing is called that.
 */
struct sbx_why_not *sbx_resolver_why_not(struct sbx_resolver *resolver, const struct sbx_lock *lock,
					 const char *const *names,
					 const struct sbx_resolve_options *options,
					 const char *wanted, GError **error);

#endif
