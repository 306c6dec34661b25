/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_GRAPH_H
#define SBX_BUILDER_INDEX_GRAPH_H

#include "builder/archive/package.h"
#include "store/gerror.h"

/* A package as the ranking sees it, or a name that others only depend on or provide. */
struct sbx_graph_node {
	char *name;
	char *version, *section; /* NULL: not a package of the archive */
	guint8 priority;	 /* 0 required, 1 important, 2 standard, 3 optional, 4 extra */
	guint64 installed_kib;	 /* Installed-Size */
	gboolean essential;
	gboolean in_base; /* Essential, or needed by what is */
	guint32 n_reverse_depends;
	guint32 front;		       /* see sbx_graph_finish(); SBX_GRAPH_NONE: none */
	guint32 stands_for;	       /* the same */
	guint32 depends_at, n_depends; /* in the graph's `depends` */
	guint32 weak_at, n_weak;       /* in the graph's `weak` */
	guint32 groups_at, n_groups;   /* private: groups of alternatives */
	guint32 mark;		       /* private */
	GArray *providers;	       /* private: guint32, who Provides this name */
};

#define SBX_GRAPH_NONE G_MAXUINT32

/* What depends on what, by the alternative that apt takes first. */
struct sbx_graph {
	GArray *nodes;	 /* struct sbx_graph_node; its index is the package's number */
	GArray *depends; /* guint32: Depends and Pre-Depends, resolved by sbx_graph_finish() */
	GArray *weak; /* guint32: every alternative of Recommends, and of Suggests with this bit */
#define SBX_WEAK_SUGGESTED (1u << 31)
	/* private */
	GHashTable *by_name;
	GArray *groups; /* guint32: (count | RECOMMENDED), numbers... */
};

struct sbx_graph *sbx_graph_new(void);
void sbx_graph_free(struct sbx_graph *graph);
SBX_DEFINE_AUTO(sbx_graph, sbx_graph_free)

/* Of several versions of a package the newest counts, as for apt. */
void sbx_graph_add(struct sbx_graph *graph, const struct sbx_package *package);

/*
 * Choose an alternative for every dependency (the leftmost that is a real package, else the
 * provider of the highest priority), count reverse dependencies, mark the Essential closure, and
 * find the fronts: python3-venv for python3.11-venv, imagemagick for imagemagick-6.q16 - the
 * package without the version that depends on the one with it and is what people install. A package
 * stands for another that it Provides and that more depend on: graphicsmagick-imagemagick-compat
 * for imagemagick.
 */
void sbx_graph_finish(struct sbx_graph *graph);

/* The number of a package of the archive, SBX_GRAPH_NONE when there is none of that name. */
guint32 sbx_graph_find(const struct sbx_graph *graph, const char *name);

static inline struct sbx_graph_node *sbx_graph_node(const struct sbx_graph *graph, guint32 number)
{
	return &g_array_index(graph->nodes, struct sbx_graph_node, number);
}

#endif
