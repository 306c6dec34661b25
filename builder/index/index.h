/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_INDEX_H
#define SBX_BUILDER_INDEX_INDEX_H

#include <sqlite3.h>

#include "builder/index/graph.h"
#include "builder/index/providers.h"
#include "builder/index/rules.h"

/* A row of the table `package`. */
struct sbx_index_package {
	gint64 id, front, stands_for; /* builder/index/graph.h; -1: none */
	char *name, *section;
	int priority;
	guint n_reverse_depends;
	gboolean in_base;
	guint64 installed_kib;
	guint32 *depends;
	gsize n_depends;
	guint32 *weak; /* Recommends and Suggests, as in builder/index/graph.h */
	gsize n_weak;
};

/* A language's templates, taken apart once per process. */
struct sbx_index_language {
	GPtrArray *modules, *commands; /* struct sbx_template * */
	GPtrArray *scoped;	       /* the same, one for each of the language's scoped paths */
	GPtrArray *kinds[SBX_N_FACT_KINDS], *link; /* those of the other kinds */
	GHashTable *interpreter; /* names in the closure of the interpreter and its companions */
};

enum sbx_index_query {
	SBX_QUERY_FOLDER,   /* a folder's number */
	SBX_QUERY_PATH,	    /* who ships exactly this name in a folder */
	SBX_QUERY_RANGE,    /* names in a folder from one to before another */
	SBX_QUERY_ALL,	    /* all names in a folder */
	SBX_QUERY_BELOW,    /* paths in folders from one to before another */
	SBX_QUERY_TAIL,	    /* paths of that name in whatever folder */
	SBX_QUERY_SHIPPERS, /* packages that ship anything in or below a folder */
	SBX_QUERY_PACKAGE,  /* by id */
	SBX_QUERY_NAME,	    /* a package's id by name */
	SBX_QUERY_BASE,	    /* the installed size of what is in every system, KiB */
	SBX_QUERY_NAMED,    /* who ships the metadata of a distribution */
	SBX_QUERY_ROOT,	    /* a root pattern's folders, those with the most paths first */
	SBX_N_QUERIES
};

struct sbx_providers {
	const struct sbx_preferences *preferences; /* NULL: none */
	char *path;
	sqlite3 *db;
	sqlite3_stmt *queries[SBX_N_QUERIES];
	GHashTable *packages;  /* gint64 to struct sbx_index_package * */
	GHashTable *languages; /* struct sbx_language * to struct sbx_index_language * */
	GHashTable *roots;     /* pattern to GStrv */
};

/* All of these: NULL (-1) with *error set when the index cannot be read. */
const struct sbx_index_package *sbx_index_get_package(struct sbx_providers *p, gint64 id,
						      GError **error);
struct sbx_index_language *sbx_index_get_language(struct sbx_providers *p,
						  const struct sbx_language *language,
						  GError **error);
char **sbx_index_get_folders(struct sbx_providers *p, const char *pattern, GError **error);
/* 1 found, 0 no such package. */
int sbx_index_find_package(struct sbx_providers *p, const char *name, gint64 *out_id,
			   GError **error);

/* A query ready to be given its values, prepared on first use. NULL with *error set. */
sqlite3_stmt *sbx_index_query(struct sbx_providers *p, enum sbx_index_query which, GError **error);
/* TRUE: a row; FALSE: the end, or an error that is set. */
gboolean sbx_index_step(const struct sbx_providers *p, sqlite3_stmt *q, GError **error);

/* Called for each row of a path query; FALSE with *error set ends it. */
typedef gboolean (*sbx_index_row_func)(const char *path, gint64 package, gpointer data,
				       GError **error);
/* `expanded` as from sbx_template_expand(). */
gboolean sbx_index_each_path(struct sbx_providers *p, const char *expanded, sbx_index_row_func func,
			     gpointer data, GError **error);
/* The same for each package with a distribution's metadata; `key` as from sbx_names_key(). */
gboolean sbx_index_each_named(struct sbx_providers *p, const char *key, sbx_index_row_func func,
			      gpointer data, GError **error);
/* The same of a deep template: it is looked for by its last component, which must be plain. */
gboolean sbx_index_each_deep(struct sbx_providers *p, const char *expanded, sbx_index_row_func func,
			     gpointer data, GError **error);
/* Once for each package that ships something below the folder; path is the folder's. */
gboolean sbx_index_each_shipper(struct sbx_providers *p, const char *folder,
				sbx_index_row_func func, gpointer data, GError **error);

/* A candidate list that is being made. */
struct sbx_ranking {
	struct sbx_providers *providers;
	struct sbx_index_language *language;
	const char *interpreter; /* the language's package */
	enum sbx_fact_kind kind;
	gboolean is_built_with; /* only needed to build something: a -dev package has it */
	const char *name;	/* what is looked for */
	GHashTable *chosen;	/* NULL: none */
	gint64 only;		/* take just this package and what it fronts; -1: all */
	gboolean is_deep;	/* what is found lies in whatever folder: the higher the better */
	gboolean is_elsewhere;	/* another system's: in whatever folder, it is not it */
	double bonus;		/* for the rows to come: alias order, template order */
	GPtrArray *found;	/* struct sbx_provider * */
};

/* A row of the index as a candidate; `data` is the struct sbx_ranking. */
gboolean sbx_ranking_add(const char *path, gint64 package, gpointer data, GError **error);
/* A package named outright, if the archive has it. */
gboolean sbx_ranking_add_package(struct sbx_ranking *ranking, const char *name, GError **error);
/* All that one template (struct sbx_template *) of the list asks for. */
gboolean sbx_ranking_add_files(struct sbx_ranking *ranking, GPtrArray *templates,
			       char *const *parts, GError **error);
/* Begin one; it owns nothing but `found`. */
gboolean sbx_ranking_init(struct sbx_ranking *ranking, struct sbx_providers *providers,
			  enum sbx_fact_kind kind, const struct sbx_language *language,
			  const char *name, GHashTable *chosen, GError **error);
/* "a.b.c" by '.': NULL for what cannot be part of a path. Newly allocated. */
char **sbx_index_split_name(const char *name, char separator);

/* Best first, each package once. */
void sbx_ranking_sort(struct sbx_ranking *ranking);

#endif
