/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/trace.h"

#include <string.h>

/* Bump when what is recorded, or what may be left out of a delta, changes its meaning. */
#define TRACE_FORMAT 1

void sbx_trace_free(struct sbx_trace *trace)
{
	if (!trace)
		return;
	sbx_tree_free(trace->tree);
	g_clear_pointer(&trace->removed, g_ptr_array_unref);
	g_strfreev(trace->triggers);
	g_free(trace->ref);
	g_free(trace);
}

char *sbx_trace_key(const struct sbx_step *step, const char *how)
{
	const struct sbx_lock_package *p = step->unit->lock;
	struct sbx_entry *entry = sbx_tree_lookup(step->unit->control, step->script, NULL);
	g_autofree char *text = step->command ? g_strdup(step->command)
				: entry	      ? ostree_checksum_from_bytes(entry->checksum)
					      : NULL;
	g_autofree char *all =
		g_strdup_printf("trace %d\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n", TRACE_FORMAT, how,
				p->name, p->version, p->architecture, step->unit->info_name,
				step->script, step->arguments, text ? text : "");
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);
}

static struct sbx_trace *load(const char *ref, struct sbx_tree *tree, GVariant *metadata)
{
	struct sbx_trace *trace = g_new0(struct sbx_trace, 1);
	trace->ref = g_strdup(ref);
	trace->tree = tree;
	trace->removed = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) removed = NULL;
	g_variant_lookup(metadata, "sbx.removed", "^as", &removed);
	for (guint i = 0; removed && removed[i]; i++)
		g_ptr_array_add(trace->removed, g_strdup(removed[i]));
	if (!g_variant_lookup(metadata, "sbx.triggers", "^as", &trace->triggers))
		trace->triggers = g_new0(char *, 1);
	g_variant_lookup(metadata, "sbx.usec", "t", &trace->usec);
	g_variant_lookup(metadata, "sbx.bytes", "t", &trace->n_bytes);
	return trace;
}

static gboolean try_ref(struct sbx_store *store, const char *ref, struct sbx_tree *tree,
			struct sbx_trace **out_trace, char **out_reason, GError **error)
{
	const char *differs = NULL;
	SBX_AUTO(sbx_tree) delta = NULL;
	g_autoptr(GVariant) metadata = NULL;
	if (!sbx_tree_load_ref(store, ref, 0, &delta, &metadata, NULL, error))
		return FALSE;
	g_autoptr(GVariant) reads =
		metadata ? g_variant_lookup_value(metadata, "sbx.reads", G_VARIANT_TYPE("ay"))
			 : NULL;
	gsize n = 0;
	const guint8 *bytes = reads ? g_variant_get_fixed_array(reads, &n, 1) : NULL;
	if (reads && sbx_reads_hold(bytes, n, tree, &differs)) {
		*out_trace = load(ref, g_steal_pointer(&delta), metadata);
	} else {
		g_free(*out_reason);
		*out_reason = g_strdup_printf("/%s differs", differs ? differs : "");
	}
	return TRUE;
}

gboolean sbx_trace_find(struct sbx_store *store, const char *key, struct sbx_tree *tree,
			struct sbx_trace **out_trace, char **out_reason, GError **error)
{
	*out_trace = NULL;
	*out_reason = NULL;
	g_autofree char *prefix = g_strconcat("script/", key, NULL);
	g_autoptr(GHashTable) refs = NULL;
	if (!ostree_repo_list_refs_ext(store->repo, prefix, &refs, OSTREE_REPO_LIST_REFS_EXT_NONE,
				       NULL, error))
		return FALSE;
	/* Several may hold (of a script that read less the second time): take always the same. */
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(refs), (GCompareFunc)strcmp);
	for (GList *name = names; name && !*out_trace; name = name->next)
		if (!try_ref(store, name->data, tree, out_trace, out_reason, error))
			return FALSE;
	return TRUE;
}

static GVariant *metadata_of(const struct sbx_step *step, GBytes *reads,
			     const struct sbx_trace *trace)
{
	const struct sbx_lock_package *p = step->unit->lock;
	g_autofree char *what =
		g_strdup_printf("%s %s %s %s", p->name, p->version, step->script, step->arguments);
	g_auto(GVariantBuilder) removed = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("as"));
	for (guint i = 0; i < trace->removed->len; i++)
		g_variant_builder_add(&removed, "s", trace->removed->pdata[i]);
	GVariantDict dict = G_VARIANT_DICT_INIT(NULL);
	g_variant_dict_insert(&dict, "sbx.what", "s", what);
	g_variant_dict_insert_value(&dict, "sbx.removed", g_variant_builder_end(&removed));
	g_variant_dict_insert_value(&dict, "sbx.triggers",
				    g_variant_new_strv((const char *const *)trace->triggers, -1));
	g_variant_dict_insert_value(&dict, "sbx.reads",
				    g_variant_new_from_bytes(G_VARIANT_TYPE("ay"), reads, TRUE));
	g_variant_dict_insert(&dict, "sbx.usec", "t", trace->usec);
	g_variant_dict_insert(&dict, "sbx.bytes", "t", trace->n_bytes);
	return g_variant_dict_end(&dict);
}

gboolean sbx_trace_keep(const char *key, const struct sbx_step *step, const struct sbx_reads *reads,
			struct sbx_trace *trace, GCancellable *cancellable, GError **error)
{
	g_autoptr(GBytes) bytes = sbx_reads_to_bytes(reads);
	g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
	trace->ref = g_strdup_printf("script/%s/%.16s", key, digest);
	return sbx_tree_commit(trace->tree, trace->ref, metadata_of(step, bytes, trace), NULL,
			       cancellable, error);
}
