/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/debconf.h"

#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "store/object.h"

#define PLACE	       "var/cache/debconf"
#define SETTINGS       "etc/debconf.conf"
#define MAX_FILE_BYTES (64 * 1024 * 1024)
#define MAX_CONF_BYTES (64 * 1024)

static const struct database {
	const char *file, *folder;
	guint32 mode;
} databases[] = {
	{"config.dat", "config.sbx", S_IFREG | 0644},
	{"passwords.dat", "passwords.sbx", S_IFREG | 0600},
	{"templates.dat", "templates.sbx", S_IFREG | 0644},
};

/* /etc/debconf.conf without comments and empty lines (debconf 1.5.82 to 1.5.91). */
static const char plain_settings[] = "Config: configdb\n"
				     "Templates: templatedb\n"
				     "Name: config\n"
				     "Driver: File\n"
				     "Mode: 644\n"
				     "Reject-Type: password\n"
				     "Filename: /var/cache/debconf/config.dat\n"
				     "Name: passwords\n"
				     "Driver: File\n"
				     "Mode: 600\n"
				     "Backup: false\n"
				     "Required: false\n"
				     "Accept-Type: password\n"
				     "Filename: /var/cache/debconf/passwords.dat\n"
				     "Name: configdb\n"
				     "Driver: Stack\n"
				     "Stack: config, passwords\n"
				     "Name: templatedb\n"
				     "Driver: File\n"
				     "Mode: 644\n"
				     "Filename: /var/cache/debconf/templates.dat\n";

gboolean sbx_debconf_is_ours(const char *path)
{
	return fnmatch(PLACE "/*.sbx/*", path, FNM_PATHNAME) == 0;
}

static char *read_file(struct sbx_store *store, const struct sbx_entry *entry, gsize max_bytes,
		       GError **error)
{
	gsize n_bytes = 0;
	if (!entry || entry->kind != SBX_ENTRY_FILE)
		return g_strdup("");
	return sbx_object_read(store, entry->checksum, max_bytes, &n_bytes, error);
}

gboolean sbx_debconf_is_plain(struct sbx_store *store, struct sbx_tree *tree)
{
	struct sbx_entry *driver =
		sbx_tree_find(tree, "usr/share/perl5/Debconf/DbDriver/PackageDir.pm", NULL);
	g_autofree char *text =
		read_file(store, sbx_tree_find(tree, SETTINGS, NULL), MAX_CONF_BYTES, NULL);
	if (!driver || !text)
		return FALSE;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GString) settings = g_string_new(NULL);
	for (char **line = lines; *line; line++)
		if (**line && **line != '#')
			g_string_append_printf(settings, "%s\n", *line);
	return g_str_equal(settings->str, plain_settings);
}

static gint compare_records(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each ends in an empty line, and begins with its name. */
static void add_records(GPtrArray *records, const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "\n\n", -1);
	for (char **part = parts; *part; part++)
		if (**part)
			g_ptr_array_add(records, g_strdup(*part));
}

static char *join_records(GPtrArray *records)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_ptr_array_sort(records, compare_records);
	for (guint i = 0; i < records->len; i++)
		g_string_append_printf(text, "%s\n\n", (const char *)records->pdata[i]);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

char *sbx_debconf_sort(const char *text)
{
	g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_free);
	add_records(records, text);
	return join_records(records);
}

/* A delta being made: with the folder that debconf keeps its files in, and those above it. */
struct edit {
	struct sbx_workroot *root;
	struct sbx_entry *place; /* in the tree; NULL: there is none */
	struct sbx_trace *trace;
	struct sbx_tree *into; /* the place in the delta */
};

static void edit_release(struct edit *edit)
{
	sbx_trace_free(edit->trace);
}
#define AUTO_EDIT __attribute__((cleanup(edit_release))) struct edit

static struct edit edit_begin(struct sbx_workroot *root, GError **error)
{
	struct edit edit = {.root = root, .place = sbx_tree_find(root->tree, PLACE, error)};
	if (!edit.place || edit.place->kind != SBX_ENTRY_FOLDER) {
		edit.place = NULL;
		return edit;
	}
	edit.trace = g_new0(struct sbx_trace, 1);
	edit.trace->removed = g_ptr_array_new_with_free_func(g_free);
	edit.trace->triggers = g_new0(char *, 1);
	edit.trace->tree = edit.into = sbx_tree_new(root->store, sbx_tree_dirmeta(root->tree));
	g_auto(GStrv) names = g_strsplit(PLACE, "/", -1);
	struct sbx_tree *at = root->tree;
	for (char **name = names; *name; name++) {
		at = sbx_tree_lookup(at, *name, NULL)->folder;
		struct sbx_tree *folder = sbx_tree_new(root->store, sbx_tree_dirmeta(at));
		sbx_tree_put_folder(edit.into, *name, folder, 0, NULL);
		edit.into = folder;
	}
	return edit;
}

static gboolean put_text(const struct edit *edit, struct sbx_tree *folder, const char *name,
			 const char *text, guint32 mode, GError **error)
{
	struct sbx_file_meta meta = {.mode = mode};
	guint8 checksum[SBX_CHECKSUM_BYTES];
	return sbx_object_write(edit->root->store, &meta, text, strlen(text), checksum,
				edit->root->cancellable, error) &&
	       sbx_tree_put_file(folder, name, checksum, 0, error);
}

/* What a question's name begins with is the driver's name for its file. */
static GHashTable *by_package(const char *text)
{
	GHashTable *packages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						     (GDestroyNotify)g_ptr_array_unref);
	g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_free);
	add_records(records, text);
	for (guint i = 0; i < records->len; i++) {
		const char *record = records->pdata[i];
		const char *name =
			g_str_has_prefix(record, "Name: ") ? record + strlen("Name: ") : "";
		gsize n = strcspn(name, "/\n");
		if (n == 0 || (name[0] == '.' && n < 3))
			continue;
		g_autofree char *package = g_strndup(name, n);
		GPtrArray *its = g_hash_table_lookup(packages, package);
		if (!its) {
			its = g_ptr_array_new_with_free_func(g_free);
			g_hash_table_insert(packages, g_steal_pointer(&package), its);
		}
		g_ptr_array_add(its, g_strdup(record));
	}
	return packages;
}

static gboolean make_folder(const struct edit *edit, const struct database *database,
			    GError **error)
{
	static const struct sbx_file_meta meta = {.mode = S_IFDIR | 0755};
	struct sbx_store *store = edit->root->store;
	guint8 dirmeta[SBX_CHECKSUM_BYTES];
	g_autofree char *text =
		read_file(store, sbx_tree_lookup(edit->place->folder, database->file, NULL),
			  MAX_FILE_BYTES, error);
	if (!text ||
	    !sbx_object_write_dirmeta(store, &meta, dirmeta, edit->root->cancellable, error))
		return FALSE;
	struct sbx_tree *folder = sbx_tree_new(store, dirmeta);
	g_autoptr(GHashTable) packages = by_package(text);
	gboolean fine = sbx_tree_put_folder(edit->into, database->folder, folder, 0, error);
	GHashTableIter iter;
	gpointer name, records;
	g_hash_table_iter_init(&iter, packages);
	while (fine && g_hash_table_iter_next(&iter, &name, &records)) {
		g_autofree char *its = join_records(records);
		fine = put_text(edit, folder, name, its, database->mode, error);
	}
	return fine;
}

/* That the folders were made is no change: what scripts do to them is. */
static gboolean forget_change(struct sbx_workroot *root, GError **error)
{
	struct sbx_entry *place = sbx_tree_find(root->changed, PLACE, NULL);
	gboolean fine = place && place->kind == SBX_ENTRY_FOLDER;
	for (guint i = 0; fine && i < G_N_ELEMENTS(databases); i++)
		fine = sbx_tree_remove(place->folder, databases[i].folder, error);
	return fine;
}

gboolean sbx_debconf_begin(struct sbx_workroot *root, GError **error)
{
	g_autoptr(GError) failed = NULL;
	AUTO_EDIT edit = edit_begin(root, &failed);
	gboolean fine = TRUE;
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (!edit.place || sbx_tree_lookup(edit.place->folder, databases[0].folder, NULL) ||
	    !sbx_debconf_is_plain(root->store, root->tree))
		return TRUE;
	for (guint i = 0; fine && i < G_N_ELEMENTS(databases); i++)
		fine = make_folder(&edit, &databases[i], error);
	return fine && sbx_workroot_replay(root, g_steal_pointer(&edit.trace), error) &&
	       forget_change(root, error);
}

static gboolean make_file(const struct edit *edit, const struct database *database, GError **error)
{
	struct sbx_entry *folder = sbx_tree_lookup(edit->place->folder, database->folder, NULL);
	g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) names = folder && folder->kind == SBX_ENTRY_FOLDER
					     ? sbx_tree_names(folder->folder, error)
					     : g_ptr_array_new();
	if (!names)
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *text = read_file(
			edit->root->store, sbx_tree_lookup(folder->folder, names->pdata[i], NULL),
			MAX_FILE_BYTES, error);
		if (!text)
			return FALSE;
		add_records(records, text);
	}
	g_autofree char *all = join_records(records);
	return put_text(edit, edit->into, database->file, all, database->mode, error);
}

/* Have scripts that ran, or were replayed, asked anything? */
static gboolean is_changed(const struct sbx_workroot *root)
{
	for (guint i = 0; i < G_N_ELEMENTS(databases); i++) {
		g_autofree char *path = g_strconcat(PLACE "/", databases[i].folder, NULL);
		if (sbx_tree_find(root->changed, path, NULL))
			return TRUE;
	}
	return FALSE;
}

gboolean sbx_debconf_end(struct sbx_workroot *root, enum sbx_debconf_end end, GError **error)
{
	g_autoptr(GError) failed = NULL;
	AUTO_EDIT edit = edit_begin(root, &failed);
	gboolean fine = TRUE, changed = edit.place && is_changed(root), any = changed;
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	for (guint i = 0; edit.place && fine && i < G_N_ELEMENTS(databases); i++) {
		fine = !changed || make_file(&edit, &databases[i], error);
		if (end == SBX_DEBCONF_KEEP ||
		    !sbx_tree_lookup(edit.place->folder, databases[i].folder, NULL))
			continue;
		g_ptr_array_add(edit.trace->removed,
				g_strconcat(PLACE "/", databases[i].folder, NULL));
		any = TRUE;
	}
	return fine && (!any || sbx_workroot_replay(root, g_steal_pointer(&edit.trace), error));
}
