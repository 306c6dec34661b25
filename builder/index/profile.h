/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_PROFILE_H
#define SBX_BUILDER_INDEX_PROFILE_H

#include "builder/archive/archive.h"
#include "builder/index/providers.h"
#include "builder/index/resources.h"
#include "profiler/facts.h"

/* What became of a need. Names in JSON are the table's. */
#define SBX_NEED_TABLE(X)                                                                          \
	X(PACKAGE, "package")	/* a package to install serves it */                               \
	X(BASE, "base")		/* the Essential packages have it */                               \
	X(STANDARD, "standard") /* the interpreter's own packages have it */                       \
	X(OPTIONAL, "optional") /* guarded or type-only: `provider` would serve it, not added */   \
	X(UNRESOLVED, "unresolved") /* needed, and nobody ships it */                              \
	X(ECOSYSTEM, "ecosystem")   /* declared; only `ecosystem` has it */                        \
	X(UNKNOWN, "unknown")	    /* dynamic, the name is not to be seen */
enum sbx_need_status {
#define X(id, name) SBX_NEED_##id,
	SBX_NEED_TABLE(X)
#undef X
		SBX_N_NEED_STATUSES
};

struct sbx_evidence {
	char *file, *text;
	guint line;
};

/* One thing the task needs; facts with the same kind, language and provider-relevant name merged.
 */
struct sbx_need {
	enum sbx_fact_kind kind;
	enum sbx_grade grade; /* the strongest of its facts */
	enum sbx_need_status status;
	double confidence;
	char *name, *language;
	char *ecosystem;       /* of a distribution: "pypi"; NULL: it is none */
	char *provider;	       /* package, NULL when unresolved */
	char *why;	       /* the rule that says so; NULL: the text itself names it */
	GPtrArray *candidates; /* struct sbx_provider *, best first */
	GPtrArray *evidence;   /* struct sbx_evidence * */
};

/* What the task does that a sandbox may forbid or must provide for (docs/profile.md). */
struct sbx_behaviour {
	char *class;	     /* a capability class: "net.client" */
	char *detail;	     /* as the source tells it: "example.org:80"; NULL: not to be seen */
	double confidence;   /* that a run does it */
	GPtrArray *evidence; /* struct sbx_evidence * */
};

/* A source that was not read completely. */
struct sbx_unread {
	char *file;
	enum sbx_problem problem;
};

/* The value of "format" in the JSON of a profile. */
#define SBX_PROFILE_FORMAT "sbx-profile-1"

/* docs/schemas/profile.schema.json */
struct sbx_profile {
	char *folder, *entry, *language;	 /* the task */
	char *suite, *architecture, *generation; /* the index it was resolved with */
	char *content_id;			 /* of the task's sources, see profiler/facts.h */
	GPtrArray *needs;			 /* struct sbx_need * */
	GPtrArray *behaviours;			 /* struct sbx_behaviour * */
	char **packages; /* to install, sorted, the interpreter's included */
	char **classes;	 /* of base/classes.h: what it is predicted to do, with what they include */
	char **syscalls; /* the system calls that these take, sorted */
	struct sbx_resources resources;
	char **run; /* default command inside the sandbox, working directory /task */
	guint n_files, n_files_with_errors;
	GPtrArray *unread; /* struct sbx_unread *: those with errors, the first of them */
};

struct sbx_profile *sbx_profile_new(void);

/*
 * Read the task's facts and find who serves them (the archive's folder holds providers.db), as the
 * site prefers (builder/index/preferences.h).
 */
struct sbx_profile *sbx_profile_task(struct sbx_context *ctx, const struct sbx_archive *archive,
				     const char *task_path, GError **error);
/* The same from facts at hand. */
struct sbx_profile *sbx_profile_from_facts(const struct sbx_archive *archive,
					   struct sbx_providers *providers,
					   const struct sbx_facts *facts, GError **error);
void sbx_profile_free(struct sbx_profile *profile);
SBX_DEFINE_AUTO(sbx_profile, sbx_profile_free)

const char *sbx_need_status_name(enum sbx_need_status status);

/* Pretty JSON, newly allocated, ends with a newline; the same profile gives the same bytes. */
char *sbx_profile_to_json(const struct sbx_profile *profile);
/*
 * Read and check: every field there and none that is not known, names of the allowed form.
 * SBX_E_INPUT names `where` and the field. n_bytes -1: NUL-terminated.
 */
struct sbx_profile *sbx_profile_from_json(const char *text, gssize n_bytes, const char *where,
					  GError **error);

/*
 * The first unresolved need that the task cannot do without (hard, a dynamic literal, or all
 * alternatives of a guarded import) as an error: SBX_E_UNRESOLVED with its file:line; how many
 * more there are is told. TRUE if none.
 */
gboolean sbx_profile_check_resolved(const struct sbx_profile *profile, GError **error);

#endif
