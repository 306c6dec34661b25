/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/workroot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

void sbx_workroot_init(struct sbx_workroot *w, struct sbx_store *store, struct sbx_tree *tree,
		       const char *path, struct sbx_transaction *transaction,
		       GCancellable *cancellable)
{
	*w = (struct sbx_workroot){
		.store = store,
		.tree = tree,
		.path = g_strdup(path),
		.transaction = transaction,
		.cancellable = cancellable,
		.changed = sbx_tree_new(store, sbx_tree_dirmeta(tree)),
		.removed = g_ptr_array_new_with_free_func(g_free),
		.behind = g_ptr_array_new_with_free_func((GDestroyNotify)sbx_trace_free),
	};
}

void sbx_workroot_release(struct sbx_workroot *w)
{
	sbx_tree_free(w->changed);
	g_clear_pointer(&w->removed, g_ptr_array_unref);
	g_clear_pointer(&w->behind, g_ptr_array_unref);
	g_free(w->path);
}

static gboolean check_out(struct sbx_workroot *w, GError **error)
{
	g_autofree char *commit = NULL;
	if (!sbx_tree_commit(w->tree, NULL, NULL, &commit, w->cancellable, error) ||
	    !sbx_transaction_commit(w->transaction, w->cancellable, error) ||
	    !sbx_transaction_begin(w->transaction, w->store, w->cancellable, error) ||
	    !sbx_store_checkout(w->store, commit, w->path, w->cancellable, error))
		return FALSE;
	w->is_checked_out = TRUE;
	return TRUE;
}

/* The dirmeta object is (uuua(ayay)): owner, group, mode, big-endian. */
static gboolean set_folder(struct sbx_workroot *w, int dfd, const guint8 *dirmeta, GError **error)
{
	g_autofree char *hex = ostree_checksum_from_bytes(dirmeta);
	g_autoptr(GVariant) stored = NULL;
	struct stat st;
	guint32 uid, gid, mode;
	if (!ostree_repo_load_variant(w->store->repo, OSTREE_OBJECT_TYPE_DIR_META, hex, &stored,
				      error))
		return FALSE;
	g_variant_get(stored, "(uuu@a(ayay))", &uid, &gid, &mode, NULL);
	uid = GUINT32_FROM_BE(uid);
	gid = GUINT32_FROM_BE(gid);
	mode = GUINT32_FROM_BE(mode) & 07777;
	if (fstat(dfd, &st) < 0 ||
	    (!w->store->rootless && (st.st_uid != uid || st.st_gid != gid) &&
	     fchown(dfd, uid, gid) < 0) ||
	    ((st.st_mode & 07777) != mode && fchmod(dfd, mode) < 0))
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s: a folder's owner or mode",
					w->path);
	return TRUE;
}

/* Folders that were there already keep their owner and mode when a commit is laid over them. */
static gboolean set_folders(struct sbx_workroot *w, int dfd, struct sbx_tree *delta, GError **error)
{
	g_autoptr(GPtrArray) names = sbx_tree_names(delta, error);
	for (guint i = 0; names && i < names->len; i++) {
		const char *name = names->pdata[i];
		struct sbx_entry *entry = sbx_tree_lookup(delta, name, error);
		if (!entry || entry->kind != SBX_ENTRY_FOLDER)
			continue;
		SBX_CLEANUP_FD int below =
			openat(dfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below < 0)
			return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s: %s", w->path,
						name);
		if (!set_folder(w, below, sbx_tree_dirmeta(entry->folder), error) ||
		    !set_folders(w, below, entry->folder, error))
			return FALSE;
	}
	return names != NULL;
}

static gboolean remove_paths(const struct sbx_workroot *w, const GPtrArray *removed, GError **error)
{
	for (guint i = 0; i < removed->len; i++) {
		g_autofree char *path = g_build_filename(w->path, removed->pdata[i], NULL);
		if (!sbx_store_remove_tree(path, error))
			return FALSE;
	}
	return TRUE;
}

/* What lies where something of another kind must come: a file, a link or a folder that it replaced.
 */
static gboolean clear_way(struct sbx_workroot *w, int dfd, struct sbx_tree *delta, GError **error)
{
	g_autoptr(GPtrArray) names = sbx_tree_names(delta, error);
	for (guint i = 0; names && i < names->len; i++) {
		const char *name = names->pdata[i];
		struct sbx_entry *entry = sbx_tree_lookup(delta, name, error);
		struct stat st;
		if (!entry || fstatat(dfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (entry->kind == SBX_ENTRY_FILE) {
			/* base-files makes /var/lock a link where a package shipped the folder. */
			g_autofree char *path = g_strdup_printf("/proc/self/fd/%d/%s", dfd, name);
			if (S_ISDIR(st.st_mode) && !sbx_store_remove_tree(path, error))
				return FALSE;
			continue;
		}
		if (!S_ISDIR(st.st_mode)) {
			unlinkat(dfd, name, 0);
			continue;
		}
		SBX_CLEANUP_FD int below =
			openat(dfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0 && !clear_way(w, below, entry->folder, error))
			return FALSE;
	}
	return names != NULL;
}

static int open_checkout(const struct sbx_workroot *w, GError **error)
{
	int dfd = open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dfd < 0)
		sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", w->path);
	return dfd;
}

static gboolean lay_over(struct sbx_workroot *w, const char *commit, struct sbx_tree *delta,
			 GError **error)
{
	SBX_CLEANUP_FD int dfd = open_checkout(w, error);
	return dfd >= 0 && clear_way(w, dfd, delta, error) &&
	       sbx_store_checkout_over(w->store, commit, w->path, w->cancellable, error) &&
	       set_folders(w, dfd, delta, error);
}

/* What was done natively is not kept under a ref. */
static gboolean lay_native(struct sbx_workroot *w, const struct sbx_trace *trace, GError **error)
{
	g_autofree char *commit = NULL;
	return remove_paths(w, trace->removed, error) &&
	       sbx_tree_commit(trace->tree, NULL, NULL, &commit, w->cancellable, error) &&
	       lay_over(w, commit, trace->tree, error);
}

static gboolean catch_up(struct sbx_workroot *w, GError **error)
{
	for (guint i = 0; i < w->behind->len; i++) {
		const struct sbx_trace *trace = w->behind->pdata[i];
		SBX_AUTO(sbx_tree) delta = NULL;
		g_autofree char *commit = NULL;
		if (!trace->ref) {
			if (!lay_native(w, trace, error))
				return FALSE;
			continue;
		}
		if (!sbx_tree_load_ref(w->store, trace->ref, 0, &delta, NULL, &commit, error))
			return FALSE;
		if (!delta)
			return sbx_set_error(error, SBX_E_DAMAGED, "%s: is gone", trace->ref);
		if (!remove_paths(w, trace->removed, error) || !lay_over(w, commit, delta, error))
			return FALSE;
	}
	g_ptr_array_set_size(w->behind, 0);
	return TRUE;
}

gboolean sbx_workroot_require(struct sbx_workroot *w, GError **error)
{
	gint64 began = g_get_monotonic_time();
	gboolean fine = w->is_checked_out ? catch_up(w, error) : check_out(w, error);
	w->checkout_usec += g_get_monotonic_time() - began;
	return fine;
}

static gboolean apply_to(struct sbx_workroot *w, const struct sbx_trace *trace,
			 const guint8 *contents, struct sbx_tree *to, GError **error)
{
	/* A delta is taken apart as it is applied: each time from what is stored. */
	SBX_AUTO(sbx_tree)
	stored = sbx_tree_new_stored(w->store, contents, sbx_tree_dirmeta(trace->tree), 0);
	struct sbx_delta delta = {.tree = stored, .removed = trace->removed};
	return sbx_delta_apply(&delta, to, error);
}

static gboolean apply(struct sbx_workroot *w, const struct sbx_trace *trace, GError **error)
{
	guint8 contents[SBX_CHECKSUM_BYTES];
	for (guint i = 0; i < trace->removed->len; i++)
		g_ptr_array_add(w->removed, g_strdup(trace->removed->pdata[i]));
	return sbx_tree_write(trace->tree, contents, w->cancellable, error) &&
	       apply_to(w, trace, contents, w->tree, error) &&
	       apply_to(w, trace, contents, w->changed, error);
}

/* Natively done scripts that follow each other are one change to the checkout. */
static gboolean add_behind(struct sbx_workroot *w, struct sbx_trace *trace, GError **error)
{
	SBX_AUTO(sbx_trace) owned = trace;
	guint8 contents[SBX_CHECKSUM_BYTES];
	struct sbx_trace *last = w->behind->len ? w->behind->pdata[w->behind->len - 1] : NULL;
	if (trace->ref || !last || last->ref) {
		g_ptr_array_add(w->behind, g_steal_pointer(&owned));
		return TRUE;
	}
	for (guint i = 0; i < trace->removed->len; i++)
		g_ptr_array_add(last->removed, g_strdup(trace->removed->pdata[i]));
	return sbx_tree_write(trace->tree, contents, w->cancellable, error) &&
	       apply_to(w, trace, contents, last->tree, error);
}

gboolean sbx_workroot_replay(struct sbx_workroot *w, struct sbx_trace *trace, GError **error)
{
	SBX_AUTO(sbx_trace) owned = trace;
	return apply(w, trace, error) &&
	       (!w->is_checked_out || add_behind(w, g_steal_pointer(&owned), error));
}

/* Move the delta's files from the overlay's folder to the checkout; the rest is scratch. */
static gboolean move_files(struct sbx_workroot *w, struct sbx_tree *delta, int from, int to,
			   GError **error)
{
	static const struct timespec epoch[2] = {{0, UTIME_OMIT}, {0, 0}};
	g_autoptr(GPtrArray) names = sbx_tree_names(delta, error);
	for (guint i = 0; names && i < names->len; i++) {
		const char *name = names->pdata[i];
		struct sbx_entry *entry = sbx_tree_lookup(delta, name, error);
		if (entry->kind == SBX_ENTRY_FILE) {
			/* The time that it will have when this is replayed from the store. */
			if (renameat(from, name, to, name) < 0 ||
			    utimensat(to, name, epoch, AT_SYMLINK_NOFOLLOW) < 0)
				return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s: %s",
							w->path, name);
			continue;
		}
		if (mkdirat(to, name, 0700) < 0 && errno != EEXIST)
			return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s: %s", w->path,
						name);
		int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
		SBX_CLEANUP_FD int below_from = openat(from, name, flags);
		SBX_CLEANUP_FD int below_to = openat(to, name, flags);
		if (below_from < 0 || below_to < 0)
			return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s: %s", w->path,
						name);
		if (!move_files(w, entry->folder, below_from, below_to, error) ||
		    !set_folder(w, below_to, sbx_tree_dirmeta(entry->folder), error))
			return FALSE;
	}
	return names != NULL;
}

gboolean sbx_workroot_take(struct sbx_workroot *w, const struct sbx_trace *trace, const char *upper,
			   GError **error)
{
	if (!apply(w, trace, error) || !remove_paths(w, trace->removed, error))
		return FALSE;
	SBX_CLEANUP_FD int from = open(upper, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (from < 0) /* it changed nothing */
		return TRUE;
	SBX_CLEANUP_FD int to = open_checkout(w, error);
	return to >= 0 && clear_way(w, to, trace->tree, error) &&
	       move_files(w, trace->tree, from, to, error);
}

gboolean sbx_workroot_commit(struct sbx_workroot *w, const char *ref, char **out_commit,
			     GError **error)
{
	g_autofree char *changes = NULL;
	g_autofree char *commit = NULL;
	if ((w->is_checked_out &&
	     !sbx_tree_commit(w->changed, NULL, NULL, &changes, w->cancellable, error)) ||
	    !sbx_tree_commit(w->tree, ref, NULL, &commit, w->cancellable, error) ||
	    !sbx_transaction_commit(w->transaction, w->cancellable, error))
		return FALSE;
	gint64 began = g_get_monotonic_time();
	if (!w->is_checked_out) {
		if (!sbx_store_checkout(w->store, commit, w->path, w->cancellable, error))
			return FALSE;
	} else if (!catch_up(w, error) || !lay_over(w, changes, w->changed, error)) {
		return FALSE;
	}
	w->checkout_usec += g_get_monotonic_time() - began;
	*out_commit = g_steal_pointer(&commit);
	return TRUE;
}
