/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/compose.h"

#include <string.h>
#include <sys/stat.h>

#include "builder/build/import.h"
#include "builder/build/leave_out.h"
#include "builder/build/order.h"

#define MAX_TEXT_BYTES (64 * 1024 * 1024)

void sbx_unit_free(struct sbx_unit *unit)
{
	if (!unit)
		return;
	sbx_tree_free(unit->data);
	sbx_tree_free(unit->control);
	g_clear_pointer(&unit->metadata, g_variant_unref);
	g_free(unit->info_name);
	g_free(unit->list);
	g_free(unit->triggers);
	g_free(unit->slim_ref);
	g_free(unit);
}

static char *read_control(struct sbx_store *store, struct sbx_unit *unit, const char *name,
			  GError **error)
{
	struct sbx_entry *entry = sbx_tree_lookup(unit->control, name, error);
	if (!entry || entry->kind != SBX_ENTRY_FILE)
		return NULL;
	return sbx_object_read(store, entry->checksum, MAX_TEXT_BYTES, NULL, error);
}

static const char *text_of(struct sbx_unit *unit, const char *key)
{
	const char *text = "";
	g_variant_lookup(unit->metadata, key, "&s", &text);
	return text;
}

static struct sbx_unit *load_unit(struct sbx_store *store, const struct sbx_lock_package *package,
				  GError **error)
{
	g_autofree char *ref = sbx_import_ref(package);
	SBX_AUTO(sbx_tree) root = NULL;
	struct sbx_unit *unit = g_new0(struct sbx_unit, 1);
	unit->lock = package;
	if (!sbx_tree_load_ref(store, ref, 0, &root, &unit->metadata, NULL, error) || !root) {
		sbx_set_error(error, SBX_E_DAMAGED, "%s: not in the store; build again", ref);
		sbx_unit_free(unit);
		return NULL;
	}
	unit->data = sbx_tree_take_folder(root, "data", error);
	unit->control = sbx_tree_take_folder(root, "control", error);
	unit->status = text_of(unit, "sbx.status");
	unit->depends = text_of(unit, "sbx.depends");
	unit->pre_depends = text_of(unit, "sbx.pre-depends");
	unit->replaces = text_of(unit, "sbx.replaces");
	unit->provides = text_of(unit, "sbx.provides");
	unit->multi_arch = text_of(unit, "sbx.multi-arch");
	g_variant_lookup(unit->metadata, "sbx.essential", "b", &unit->essential);
	g_variant_lookup(unit->metadata, "sbx.bytes", "t", &unit->n_bytes);
	unit->info_name = g_str_equal(unit->multi_arch, "same")
				  ? g_strdup_printf("%s:%s", package->name, package->architecture)
				  : g_strdup(package->name);
	unit->list = unit->control ? read_control(store, unit, "list", error) : NULL;
	unit->triggers = unit->control ? read_control(store, unit, "triggers", error) : NULL;
	if (!unit->data || !unit->list) {
		sbx_set_error(error, SBX_E_DAMAGED, "%s: incomplete; run `sbx-build fsck`", ref);
		sbx_unit_free(unit);
		return NULL;
	}
	return unit;
}

GPtrArray *sbx_compose_load(struct sbx_store *store, const struct sbx_lock *lock,
			    gboolean base_only, GError **error)
{
	g_autoptr(GPtrArray) loaded = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_unit_free);
	g_autoptr(GArray) keys = g_array_new(FALSE, TRUE, sizeof(struct sbx_order_package));
	for (guint i = 0; i < lock->packages->len; i++) {
		const struct sbx_lock_package *package = lock->packages->pdata[i];
		if (base_only && !package->base)
			continue;
		struct sbx_unit *unit = load_unit(store, package, error);
		if (!unit)
			return NULL;
		g_ptr_array_add(loaded, unit);
		struct sbx_order_package key = {package->name, package->version, unit->pre_depends,
						unit->depends, unit->provides,	 unit->essential};
		g_array_append_val(keys, key);
	}
	g_autofree guint *order = sbx_order_packages(
		(const struct sbx_order_package *)(gpointer)keys->data, keys->len);
	g_autoptr(GPtrArray) units = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_unit_free);
	for (guint i = 0; i < loaded->len; i++) {
		struct sbx_unit *unit = g_steal_pointer(&loaded->pdata[order[i]]);
		g_ptr_array_add(units, unit);
		if (!sbx_leave_out(store, unit, (guint16)i, &lock->content, error))
			return NULL;
	}
	return g_steal_pointer(&units);
}

void sbx_diversion_free(struct sbx_diversion *diversion)
{
	if (!diversion)
		return;
	g_free(diversion->path);
	g_free(diversion->to);
	g_free(diversion->package);
	g_free(diversion);
}

GPtrArray *sbx_diversions_parse(const char *text, gsize n_bytes, GError **error)
{
	g_autoptr(GPtrArray) diversions =
		g_ptr_array_new_with_free_func((GDestroyNotify)sbx_diversion_free);
	g_autofree char *copy = g_strndup(text, n_bytes);
	g_auto(GStrv) lines = g_strsplit(g_strchomp(copy), "\n", -1);
	for (guint i = 0; lines[i] && *lines[i]; i += 3) {
		if (!lines[i + 1] || !lines[i + 2] || lines[i][0] != '/' ||
		    lines[i + 1][0] != '/') {
			sbx_set_error(
				error, SBX_E_SCRIPT,
				"var/lib/dpkg/diversions, line %u: a script left it malformed",
				i + 1);
			return NULL;
		}
		struct sbx_diversion *diversion = g_new0(struct sbx_diversion, 1);
		diversion->path = g_strdup(lines[i]);
		diversion->to = g_strdup(lines[i + 1]);
		diversion->package = g_strdup(lines[i + 2]);
		g_ptr_array_add(diversions, diversion);
	}
	return g_steal_pointer(&diversions);
}
