/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/order.h"

#include <string.h>

struct walk {
	const struct sbx_order_package *packages;
	GHashTable *by_name; /* name or provided name -> GArray of indexes */
	guint8 *visited;
	GArray *order;
};

static void add_name(GHashTable *by_name, const char *name, gsize n, guint index)
{
	g_autofree char *key = g_strndup(name, n);
	GArray *list = g_hash_table_lookup(by_name, key);
	if (!list) {
		list = g_array_new(FALSE, FALSE, sizeof(guint));
		g_hash_table_insert(by_name, g_steal_pointer(&key), list);
	}
	g_array_append_val(list, index);
}

/* Call for each package name in a relation field: versions, qualifiers and bars are separators. */
#define FOR_EACH_NAME(name, n, field)                                                              \
	for (const char *name = (field) + strspn((field), " \t\n,|");                              \
	     *name && (n = strcspn(name, " \t\n,|(:[<")) > 0; name = next_name(name + n))

/* Behind the rest of this relation: to the next comma or bar. */
static const char *next_name(const char *p)
{
	p += strcspn(p, ",|");
	return p + strspn(p, " \t\n,|");
}

static void visit(struct walk *walk, guint index);

static void visit_field(struct walk *walk, const char *field)
{
	gsize n;
	if (!field)
		return;
	FOR_EACH_NAME(name, n, field)
	{
		g_autofree char *key = g_strndup(name, n);
		const GArray *list = g_hash_table_lookup(walk->by_name, key);
		for (guint i = 0; list && i < list->len; i++)
			visit(walk, g_array_index(list, guint, i));
	}
}

static void visit(struct walk *walk, guint index)
{
	if (walk->visited[index])
		return;
	walk->visited[index] = 1;
	visit_field(walk, walk->packages[index].pre_depends);
	visit_field(walk, walk->packages[index].depends);
	g_array_append_val(walk->order, index);
}

static gint compare(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct sbx_order_package *packages = data;
	const struct sbx_order_package *x = &packages[*(const guint *)a];
	const struct sbx_order_package *y = &packages[*(const guint *)b];
	if (x->essential != y->essential)
		return x->essential ? -1 : 1;
	return strcmp(x->name, y->name);
}

guint *sbx_order_packages(const struct sbx_order_package *packages, guint n)
{
	g_autofree guint *sorted = g_new(guint, n + 1);
	for (guint i = 0; i < n; i++)
		sorted[i] = i;
	g_qsort_with_data(sorted, (gint)n, sizeof(guint), compare, (gpointer)packages);

	g_autoptr(GHashTable) by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
							      (GDestroyNotify)g_array_unref);
	for (guint k = 0; k < n; k++) {
		const struct sbx_order_package *p = &packages[sorted[k]];
		add_name(by_name, p->name, strlen(p->name), sorted[k]);
	}
	/* Real packages stand before those that only provide the name. */
	for (guint k = 0; k < n; k++) {
		const char *field = packages[sorted[k]].provides;
		gsize length;
		if (!field)
			continue;
		FOR_EACH_NAME(name, length, field)
		add_name(by_name, name, length, sorted[k]);
	}
	g_autofree guint8 *visited = g_new0(guint8, n + 1);
	struct walk walk = {packages, by_name, visited, g_array_new(FALSE, FALSE, sizeof(guint))};
	for (guint k = 0; k < n; k++)
		visit(&walk, sorted[k]);
	return (guint *)(gpointer)g_array_free(walk.order, FALSE);
}
