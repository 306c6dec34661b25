/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/graph.h"

#include <string.h>

#define RECOMMENDED (1u << 31)

static void clear_node(gpointer data)
{
	struct sbx_graph_node *node = data;
	g_free(node->name);
	g_free(node->version);
	g_free(node->section);
	g_clear_pointer(&node->providers, g_array_unref);
}

struct sbx_graph *sbx_graph_new(void)
{
	struct sbx_graph *graph = g_new0(struct sbx_graph, 1);
	graph->nodes = g_array_new(FALSE, TRUE, sizeof(struct sbx_graph_node));
	g_array_set_clear_func(graph->nodes, clear_node);
	graph->depends = g_array_new(FALSE, FALSE, sizeof(guint32));
	graph->groups = g_array_new(FALSE, FALSE, sizeof(guint32));
	graph->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	return graph;
}

void sbx_graph_free(struct sbx_graph *graph)
{
	if (!graph)
		return;
	g_hash_table_unref(graph->by_name);
	g_array_unref(graph->nodes);
	g_array_unref(graph->depends);
	g_array_unref(graph->groups);
	g_free(graph);
}

static guint32 find_name(const struct sbx_graph *graph, const char *name)
{
	gpointer value;
	if (!g_hash_table_lookup_extended(graph->by_name, name, NULL, &value))
		return SBX_GRAPH_NONE;
	return GPOINTER_TO_UINT(value);
}

static guint32 intern(struct sbx_graph *graph, const char *name, gsize n_name)
{
	char small[128];
	g_autofree char *big = n_name < sizeof(small) ? NULL : g_strndup(name, n_name);
	if (!big) {
		memcpy(small, name, n_name);
		small[n_name] = '\0';
	}
	guint32 number = find_name(graph, big ? big : small);
	if (number != SBX_GRAPH_NONE)
		return number;
	number = graph->nodes->len;
	struct sbx_graph_node node = {.name = g_strndup(name, n_name), .front = SBX_GRAPH_NONE,
				      .mark = SBX_GRAPH_NONE};
	g_array_append_val(graph->nodes, node);
	g_hash_table_insert(graph->by_name, node.name, GUINT_TO_POINTER(number));
	return number;
}

guint32 sbx_graph_find(const struct sbx_graph *graph, const char *name)
{
	guint32 number = find_name(graph, name);
	if (number == SBX_GRAPH_NONE || !sbx_graph_node(graph, number)->version)
		return SBX_GRAPH_NONE;
	return number;
}

/* The next name of a relation field ("a (>= 1) | b:any, c"); *out_end is ',', '|' or NUL. */
static const char *next_name(const char **field, gsize *out_n, char *out_end)
{
	const char *at = *field + strspn(*field, " \t\n,|");
	*out_n = strcspn(at, " \t\n,|(:[<");
	const char *stop = at + *out_n + strcspn(at + *out_n, ",|");
	*out_end = *stop;
	*field = stop;
	return *out_n ? at : NULL;
}

static void add_groups(struct sbx_graph *graph, guint32 number, const char *field, guint32 flag)
{
	gsize n;
	char end;
	const char *name;
	guint32 at = 0;
	gboolean open = FALSE;
	while (field && (name = next_name(&field, &n, &end))) {
		guint32 alternative = intern(graph, name, n);
		if (!open) {
			at = graph->groups->len;
			g_array_append_val(graph->groups, flag);
			sbx_graph_node(graph, number)->n_groups++;
		}
		g_array_append_val(graph->groups, alternative);
		g_array_index(graph->groups, guint32, at)++;
		open = end == '|';
	}
}

static void add_provides(struct sbx_graph *graph, guint32 number, const char *field)
{
	gsize n;
	char end;
	const char *name;
	while (field && (name = next_name(&field, &n, &end))) {
		struct sbx_graph_node *node = sbx_graph_node(graph, intern(graph, name, n));
		if (!node->providers)
			node->providers = g_array_new(FALSE, FALSE, sizeof(guint32));
		g_array_append_val(node->providers, number);
	}
}

static guint8 priority_of(const char *text)
{
	static const char *const names[] = {"required", "important", "standard", "optional"};
	for (guint8 i = 0; text && i < G_N_ELEMENTS(names); i++)
		if (g_str_equal(text, names[i]))
			return i;
	return G_N_ELEMENTS(names);
}

void sbx_graph_add(struct sbx_graph *graph, const struct sbx_package *package)
{
	guint32 number = intern(graph, package->name, strlen(package->name));
	struct sbx_graph_node *node = sbx_graph_node(graph, number);
	if (node->version && sbx_version_compare(package->version, node->version) <= 0)
		return;
	g_free(node->version);
	g_free(node->section);
	node->version = g_strdup(package->version);
	node->section = g_strdup(package->section ? package->section : "");
	node->priority = priority_of(package->priority);
	node->essential = package->essential;
	node->groups_at = graph->groups->len;
	node->n_groups = 0;
	add_groups(graph, number, package->pre_depends, 0);
	add_groups(graph, number, package->depends, 0);
	add_groups(graph, number, package->recommends, RECOMMENDED);
	add_provides(graph, number, package->provides);
}

static guint32 best_provider(const struct sbx_graph *graph, const struct sbx_graph_node *virtual)
{
	guint32 best = SBX_GRAPH_NONE;
	for (guint i = 0; virtual->providers && i < virtual->providers->len; i++) {
		guint32 number = g_array_index(virtual->providers, guint32, i);
		const struct sbx_graph_node *p = sbx_graph_node(graph, number);
		const struct sbx_graph_node *b =
			best == SBX_GRAPH_NONE ? NULL : sbx_graph_node(graph, best);
		if (!b || p->priority < b->priority ||
		    (p->priority == b->priority && strcmp(p->name, b->name) < 0))
			best = number;
	}
	return best;
}

static guint32 choose(const struct sbx_graph *graph, const guint32 *names, guint32 n)
{
	for (guint32 i = 0; i < n; i++)
		if (sbx_graph_node(graph, names[i])->version)
			return names[i];
	for (guint32 i = 0; i < n; i++) {
		guint32 provider = best_provider(graph, sbx_graph_node(graph, names[i]));
		if (provider != SBX_GRAPH_NONE)
			return provider;
	}
	return SBX_GRAPH_NONE;
}

static void resolve_node(struct sbx_graph *graph, guint32 number)
{
	struct sbx_graph_node *node = sbx_graph_node(graph, number);
	const guint32 *at = &g_array_index(graph->groups, guint32, node->groups_at);
	node->depends_at = graph->depends->len;
	for (guint32 i = 0; i < node->n_groups; i++) {
		guint32 n = *at & ~RECOMMENDED;
		gboolean recommended = (*at & RECOMMENDED) != 0;
		guint32 chosen = choose(graph, at + 1, n);
		at += n + 1;
		if (chosen == SBX_GRAPH_NONE || chosen == number)
			continue;
		struct sbx_graph_node *other = sbx_graph_node(graph, chosen);
		if (other->mark == number)
			continue; /* counted for this one already */
		other->mark = number;
		other->n_reverse_depends++;
		if (!recommended)
			g_array_append_val(graph->depends, chosen);
	}
	node->n_depends = graph->depends->len - node->depends_at;
}

static void mark_base(struct sbx_graph *graph)
{
	g_autoptr(GArray) todo = g_array_new(FALSE, FALSE, sizeof(guint32));
	for (guint32 i = 0; i < graph->nodes->len; i++) {
		struct sbx_graph_node *node = sbx_graph_node(graph, i);
		if (!node->essential || !node->version)
			continue;
		node->in_base = TRUE;
		g_array_append_val(todo, i);
	}
	while (todo->len) {
		guint32 number = g_array_index(todo, guint32, todo->len - 1);
		g_array_set_size(todo, todo->len - 1);
		const struct sbx_graph_node *node = sbx_graph_node(graph, number);
		for (guint32 i = 0; i < node->n_depends; i++) {
			guint32 next = g_array_index(graph->depends, guint32, node->depends_at + i);
			struct sbx_graph_node *other = sbx_graph_node(graph, next);
			if (other->in_base)
				continue;
			other->in_base = TRUE;
			g_array_append_val(todo, next);
		}
	}
}

/* The name without what looks like a version: "python3.11-venv" gives "python-venv". */
static char *unversioned(const char *name)
{
	g_auto(GStrv) words = g_strsplit(name, "-", -1);
	GString *out = g_string_new(NULL);
	for (guint i = 0; words[i]; i++) {
		gsize n = strcspn(words[i], "0123456789");
		if (n == 0 && i > 0)
			continue;
		g_string_append_printf(out, "%s%.*s", i ? "-" : "", (int)n, words[i]);
	}
	return g_string_free(out, FALSE);
}

static gboolean is_front(const struct sbx_graph_node *front, const struct sbx_graph_node *node)
{
	if (front->name[0] != node->name[0] || strlen(front->name) >= strlen(node->name) ||
	    front->n_reverse_depends < node->n_reverse_depends ||
	    g_str_has_suffix(front->section, "oldlibs"))
		return FALSE;
	g_autofree char *a = unversioned(front->name), *b = unversioned(node->name);
	return g_str_equal(a, b);
}

static void find_fronts(struct sbx_graph *graph)
{
	for (guint32 i = 0; i < graph->nodes->len; i++) {
		const struct sbx_graph_node *node = sbx_graph_node(graph, i);
		for (guint32 k = 0; k < node->n_depends; k++) {
			guint32 number = g_array_index(graph->depends, guint32,
						       node->depends_at + k);
			struct sbx_graph_node *other = sbx_graph_node(graph, number);
			if (other->front == SBX_GRAPH_NONE && is_front(node, other))
				other->front = i;
		}
	}
}

void sbx_graph_finish(struct sbx_graph *graph)
{
	for (guint32 i = 0; i < graph->nodes->len; i++)
		if (sbx_graph_node(graph, i)->version)
			resolve_node(graph, i);
	mark_base(graph);
	find_fronts(graph);
}
