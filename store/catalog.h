/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_STORE_CATALOG_H
#define SBX_STORE_CATALOG_H

#include "store/store.h"

/* One template's row. */
struct sbx_template {
	char *id;     /* 64 hex digits */
	char *commit; /* of its tree in the repository */
	char *suite, *architecture;
	gint64 created_usec, last_used_usec; /* since the epoch; 0: never */
	guint64 n_packages, n_uses;
	guint64 n_bytes;    /* of its files, each counted once */
	guint64 build_usec; /* how long building took */
	char *base;	    /* the template whose root its layer lies on, NULL: has a root itself */
	guint64 n_entries;  /* of files and folders in its own root; 0: not known */
	char **names;	    /* sorted; may be empty; ignored when a row is added */
	char **refs;	    /* what it is made of and must outlive it; only when a row is added */
};

void sbx_catalog_template_free(struct sbx_template *row);
SBX_DEFINE_AUTO(sbx_template, sbx_catalog_template_free)

gboolean sbx_catalog_open(struct sbx_store *store, GCancellable *cancellable, GError **error);
void sbx_catalog_close(struct sbx_store *store);

gboolean sbx_catalog_add_template(struct sbx_store *store, const struct sbx_template *row,
				  GError **error);
gboolean sbx_catalog_remove_template(struct sbx_store *store, const char *id, GError **error);

/* The exact id's row; NULL without an error when there is none. */
struct sbx_template *sbx_catalog_template(struct sbx_store *store, const char *id, GError **error);

/* The refs that some template needs, as a set. */
GHashTable *sbx_catalog_needed_refs(struct sbx_store *store, GError **error);

/* All rows, the last used first. */
GPtrArray *sbx_catalog_templates(struct sbx_store *store, GError **error);

/* The same, but those with a base before those that have none, in any order otherwise. */
GPtrArray *sbx_catalog_templates_upper_first(struct sbx_store *store, GError **error);

/* The ids of the templates whose base it is; NULL-ended, newly allocated. */
char **sbx_catalog_upper(struct sbx_store *store, const char *id, GError **error);

/* It has a root of its own now, with so many files and folders. */
gboolean sbx_catalog_set_whole(struct sbx_store *store, const char *id, guint64 n_entries,
			       GError **error);

/*
 * The template with a root of its own that differs least from one that is to be made; NULL without
 * an error when there is none. It differs by refs with the wish's prefix that only one of them has.
 */
struct sbx_catalog_wish {
	const char *except;    /* is not looked at */
	const char *must;      /* a ref that it has to need, too */
	const char *prefix;    /* of the refs that count: "pkg/" */
	char **refs;	       /* of the one that is to be made; NULL-ended */
	guint64 least_entries; /* of its root */
};
struct sbx_template *sbx_catalog_nearest(struct sbx_store *store,
					 const struct sbx_catalog_wish *wish, GError **error);

/* Does the wish have all refs of that template which count? */
gboolean sbx_catalog_is_part(struct sbx_store *store, const char *id,
			     const struct sbx_catalog_wish *wish);

/*
 * By id, unambiguous prefix (4 digits at least) or name. SBX_E_NOT_FOUND says what there is,
 * SBX_E_USAGE lists the ids that an ambiguous prefix fits.
 */
struct sbx_template *sbx_catalog_find(struct sbx_store *store, const char *what, GError **error);

/* Point a name at a template (it moves when it exists); remove one (TRUE when it existed). */
gboolean sbx_catalog_set_name(struct sbx_store *store, const char *name, const char *id,
			      GError **error);
/*
 * Note that the name stands for what the recipe of that name says, until it is set again; and ask
 * whether it does (*out FALSE of a name that there is not).
 */
gboolean sbx_catalog_set_name_of_recipe(struct sbx_store *store, const char *name, GError **error);
gboolean sbx_catalog_is_name_of_recipe(struct sbx_store *store, const char *name, gboolean *out,
				       GError **error);
gboolean sbx_catalog_remove_name(struct sbx_store *store, const char *name, gboolean *out_existed,
				 GError **error);
/* A name is 1 to 64 of [a-z0-9._-], begins with a letter and is no prefix of an id. */
gboolean sbx_catalog_check_name(const char *name, GError **error);

/* Usage records: what ran on a template, how it ended. */
struct sbx_use {
	const char *template_id, *task, *reason;
	const char *content_id; /* of the task's sources; NULL: not known */
	int exit_status;
	gint64 started_usec, wall_usec, cpu_usec, peak_bytes;
};
gboolean sbx_catalog_record_use(struct sbx_store *store, const struct sbx_use *use, GError **error);

/* What a run of a task took. */
struct sbx_use_cost {
	gint64 wall_usec, cpu_usec, peak_bytes; /* 0: not measured */
	gboolean ended; /* by itself; else for its time or its memory limit */
};
/* The last runs of a task that tell what it takes, youngest first: struct sbx_use_cost. */
GArray *sbx_catalog_uses_of(struct sbx_store *store, const char *content_id, GError **error);

/*
 * What importing a module of a package costs (medians of several runs), beside the interpreter that
 * imports nothing. The first five say which it is; strings are the caller's.
 */
struct sbx_footprint {
	const char *package, *version, *architecture, *language, *module;
	gint64 peak_bytes, bare_peak_bytes; /* memory */
	gint64 wall_usec, bare_wall_usec;
	guint n_runs;
	gint64 measured_usec; /* since the epoch */
};
/* Replaces what was measured before. */
gboolean sbx_catalog_add_footprint(struct sbx_store *store, const struct sbx_footprint *footprint,
				   GError **error);
/* Fill in the rest; with version NULL, of the version that was measured last. */
gboolean sbx_catalog_find_footprint(struct sbx_store *store, struct sbx_footprint *footprint,
				    gboolean *out_found, GError **error);

/* The profiles (JSON, char *) of the remembered tasks that a template was built for. */
GPtrArray *sbx_catalog_profiles_of(struct sbx_store *store, const char *template_id,
				   GError **error);

/*
 * What a task came to: a key made of all that decides it (builder/index/memory.h) leads to its
 * profile and, once it was run, to its template. So an unchanged task needs neither parsing nor
 * solving. template_id NULL: none yet; one that is known already stays. The memory has a size: what
 * was not asked for longest is forgotten first.
 */
gboolean sbx_catalog_remember_task(struct sbx_store *store, const char *key,
				   const char *profile_json, const char *template_id,
				   GError **error);
/* Outputs are NULL when it is not known; the template also when it is gone. */
gboolean sbx_catalog_recall_task(struct sbx_store *store, const char *key, char **out_profile_json,
				 char **out_template_id, GError **error);
/* Forget what nobody asked for since then (since the epoch). *out_n: how many. dry_run: count. */
gboolean sbx_catalog_forget_tasks(struct sbx_store *store, gint64 before_usec, gboolean dry_run,
				  guint *out_n, GError **error);

#endif
