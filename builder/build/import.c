/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/import.h"

#include <string.h>
#include <sys/stat.h>

#include "builder/build/import_private.h"

static void import_release(struct import *in)
{
	sbx_control_free(in->control);
	g_clear_pointer(&in->conffiles, g_hash_table_unref);
	g_clear_pointer(&in->conffile_order, g_ptr_array_unref);
	g_clear_pointer(&in->buffer, g_byte_array_unref);
	g_clear_pointer(&in->special, g_ptr_array_unref);
	if (in->list)
		g_string_free(in->list, TRUE);
}

char *sbx_import_ref(const struct sbx_lock_package *package)
{
	g_autofree char *name = sbx_store_ref_part(package->name);
	g_autofree char *version = sbx_store_ref_part(package->version);
	return g_strdup_printf("pkg/deb/%s/%s/%s", name, version, package->architecture);
}

gboolean sbx_import_is_stored(struct sbx_store *store, const struct sbx_lock_package *package)
{
	g_autofree char *ref = sbx_import_ref(package);
	g_autoptr(GVariant) metadata = NULL;
	g_autoptr(GError) ignored = NULL;
	const char *sha256 = NULL;
	return sbx_tree_load_ref(store, ref, 0, NULL, &metadata, NULL, &ignored) && metadata &&
	       g_variant_lookup(metadata, "sbx.sha256", "&s", &sha256) &&
	       g_str_equal(sha256, package->sha256);
}

gboolean sbx_import_refuse(const struct import *in, const char *path, const char *reason,
			   GError **error)
{
	g_autofree char *start = g_strndup(path ? path : "", 300);
	g_autofree char *shown = g_strescape(start, NULL);
	return sbx_set_error(error, SBX_E_ARCHIVE, "%s %s: '%s' %s; the package was not taken",
			     in->package->name, in->package->version, shown, reason);
}

/* Read the entry's bytes to memory. */
gboolean sbx_import_read(struct import *in, struct archive *tar, const char *path, guint64 max,
			 GError **error)
{
	g_byte_array_set_size(in->buffer, 0);
	for (;;) {
		guint at = in->buffer->len;
		if (at > max)
			return sbx_import_refuse(in, path, "is larger than it may be", error);
		g_byte_array_set_size(in->buffer, at + 256 * 1024);
		la_ssize_t n = archive_read_data(tar, in->buffer->data + at, 256 * 1024);
		if (n < 0)
			return sbx_deb_fail(tar, in->package->name, error);
		g_byte_array_set_size(in->buffer, at + (guint)n);
		if (n == 0)
			return TRUE;
	}
}

static char *conffiles_text(struct import *in)
{
	GString *text = g_string_new(NULL);
	for (guint i = 0; i < in->conffile_order->len; i++) {
		const char *path = in->conffile_order->pdata[i];
		const char *md5 = g_hash_table_lookup(in->conffiles, path);
		if (*md5)
			g_string_append_printf(text, " %s %s\n", path, md5);
	}
	return g_string_free(text, FALSE);
}

static const char *field_or_empty(struct import *in, const char *field)
{
	const char *value = sbx_control_get(in->control, field);
	return value ? value : "";
}

static GVariant *commit_metadata(struct import *in)
{
	g_autofree char *conffiles = conffiles_text(in);
	g_autofree char *status = sbx_control_status_stanza(in->control, conffiles);
	const char *pre = sbx_control_get(in->control, "Pre-Depends");
	const char *depends = sbx_control_get(in->control, "Depends");
	g_autofree char *both =
		g_strjoin(pre && depends ? ", " : "", pre ? pre : "", depends ? depends : "", NULL);
	const char *essential = sbx_control_get(in->control, "Essential");
	GVariantDict dict = G_VARIANT_DICT_INIT(NULL);
	g_variant_dict_insert(&dict, "sbx.sha256", "s", in->package->sha256);
	g_variant_dict_insert(&dict, "sbx.status", "s", status);
	g_variant_dict_insert(&dict, "sbx.depends", "s", both);
	g_variant_dict_insert(&dict, "sbx.pre-depends", "s", field_or_empty(in, "Pre-Depends"));
	g_variant_dict_insert(&dict, "sbx.replaces", "s", field_or_empty(in, "Replaces"));
	g_variant_dict_insert(&dict, "sbx.provides", "s", field_or_empty(in, "Provides"));
	g_variant_dict_insert(&dict, "sbx.multi-arch", "s", field_or_empty(in, "Multi-Arch"));
	g_variant_dict_insert(&dict, "sbx.essential", "b", g_strcmp0(essential, "yes") == 0);
	g_variant_dict_insert(&dict, "sbx.bytes", "t", in->n_bytes);
	if (in->special->len)
		g_variant_dict_insert_value(
			&dict, "sbx.special",
			g_variant_new_strv((const char *const *)in->special->pdata,
					   (gssize)in->special->len));
	return g_variant_dict_end(&dict);
}

static gboolean add_list(struct import *in, struct sbx_tree *control, GError **error)
{
	struct sbx_file_meta meta = {.mode = S_IFREG | 0644};
	guint8 checksum[SBX_CHECKSUM_BYTES];
	return sbx_object_write(in->store, &meta, in->list->str, in->list->len, checksum,
				in->cancellable, error) &&
	       sbx_tree_put_file(control, "list", checksum, 0, error);
}

static gboolean import_package(struct sbx_store *store, const struct sbx_lock_package *package,
			       const char *path, const struct sbx_import_limits *limits,
			       gint64 *out_store_usec, GCancellable *cancellable, GError **error)
{
	__attribute__((cleanup(import_release))) struct import in = {
		.store = store,
		.package = package,
		.limits = limits,
		.cancellable = cancellable,
		.conffiles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
		.conffile_order = g_ptr_array_new_with_free_func(g_free),
		.list = g_string_new("/.\n"),
		.special = g_ptr_array_new_with_free_func(g_free),
		.buffer = g_byte_array_new(),
	};
	struct sbx_file_meta folder = {.mode = S_IFDIR | 0755};
	g_autofree char *shown = g_strdup_printf("%s %s", package->name, package->version);
	SBX_AUTO(sbx_deb) deb = sbx_deb_open(path, shown, error);
	if (!deb ||
	    !sbx_object_write_dirmeta(store, &folder, in.default_dirmeta, cancellable, error))
		return FALSE;
	SBX_AUTO(sbx_tree) control = sbx_import_control(&in, deb, error);
	SBX_AUTO(sbx_tree) data = control ? sbx_import_data(&in, deb, error) : NULL;
	if (!data || !sbx_deb_check(deb, package->sha256, package->size, error) ||
	    !add_list(&in, control, error))
		return FALSE;
	SBX_AUTO(sbx_tree) root = sbx_tree_new(store, in.default_dirmeta);
	g_autofree char *ref = sbx_import_ref(package);
	gint64 began = g_get_monotonic_time();
	gboolean fine = sbx_tree_put_folder(root, "control", g_steal_pointer(&control), 0, error) &&
			sbx_tree_put_folder(root, "data", g_steal_pointer(&data), 0, error) &&
			sbx_tree_commit(root, ref, commit_metadata(&in), NULL, cancellable, error);
	if (out_store_usec)
		*out_store_usec = in.store_usec + g_get_monotonic_time() - began;
	return fine;
}

gboolean sbx_import_package(struct sbx_store *store, const struct sbx_lock_package *package,
			    const char *path, const struct sbx_import_limits *limits,
			    gint64 *out_store_usec, GCancellable *cancellable, GError **error)
{
	g_autoptr(GError) failed = NULL;
	if (import_package(store, package, path, limits, out_store_usec, cancellable, &failed))
		return TRUE;
	/* Whatever is wrong with it: its bytes are the archive's, fetching it again is no way out.
	 */
	if (sbx_gerror_code(failed) == SBX_E_ARCHIVE)
		return sbx_set_error(error, SBX_E_ARCHIVE,
				     "%s; --forbid %s=%s looks for another version",
				     failed->message, package->name, package->version);
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}
