/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "builder/build/import.h"
#include "builder/report.h"
#include "builder/resolve/lock.h"
#include "builder/sbom/sbom.h"
#include "builder/verbs/verbs.h"
#include "store/gc.h"
#include "store/template.h"

static gboolean show_lock, show_sbom;
const GOptionEntry sbx_verb_show_options[] = {
	{"lock", 0, 0, G_OPTION_ARG_NONE, &show_lock, "Print just the template's lock", NULL},
	{"sbom", 0, 0, G_OPTION_ARG_NONE, &show_sbom,
	 "Print its software bill of materials, as SPDX 2.3 JSON", NULL},
	G_OPTION_ENTRY_NULL,
};

struct details {
	struct sbx_store *store;
	struct sbx_template *row;
	struct sbx_lock *lock;
	char *lock_text, *path;
	const char *ids;
	char *owners;	 /* which it keeps, for people */
	GPtrArray *lost; /* of a rootless store: char *, what it does not keep */
	guint64 shared_bytes, own_bytes;
};

static void details_release(struct details *d)
{
	sbx_catalog_template_free(d->row);
	sbx_lock_free(d->lock);
	g_free(d->lock_text);
	g_clear_pointer(&d->lost, g_ptr_array_unref);
	g_free(d->path);
	g_free(d->owners);
	sbx_store_free(d->store);
}

static void print_text(const struct details *d)
{
	const struct sbx_template *row = d->row;
	g_autofree char *names = g_strjoinv(", ", row->names);
	g_autofree char *size = sbx_report_bytes(row->n_bytes);
	g_autofree char *own = sbx_report_bytes(d->own_bytes);
	g_autofree char *shared = sbx_report_bytes(d->shared_bytes);
	g_autofree char *created = sbx_report_when(row->created_usec);
	g_autofree char *used = sbx_report_when(row->last_used_usec);
	g_autofree char *took = sbx_report_duration((gint64)row->build_usec);
	printf("template  %s\n", row->id);
	printf("names     %s\n", *names ? names : "none");
	printf("suite     %s, %s\n", row->suite, row->architecture);
	printf("size      %s of files; in the store %s its own, %s shared with other templates\n",
	       size, own, shared);
	printf("built     %s, in %s\n", created, took);
	printf("used      %" G_GUINT64_FORMAT " time%s, last %s\n", row->n_uses,
	       row->n_uses == 1 ? "" : "s", used);
	printf("owners    %s\n", d->owners);
	printf("lock      %s/lock.json\n", d->path);
	if (row->base)
		printf("base      %s: what differs lies over it\n", row->base);
	printf("packages  %u\n", d->lock->packages->len);
	for (guint i = 0; i < d->lock->packages->len; i++) {
		const struct sbx_lock_package *p = d->lock->packages->pdata[i];
		printf("  %s %-32s %s\n", p->manual ? "*" : " ", p->name, p->version);
	}
	puts("* asked for by name");
	if (d->lost->len)
		printf("lost      %u: owners, set-id bits or capabilities of\n", d->lost->len);
	for (guint i = 0; i < d->lost->len; i++)
		printf("    %s\n", (const char *)d->lost->pdata[i]);
}

static int print_json(const struct details *d, GError **error)
{
	SBX_REPORT(json);
	sbx_json_begin_object(json, NULL);
	sbx_report_template(json, d->row);
	sbx_json_string(json, "commit", d->row->commit);
	sbx_json_int(json, "own_bytes", (gint64)d->own_bytes);
	sbx_json_int(json, "shared_bytes", (gint64)d->shared_bytes);
	sbx_json_string(json, "path", d->path);
	sbx_json_string(json, "ids", d->ids);
	sbx_json_string(json, "base", d->row->base);
	sbx_json_begin_array(json, "lost");
	for (guint i = 0; i < d->lost->len; i++)
		sbx_json_string(json, NULL, d->lost->pdata[i]);
	sbx_json_end_array(json);
	sbx_json_raw(json, "lock", d->lock_text);
	sbx_json_end_object(json);
	sbx_report_json(json);
	return 0;
}

static gboolean print_sbom(const struct details *d, GError **error)
{
	g_autofree char *text = sbx_sbom_spdx(d->store, d->row, d->lock, error);
	if (text)
		fputs(text, stdout);
	return text != NULL;
}

static gboolean load_lost(struct sbx_store *store, struct details *d, GError **error)
{
	d->lost = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; store->rootless && i < d->lock->packages->len; i++)
		if (!sbx_import_add_special(store, d->lock->packages->pdata[i], d->lost, error))
			return FALSE;
	return TRUE;
}

static char *tell_ids(const struct sbx_store *store)
{
	const struct sbx_idmap *map = &store->idmap;
	if (store->rootless)
		return g_strdup("not kept, of an ordinary user with a single id");
	if (!store->has_idmap)
		return g_strdup("kept, of root");
	return g_strdup_printf("kept, of user %u with the ids %u to %u and groups %u to %u",
			       map->uid, map->first_uid, map->first_uid + map->count - 1,
			       map->first_gid, map->first_gid + map->count - 1);
}

static gboolean load(struct sbx_context *ctx, const char *what, struct details *d, GError **error)
{
	struct sbx_store *store =
		sbx_store_open(ctx->root, SBX_STORE_SHARED, ctx->cancellable, error);
	d->store = store;
	d->row = store ? sbx_catalog_find(store, what, error) : NULL;
	if (!d->row)
		return FALSE;
	d->path = sbx_template_path(store, d->row->id, NULL);
	d->ids = sbx_store_ids(store);
	d->owners = tell_ids(store);
	g_autofree char *lock_path = sbx_template_path(store, d->row->id, "lock.json");
	if (!g_file_get_contents(lock_path, &d->lock_text, NULL, error))
		return FALSE;
	d->lock = sbx_lock_from_json(d->lock_text, -1, lock_path, error);
	return d->lock && load_lost(store, d, error) &&
	       sbx_gc_measure(store, d->row->id, &d->shared_bytes, &d->own_bytes, ctx->cancellable,
			      error);
}

int sbx_verb_show(struct sbx_context *ctx, int argc, char **argv, GError **error)
{
	if (!sbx_command_parse(ctx, "show", sbx_verb_show_options, &argc, &argv, error))
		return -1;
	if (argc != 2) {
		sbx_set_error(error, SBX_E_USAGE,
			      "show: name one template; `sbx-build ls` lists them");
		return -1;
	}
	__attribute__((cleanup(details_release))) struct details d = {0};
	if (!load(ctx, argv[1], &d, error))
		return -1;
	if (show_sbom)
		return print_sbom(&d, error) ? 0 : -1;
	if (show_lock)
		fputs(d.lock_text, stdout);
	else if (ctx->json)
		return print_json(&d, error);
	else
		print_text(&d);
	return 0;
}
