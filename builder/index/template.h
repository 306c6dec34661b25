/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_TEMPLATE_H
#define SBX_BUILDER_INDEX_TEMPLATE_H

#include <glib.h>

#include "builder/index/edge.h"
#include "profiler/facts.h"
#include "store/gerror.h"

/*
 * A path template of a language (profiler/language.h), taken apart. It is used both ways: while
 * the index is written, to tell which paths a language can ask for; when a name is looked up, to
 * tell which paths it asks for.
 */
enum sbx_part_kind {
	SBX_PART_TEXT,	  /* itself */
	SBX_PART_STAR,	  /* '*': anything within a component */
	SBX_PART_WORD,	  /* {name}, {last}: one component */
	SBX_PART_VERSION, /* {version}: anything within a component that begins with a digit */
	SBX_PART_DEEP,	  /* a double star: one or more whole components */
	SBX_PART_PATH,	  /* {path}: components, none of which holds the language's separator */
};

struct sbx_part {
	enum sbx_part_kind kind;
	gboolean whole_name; /* WORD: {name}; else {last} */
	gboolean is_dashed;  /* WORD: {dashed}, the whole name with '-' for '_' */
	guint n_last;	     /* WORD: how many of the last parts, with '-' between: {last2} */
	char *text;	     /* TEXT */
	gsize n_text;
};

struct sbx_template {
	char *text; /* as it is written */
	const struct sbx_language *language;
	const char *root; /* the root's pattern, which what follows begins with; NULL: none */
	char separator;
	/* It is looked for by the {name} in it, folded (builder/index/names.h), not by the path. */
	gboolean is_named;
	GArray *parts;	     /* struct sbx_part */
	gboolean is_deep;    /* looked for by the name's last component, in whatever folders */
	gboolean is_folder;  /* ends with {path}: any folder of that name will do */
	gboolean is_package; /* names the module as a folder: "{dist}/{path}/__init__.py" */
	struct sbx_edge head, tail; /* what every path has that it matches */
};

/*
 * For modules and commands. An unknown placeholder or a '*' that would need a search of the whole
 * index: SBX_E_FAILED.
 */
struct sbx_template *sbx_template_new(const struct sbx_language *language, const char *text,
				      GError **error);
/* For the other kinds: names have parts between slashes, and are files only. */
struct sbx_template *sbx_template_new_for_files(const struct sbx_language *language,
						const char *text, GError **error);
struct sbx_template *sbx_template_new_for(const struct sbx_language *language,
					  enum sbx_fact_kind kind, const char *text,
					  GError **error);
void sbx_template_free(struct sbx_template *t);
SBX_DEFINE_AUTO(sbx_template, sbx_template_free)

/* Can a name be found at this path (behind the root's folder and its slash, if there is a root)? */
gboolean sbx_template_matches(const struct sbx_template *t, const char *path, gsize n_path);

/* Nearly always as sbx_template_matches(), for the price of two comparisons. */
static inline gboolean sbx_template_may_match(const struct sbx_template *t, guint64 head,
					      guint64 tail)
{
	return sbx_edge_fits(&t->tail, tail) && sbx_edge_fits(&t->head, head) && !t->is_folder;
}

/*
 * Where the {name} of a template that is named by it stands in a path that it matches: the longest
 * that is possible, so that foo-bar-1.0 is foo-bar.
 */
gboolean sbx_template_find_name(const struct sbx_template *t, const char *path, gsize n_path,
				const char **out_name, gsize *out_n);

/*
 * How many bytes of `path` its root's folder is, 0 when it is not below such a folder. `pattern`
 * is a glob for each component.
 */
gsize sbx_root_match(const char *pattern, const char *path, gsize n_path);

/*
 * A root whose pattern begins with '~' is not told apart by folder: what is in any of them is kept
 * below the pattern itself, so that a thousand folders (of gems) are looked into at once.
 */
static inline gboolean sbx_root_is_merged(const char *pattern)
{
	return pattern && *pattern == '~';
}

/* The bytes every path of a root or of a rootless template begins with. Newly allocated. */
char *sbx_template_prefix(const struct sbx_template *t);

/*
 * The path that the first n_parts of `parts` ask for, with SBX_TEMPLATE_STAR where anything may
 * stand. `folder` is the root's, NULL without a root. Newly allocated.
 */
#define SBX_TEMPLATE_STAR    '\001'
#define SBX_TEMPLATE_VERSION '\002' /* the same, but it begins with a digit */
#define SBX_TEMPLATE_DEEP    '\003' /* the same, over any number of components */
#define SBX_TEMPLATE_OPEN    "\001\002\003"
char *sbx_template_expand(const struct sbx_template *t, const char *folder, char *const *parts,
			  guint n_parts);

/* Does `path` fit what sbx_template_expand() gave? */
gboolean sbx_template_fits(const char *expanded, const char *path);

/* Must "usr/" be put before it, since bin, sbin and lib* are links into usr (merged-usr)? */
gboolean sbx_path_is_unmerged(const char *path, gsize n_path);

#endif
