/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>

#include "builder/build/compose.h"
#include "builder/build/triggers.h"

struct database {
	struct sbx_store *store;
	struct sbx_tree *folder; /* var/lib/dpkg */
	guint8 dirmeta[SBX_CHECKSUM_BYTES];
	GCancellable *cancellable;
};

static gboolean put_text(struct database *db, struct sbx_tree *folder, const char *name,
			 const char *text, gsize n, guint32 mode, GError **error)
{
	struct sbx_file_meta meta = {.mode = S_IFREG | mode};
	guint8 checksum[SBX_CHECKSUM_BYTES];
	return sbx_object_write(db->store, &meta, text, n, checksum, db->cancellable, error) &&
	       sbx_tree_put_file(folder, name, checksum, 0, error);
}

static struct sbx_tree *folder_below(struct database *db, const char *path, GError **error)
{
	return sbx_tree_make_folders(db->folder, path, db->dirmeta, 0, error);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	const struct sbx_unit *x = *(struct sbx_unit *const *)a, *y = *(struct sbx_unit *const *)b;
	int order = strcmp(x->lock->name, y->lock->name);
	return order ? order : strcmp(x->lock->architecture, y->lock->architecture);
}

/* A package that is unpacked and not configured says so: `dpkg --configure -a` goes on from there.
 */
static void add_stanza(GString *text, const char *stanza, gboolean is_unpacked)
{
	static const char installed[] = "\nStatus: install ok installed\n";
	const char *at = is_unpacked ? strstr(stanza, installed) : NULL;
	if (at)
		g_string_append_printf(text, "%.*s\nStatus: install ok unpacked\n%s\n",
				       (int)(at - stanza), stanza, at + strlen(installed));
	else
		g_string_append_printf(text, "%s\n", stanza);
}

static gboolean add_status(struct database *db, const struct sbx_lock *lock, const GPtrArray *units,
			   GError **error)
{
	gboolean is_unpacked = sbx_content_is_unpacked(&lock->content);
	g_autoptr(GPtrArray) sorted = g_ptr_array_new();
	for (guint i = 0; i < units->len; i++)
		g_ptr_array_add(sorted, units->pdata[i]);
	g_ptr_array_sort(sorted, by_name);
	g_autoptr(GString) text = g_string_new(NULL);
	for (guint i = 0; i < sorted->len; i++)
		add_stanza(text, ((struct sbx_unit *)sorted->pdata[i])->status, is_unpacked);
	return put_text(db, db->folder, "status", text->str, text->len, 0644, error);
}

/* The control files are objects already; they only get the names that dpkg gives them. */
static gboolean add_info(struct database *db, const GPtrArray *units, GError **error)
{
	struct sbx_tree *info = folder_below(db, "info", error);
	if (!info || !put_text(db, info, "format", "1\n", 2, 0644, error))
		return FALSE;
	for (guint i = 0; i < units->len; i++) {
		struct sbx_unit *unit = units->pdata[i];
		g_autoptr(GPtrArray) names = sbx_tree_names(unit->control, error);
		for (guint k = 0; names && k < names->len; k++) {
			const char *name = names->pdata[k];
			struct sbx_entry *entry = sbx_tree_lookup(unit->control, name, error);
			g_autofree char *as = g_strdup_printf("%s.%s", unit->info_name, name);
			if (unit->list_changed && g_str_equal(name, "list")) {
				if (!put_text(db, info, as, unit->list, strlen(unit->list), 0644,
					      error))
					return FALSE;
			} else if (!entry ||
				   !sbx_tree_put_file(info, as, entry->checksum, 0, error)) {
				return FALSE;
			}
		}
		if (!names)
			return FALSE;
	}
	return TRUE;
}

static gboolean add_triggers(struct database *db, const GPtrArray *units, GError **error)
{
	struct sbx_tree *folder = folder_below(db, "triggers", error);
	if (!folder)
		return FALSE;
	GArray *interests = sbx_triggers_interests(units);
	g_autoptr(GString) files = g_string_new(NULL);
	g_autoptr(GHashTable) named =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_free);
	for (guint i = 0; i < interests->len; i++) {
		const struct sbx_interest *interest =
			&g_array_index(interests, struct sbx_interest, i);
		const struct sbx_unit *unit = units->pdata[interest->unit];
		g_autofree char *who =
			g_strconcat(unit->info_name, interest->noawait ? "/noawait\n" : "\n", NULL);
		if (interest->trigger[0] == '/') {
			g_string_append_printf(files, "%s %s", interest->trigger, who);
			continue;
		}
		const char *before = g_hash_table_lookup(named, interest->trigger);
		g_hash_table_replace(named, g_strdup(interest->trigger),
				     g_strconcat(before ? before : "", who, NULL));
	}
	sbx_triggers_interests_free(interests);
	gboolean fine = put_text(db, folder, "File", files->str, files->len, 0644, error) &&
			put_text(db, folder, "Lock", "", 0, 0600, error) &&
			put_text(db, folder, "Unincorp", "", 0, 0644, error);
	GHashTableIter iter;
	gpointer name, text;
	g_hash_table_iter_init(&iter, named);
	while (fine && g_hash_table_iter_next(&iter, &name, &text)) {
		/* The name becomes a file's: deb-triggers(5) forbids slashes and blanks in it. */
		if (strchr(name, '/') || !*(const char *)name)
			return sbx_set_error(error, SBX_E_ARCHIVE, "trigger '%s': not a name",
					     (const char *)name);
		fine = put_text(db, folder, name, text, strlen(text), 0644, error);
	}
	return fine;
}

/*
 * Without this apt would take every package for one that was asked for by name. Essential ones are
 * no different: apt keeps them whatever they are marked as.
 */
static gboolean add_extended_states(struct database *db, struct sbx_tree *root,
				    const struct sbx_lock *lock, const GPtrArray *units,
				    GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	for (guint i = 0; i < units->len; i++) {
		const struct sbx_lock_package *package = ((struct sbx_unit *)units->pdata[i])->lock;
		if (!package->manual)
			g_string_append_printf(
				text, "Package: %s\nArchitecture: %s\nAuto-Installed: 1\n\n",
				package->name,
				g_str_equal(package->architecture, "all") ? lock->architecture
									  : package->architecture);
	}
	struct sbx_tree *apt = sbx_tree_make_folders(root, "var/lib/apt", db->dirmeta, 0, error);
	return apt && put_text(db, apt, "extended_states", text->str, text->len, 0644, error);
}

/* dpkg -V does not miss what was left out, and an upgrade inside leaves it out again. */
static gboolean add_config(struct database *db, struct sbx_tree *root, const struct sbx_lock *lock,
			   GError **error)
{
	g_autofree char *text = sbx_content_dpkg_config(&lock->content);
	if (!text)
		return TRUE;
	struct sbx_tree *folder =
		sbx_tree_make_folders(root, "etc/dpkg/dpkg.cfg.d", db->dirmeta, 0, error);
	return folder && put_text(db, folder, "sbx-left-out", text, strlen(text), 0644, error);
}

static gboolean open_database(struct database *db, struct sbx_tree *root, struct sbx_store *store,
			      GCancellable *cancellable, GError **error)
{
	struct sbx_file_meta folder = {.mode = S_IFDIR | 0755};
	*db = (struct database){.store = store, .cancellable = cancellable};
	if (!sbx_object_write_dirmeta(store, &folder, db->dirmeta, cancellable, error))
		return FALSE;
	db->folder = sbx_tree_make_folders(root, "var/lib/dpkg", db->dirmeta, 0, error);
	return db->folder != NULL;
}

gboolean sbx_compose_set_diversions(struct sbx_tree *root, struct sbx_store *store,
				    const GPtrArray *diversions, GCancellable *cancellable,
				    GError **error)
{
	struct database db;
	g_autoptr(GString) text = g_string_new(NULL);
	for (guint i = 0; i < diversions->len; i++) {
		const struct sbx_diversion *d = diversions->pdata[i];
		g_string_append_printf(text, "%s\n%s\n%s\n", d->path, d->to, d->package);
	}
	return open_database(&db, root, store, cancellable, error) &&
	       put_text(&db, db.folder, "diversions", text->str, text->len, 0644, error);
}

gboolean sbx_compose_add_database(struct sbx_tree *root, struct sbx_store *store,
				  const struct sbx_lock *lock, GPtrArray *units,
				  GCancellable *cancellable, GError **error)
{
	struct database db;
	if (!open_database(&db, root, store, cancellable, error))
		return FALSE;
	const char *folders[] = {"alternatives", "parts", "updates"};
	for (guint i = 0; i < G_N_ELEMENTS(folders); i++)
		if (!folder_below(&db, folders[i], error))
			return FALSE;
	g_autofree char *arch = g_strconcat(lock->architecture, "\n", NULL);
	return put_text(&db, db.folder, "arch", arch, strlen(arch), 0644, error) &&
	       put_text(&db, db.folder, "available", "", 0, 0644, error) &&
	       put_text(&db, db.folder, "lock", "", 0, 0640, error) &&
	       put_text(&db, db.folder, "lock-frontend", "", 0, 0640, error) &&
	       add_status(&db, lock, units, error) && add_info(&db, units, error) &&
	       add_triggers(&db, units, error) &&
	       put_text(&db, db.folder, "diversions", "", 0, 0644, error) &&
	       add_extended_states(&db, root, lock, units, error) &&
	       add_config(&db, root, lock, error);
}
