/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/graph.h"

#include <string.h>

#define RECOMMENDED (1u << 31) /* in a group's count */

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
	graph->weak = g_array_new(FALSE, FALSE, sizeof(guint32));
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
	g_array_unref(graph->weak);
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
	struct sbx_graph_node node = {.name = g_strndup(name, n_name),
				      .front = SBX_GRAPH_NONE,
				      .stands_for = SBX_GRAPH_NONE,
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

static void add_weak(struct sbx_graph *graph, guint32 number, const char *field, guint32 flag)
{
	gsize n;
	char end;
	const char *name;
	while (field && (name = next_name(&field, &n, &end))) {
		guint32 entry = intern(graph, name, n) | flag;
		g_array_append_val(graph->weak, entry);
		sbx_graph_node(graph, number)->n_weak++;
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
	node->installed_kib = package->installed_kib;
	node->essential = package->essential;
	node->groups_at = graph->groups->len;
	node->n_groups = 0;
	add_groups(graph, number, package->pre_depends, 0);
	add_groups(graph, number, package->depends, 0);
	add_groups(graph, number, package->recommends, RECOMMENDED);
	node = sbx_graph_node(graph, number); /* interning names may have moved it */
	node->weak_at = graph->weak->len;
	node->n_weak = 0;
	add_weak(graph, number, package->recommends, 0);
	add_weak(graph, number, package->suggests, SBX_WEAK_SUGGESTED);
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

/* A dependency with its alternatives, and the one that is taken. */
struct choice {
	guint32 chosen;	      /* SBX_GRAPH_NONE: nobody serves it */
	gboolean recommended; /* not a must */
	gboolean is_open;     /* several packages would do, so that none is sure to be there */
};

/* Read the group at *at and move on. */
static struct choice next_choice(const struct sbx_graph *graph, const guint32 **at)
{
	const guint32 *names = *at + 1;
	guint32 n = **at & ~RECOMMENDED, n_real = 0;
	struct choice choice = {SBX_GRAPH_NONE, (**at & RECOMMENDED) != 0, FALSE};
	*at += n + 1;
	for (guint32 i = 0; i < n; i++) {
		if (!sbx_graph_node(graph, names[i])->version)
			continue;
		if (n_real++ == 0)
			choice.chosen = names[i];
	}
	for (guint32 i = 0; i < n && choice.chosen == SBX_GRAPH_NONE; i++)
		choice.chosen = best_provider(graph, sbx_graph_node(graph, names[i]));
	choice.is_open = n_real > 1;
	return choice;
}

static void resolve_node(struct sbx_graph *graph, guint32 number)
{
	struct sbx_graph_node *node = sbx_graph_node(graph, number);
	const guint32 *at = (const guint32 *)(void *)graph->groups->data + node->groups_at;
	node->depends_at = graph->depends->len;
	for (guint32 i = 0; i < node->n_groups; i++) {
		struct choice choice = next_choice(graph, &at);
		if (choice.chosen == SBX_GRAPH_NONE || choice.chosen == number)
			continue;
		struct sbx_graph_node *other = sbx_graph_node(graph, choice.chosen);
		if (other->mark == number)
			continue; /* counted for this one already */
		other->mark = number;
		other->n_reverse_depends++;
		if (!choice.recommended)
			g_array_append_val(graph->depends, choice.chosen);
	}
	node->n_depends = graph->depends->len - node->depends_at;
}

static void add_to_base(struct sbx_graph *graph, GArray *todo, guint32 number)
{
	struct sbx_graph_node *node = sbx_graph_node(graph, number);
	if (node->in_base)
		return;
	node->in_base = TRUE;
	g_array_append_val(todo, number);
}

/*
 * What is there in every Essential system, whichever alternatives were taken: init-system-helpers
 * needs usrmerge (and with it perl) or usr-is-merged, so neither is sure.
 */
static void mark_base(struct sbx_graph *graph)
{
	g_autoptr(GArray) todo = g_array_new(FALSE, FALSE, sizeof(guint32));
	for (guint32 i = 0; i < graph->nodes->len; i++)
		if (sbx_graph_node(graph, i)->essential)
			add_to_base(graph, todo, i);
	while (todo->len) {
		guint32 number = g_array_index(todo, guint32, todo->len - 1);
		g_array_set_size(todo, todo->len - 1);
		const struct sbx_graph_node *node = sbx_graph_node(graph, number);
		const guint32 *at = (const guint32 *)(void *)graph->groups->data + node->groups_at;
		for (guint32 i = 0; i < node->n_groups; i++) {
			struct choice choice = next_choice(graph, &at);
			if (choice.chosen != SBX_GRAPH_NONE && !choice.recommended &&
			    !choice.is_open)
				add_to_base(graph, todo, choice.chosen);
		}
	}
}

/* Length of the version at `s`, which begins with a digit: "3", "3.11", "6.q16". */
static gsize version_length(const char *s)
{
	gsize n = strspn(s, "0123456789");
	while (s[n] == '.' && g_ascii_isalnum(s[n + 1]))
		n += 1 + strspn(s + n + 1, "0123456789abcdefghijklmnopqrstuvwxyz");
	return n;
}

/* "3" is the general form of "3.11", and so is nothing at all; "5" is not that of "5.sip". */
static gboolean is_wider_version(const char *wide, gsize n_wide, const char *version, gsize n)
{
	return n_wide <= n && memcmp(wide, version, n_wide) == 0 &&
	       (n_wide == 0 || n_wide == n ||
		(version[n_wide] == '.' && g_ascii_isdigit(version[n_wide + 1])));
}

/* Is `front` the same name with less of a version in it? */
static gboolean is_wider_name(const char *front, const char *name)
{
	gboolean wider = FALSE;
	while (*name) {
		gboolean dash = name[0] == '-' && g_ascii_isdigit(name[1]) &&
				!(front[0] == '-' && g_ascii_isdigit(front[1]));
		if (dash)
			name++;
		if (g_ascii_isdigit(*name)) {
			gsize n = version_length(name);
			gsize n_front =
				!dash && g_ascii_isdigit(*front) ? version_length(front) : 0;
			if (!is_wider_version(front, n_front, name, n))
				return FALSE;
			wider |= n_front < n;
			front += n_front;
			name += n;
		} else if (*front++ != *name++) {
			return FALSE;
		}
	}
	return !*front && wider;
}

static gboolean is_front(const struct sbx_graph_node *front, const struct sbx_graph_node *node)
{
	return front->n_reverse_depends >= node->n_reverse_depends &&
	       !g_str_has_suffix(front->section, "oldlibs") &&
	       is_wider_name(front->name, node->name);
}

static void find_fronts(struct sbx_graph *graph)
{
	for (guint32 i = 0; i < graph->nodes->len; i++) {
		const struct sbx_graph_node *node = sbx_graph_node(graph, i);
		for (guint32 k = 0; k < node->n_depends; k++) {
			guint32 number =
				g_array_index(graph->depends, guint32, node->depends_at + k);
			struct sbx_graph_node *other = sbx_graph_node(graph, number);
			if (other->front == SBX_GRAPH_NONE && is_front(node, other))
				other->front = i;
		}
	}
}

static void find_stand_ins(struct sbx_graph *graph)
{
	for (guint32 i = 0; i < graph->nodes->len; i++) {
		const struct sbx_graph_node *node = sbx_graph_node(graph, i);
		for (guint k = 0; node->version && node->providers && k < node->providers->len;
		     k++) {
			guint32 number = g_array_index(node->providers, guint32, k);
			struct sbx_graph_node *other = sbx_graph_node(graph, number);
			if (other->n_reverse_depends < node->n_reverse_depends)
				other->stands_for = i;
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
	find_stand_ins(graph);
}
