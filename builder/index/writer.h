/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_WRITER_H
#define SBX_BUILDER_INDEX_WRITER_H

#include "builder/index/graph.h"
#include "builder/index/providers.h"
#include "builder/index/rules.h"

struct sbx_index_row {
	const char *path; /* in the writer's `texts`, NUL-terminated */
	guint32 package;  /* its number in the graph */
	guint32 folder : 31, is_deep : 1;
};

/* Rows are many and folders few: rows are compared by their folders' numbers. */
struct sbx_index_folder {
	const char *path; /* in `texts`, "" for the root */
	gsize n;	  /* bytes of it */
	guint32 number;	  /* in the order of their paths, from 1, once that is known */
};

struct sbx_index_name {
	const char *key, *path; /* in `texts` */
	guint32 package;
};

/* A root's glob, the templates below it, and the folders that were seen. */
struct sbx_index_root {
	const char *pattern;  /* NULL: templates without a root */
	struct sbx_edge head; /* of the glob before its first wildcard */
	GPtrArray *templates; /* struct sbx_template * */
	GHashTable *folders;  /* char * to how many paths, GUINT */
	/* Contents are sorted: a path's folder is mostly that of the path before. */
	GString *folder;
	guint n_in_folder; /* paths of that one, not yet in `folders` */
};

/* A root that may ask for paths of the folder at hand. */
struct sbx_index_near {
	struct sbx_index_root *root;
	gsize n_folder; /* bytes of the path that are the folder that the root stands for */
	guint at, n;	/* its templates that may match, in the writer's `fitting` */
};

/* What is collected in memory (writer.c) until it is written in one go (writer_tables.c). */
struct sbx_provider_writer {
	char *path;
	const struct sbx_language *const *languages;
	struct sbx_graph *graph;
	GPtrArray *roots;    /* struct sbx_index_root * */
	GPtrArray *prefixes; /* char *, NULL-ended: how wanted lines begin */
	GArray *rows;	     /* struct sbx_index_row */
	GArray *folders;     /* struct sbx_index_folder */
	GHashTable *known;   /* their paths to their places in `folders` */
	GArray *names;	     /* struct sbx_index_name */
	char *key;	     /* of the distribution that the line at hand is about; NULL: none */
	gboolean is_deep;    /* some template looks for the line at hand in whatever folder */
	GStringChunk *texts;
	GString *scratch;
	/* Of the folder at hand: writer_wanted.c. */
	GString *folder; /* with its slash */
	gboolean is_inside;
	GArray *near;	    /* struct sbx_index_near */
	GPtrArray *fitting; /* struct sbx_template *, not owned */
	const char *where;  /* the Contents index being read */
};

/* Find out what is near to the path's folder, if it is another one than before. */
void sbx_writer_enter_folder(struct sbx_provider_writer *w, const char *path, gsize n_path);
/* What was counted is put down. */
void sbx_writer_leave_folder(struct sbx_provider_writer *w);
/* Does some language ask for the path below this root? Notes what is special about it. */
gboolean sbx_writer_is_asked_for(struct sbx_provider_writer *w, const struct sbx_index_near *near,
				 const char *path, gsize n_path);

#endif
