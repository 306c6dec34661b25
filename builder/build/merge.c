/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>

#include "builder/build/compose.h"
#include "builder/resolve/relation.h"

/* The folders that usr-merge turns into links (Debian's base-files, file-hierarchy(7)). */
static const char *const merged_folders[] = {"bin",   "sbin",	"lib", "lib32",
					     "lib64", "libx32", NULL};

struct merge {
	struct sbx_store *store;
	GPtrArray *units;
	struct sbx_tree *root;
	guint8 dirmeta[SBX_CHECKSUM_BYTES]; /* 0755 root */
	GCancellable *cancellable;
};

static struct sbx_unit *unit_of(struct merge *m, guint16 owner)
{
	return m->units->pdata[owner];
}

/* Does a relation field name this package, at this version? Up to what nobody can read. */
static gboolean relation_names(const char *field, const struct sbx_lock_package *package)
{
	struct sbx_relation_reader reader;
	struct sbx_relation relation;
	sbx_relation_begin(&reader, field);
	while (sbx_relation_next(&reader, &relation, NULL) == SBX_RELATION_READ)
		if (strlen(package->name) == relation.n_name &&
		    memcmp(package->name, relation.name, relation.n_name) == 0 &&
		    sbx_relation_holds(&relation, package->version))
			return TRUE;
	return FALSE;
}

/* The path as it is once /bin is /usr/bin, without the leading slash. Newly allocated. */
static char *merged_path(const char *absolute)
{
	const char *path = absolute + strspn(absolute, "/");
	g_autofree char *first = g_strndup(path, strcspn(path, "/"));
	return g_strv_contains(merged_folders, first) ? g_strconcat("usr/", path, NULL)
						      : g_strdup(path);
}

/* What was taken over is no longer the package's: dpkg takes it off its list (policy 7.6.1). */
static void give_up(struct sbx_unit *unit, const char *path)
{
	g_auto(GStrv) lines = g_strsplit(unit->list, "\n", -1);
	g_autoptr(GString) kept = g_string_new(NULL);
	for (char **line = lines; *line; line++) {
		g_autofree char *merged = **line ? merged_path(*line) : NULL;
		if (merged && !g_str_equal(merged, path))
			g_string_append_printf(kept, "%s\n", *line);
	}
	g_free(unit->list);
	unit->list = g_strdup(kept->str);
	unit->list_changed = TRUE;
}

/* Two packages with one path. Returns whether the new file takes the place; FALSE + error: no. */
static gboolean settle_files(struct merge *m, const char *path, const struct sbx_entry *present,
			     const struct sbx_entry *coming, guint16 owner, gboolean *out_replace,
			     GError **error)
{
	struct sbx_unit *a = unit_of(m, present->owner), *b = unit_of(m, owner);
	gboolean same = memcmp(present->checksum, coming->checksum, SBX_CHECKSUM_BYTES) == 0;
	*out_replace = FALSE;
	if (b->gives_way)
		return TRUE;
	if (relation_names(b->replaces, a->lock)) {
		*out_replace = TRUE;
		give_up(a, path);
		return TRUE;
	}
	if (relation_names(a->replaces, b->lock)) {
		give_up(b, path);
		return TRUE;
	}
	/* Multi-Arch: same packages of several architectures share what is alike. */
	if (same && g_str_equal(a->lock->name, b->lock->name))
		return TRUE;
	return sbx_set_error(
		error, SBX_E_ARCHIVE,
		"/%s is in %s %s and in %s %s, and neither Replaces the other; leave one "
		"of them out",
		path, a->lock->name, a->lock->version, b->lock->name, b->lock->version);
}

/* A folder comes where a link is: dpkg keeps the link and unpacks through it. */
static struct sbx_tree *through_link(struct merge *m, const char *path,
				     const struct sbx_entry *present, guint16 owner, GError **error)
{
	g_autoptr(GFileInfo) info = sbx_object_info(m->store, present->checksum, error);
	if (!info)
		return NULL;
	const char *target = g_file_info_get_symlink_target(info);
	if (g_file_info_get_file_type(info) != G_FILE_TYPE_SYMBOLIC_LINK || !target) {
		sbx_set_error(error, SBX_E_ARCHIVE, "/%s is a file in %s and a folder in %s", path,
			      unit_of(m, present->owner)->lock->name,
			      unit_of(m, owner)->lock->name);
		return NULL;
	}
	g_autofree char *here = g_strconcat("/", path, NULL);
	g_autofree char *parent = g_path_get_dirname(here);
	g_autofree char *absolute = g_canonicalize_filename(target, parent);
	return sbx_tree_make_folders(m->root, absolute + 1, m->dirmeta, owner, error);
}

static gboolean merge_folder(struct merge *m, struct sbx_tree *into, struct sbx_tree *from,
			     const char *path, guint16 owner, GError **error);

/* A link comes where a folder is: dpkg keeps the folder when the link leads to one. */
static gboolean link_on_folder(struct merge *m, const char *path, const struct sbx_entry *coming,
			       guint16 owner, GError **error)
{
	g_autoptr(GFileInfo) info = sbx_object_info(m->store, coming->checksum, error);
	if (!info)
		return FALSE;
	if (g_file_info_get_file_type(info) == G_FILE_TYPE_SYMBOLIC_LINK)
		return TRUE;
	return sbx_set_error(error, SBX_E_ARCHIVE,
			     "/%s is a folder in another package and a file in %s", path,
			     unit_of(m, owner)->lock->name);
}

static gboolean merge_entry(struct merge *m, struct sbx_tree *into, struct sbx_tree *from,
			    const char *name, const char *path, guint16 owner, GError **error)
{
	struct sbx_entry *coming = sbx_tree_lookup(from, name, error);
	g_autoptr(GError) failed = NULL;
	struct sbx_entry *present = sbx_tree_lookup(into, name, &failed);
	if (!coming || failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (coming->kind == SBX_ENTRY_FILE) {
		gboolean replace = TRUE;
		if (present && present->kind == SBX_ENTRY_FOLDER)
			return link_on_folder(m, path, coming, owner, error);
		if (present && !settle_files(m, path, present, coming, owner, &replace, error))
			return FALSE;
		return !replace || sbx_tree_put_file(into, name, coming->checksum, owner, error);
	}
	if (!present) {
		struct sbx_tree *folder = sbx_tree_take_folder(from, name, error);
		return folder && sbx_tree_put_folder(into, name, folder, owner, error);
	}
	struct sbx_tree *target = present->kind == SBX_ENTRY_FOLDER
					  ? present->folder
					  : through_link(m, path, present, owner, error);
	return target && merge_folder(m, target, coming->folder, path, owner, error);
}

static gboolean merge_folder(struct merge *m, struct sbx_tree *into, struct sbx_tree *from,
			     const char *path, guint16 owner, GError **error)
{
	g_autoptr(GPtrArray) names = sbx_tree_names(from, error);
	for (guint i = 0; names && i < names->len; i++) {
		/* Taking an entry out of `from` frees its name. */
		g_autofree char *name = g_strdup(names->pdata[i]);
		g_autofree char *below =
			*path ? g_strconcat(path, "/", name, NULL) : g_strdup(name);
		if (!merge_entry(m, into, from, name, below, owner, error))
			return FALSE;
	}
	return names != NULL;
}

/* Move /bin and the like of this package below its usr/ before it is merged. */
static gboolean usr_merge(struct merge *m, struct sbx_tree *data, guint16 owner, GError **error)
{
	for (const char *const *name = merged_folders; *name; name++) {
		struct sbx_entry *entry = sbx_tree_lookup(data, *name, NULL);
		if (!entry || entry->kind != SBX_ENTRY_FOLDER)
			continue;
		SBX_AUTO(sbx_tree) folder = sbx_tree_take_folder(data, *name, error);
		g_autofree char *path = g_strconcat("usr/", *name, NULL);
		struct sbx_tree *into =
			sbx_tree_make_folders(data, path, sbx_tree_dirmeta(folder), owner, error);
		if (!into || !merge_folder(m, into, folder, path, owner, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean make_merged_links(struct merge *m, GError **error)
{
	for (const char *const *name = merged_folders; *name; name++) {
		if (sbx_tree_lookup(m->root, *name, NULL))
			continue;
		g_autofree char *target = g_strconcat("usr/", *name, NULL);
		struct sbx_file_meta meta = {.mode = S_IFLNK | 0777, .target = target};
		guint8 checksum[SBX_CHECKSUM_BYTES];
		if (!sbx_tree_find(m->root, target, NULL))
			continue;
		if (!sbx_object_write(m->store, &meta, NULL, 0, checksum, m->cancellable, error) ||
		    !sbx_tree_put_file(m->root, *name, checksum, 0, error))
			return FALSE;
	}
	return TRUE;
}

/* Rename the diverted files of this package before it is merged. */
static gboolean divert(struct merge *m, struct sbx_tree *data, const struct sbx_unit *unit,
		       guint16 owner, const GPtrArray *diversions, GError **error)
{
	for (guint i = 0; diversions && i < diversions->len; i++) {
		const struct sbx_diversion *diversion = diversions->pdata[i];
		if (g_str_equal(diversion->package, unit->lock->name) ||
		    (diversion->of_base && unit->lock->base))
			continue;
		g_autofree char *path = merged_path(diversion->path);
		g_autofree char *to = merged_path(diversion->to);
		struct sbx_entry *entry = sbx_tree_find(data, path, NULL);
		if (!entry || entry->kind != SBX_ENTRY_FILE)
			continue;
		guint8 checksum[SBX_CHECKSUM_BYTES];
		memcpy(checksum, entry->checksum, sizeof(checksum));
		g_autofree char *folder_path = g_path_get_dirname(path);
		g_autofree char *to_folder_path = g_path_get_dirname(to);
		g_autofree char *name = g_path_get_basename(path);
		g_autofree char *to_name = g_path_get_basename(to);
		struct sbx_tree *folder =
			sbx_tree_make_folders(data, folder_path, m->dirmeta, owner, error);
		struct sbx_tree *to_folder =
			sbx_tree_make_folders(data, to_folder_path, m->dirmeta, owner, error);
		if (!folder || !to_folder || !sbx_tree_remove(folder, name, error) ||
		    !sbx_tree_put_file(to_folder, to_name, checksum, owner, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean merge_units(struct merge *m, gboolean giving_way, const GPtrArray *diversions,
			    GError **error)
{
	for (guint i = 0; i < m->units->len; i++) {
		struct sbx_unit *unit = m->units->pdata[i];
		if (unit->gives_way == giving_way &&
		    (!usr_merge(m, unit->data, (guint16)i, error) ||
		     !divert(m, unit->data, unit, (guint16)i, diversions, error) ||
		     !merge_folder(m, m->root, unit->data, "", (guint16)i, error)))
			return FALSE;
	}
	return TRUE;
}

struct sbx_tree *sbx_compose_merge(struct sbx_store *store, GPtrArray *units,
				   const GPtrArray *diversions, GCancellable *cancellable,
				   GError **error)
{
	struct merge m = {.store = store, .units = units, .cancellable = cancellable};
	struct sbx_file_meta folder = {.mode = S_IFDIR | 0755};
	if (!sbx_object_write_dirmeta(store, &folder, m.dirmeta, cancellable, error))
		return NULL;
	SBX_AUTO(sbx_tree) root = sbx_tree_new(store, m.dirmeta);
	m.root = root;
	if (!merge_units(&m, FALSE, diversions, error) ||
	    !merge_units(&m, TRUE, diversions, error)) {
		g_prefix_error(error, "compose: ");
		return NULL;
	}
	if (!make_merged_links(&m, error))
		return NULL;
	return g_steal_pointer(&root);
}
