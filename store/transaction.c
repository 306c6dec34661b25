/* SPDX-License-Identifier: Apache-2.0 */
#include "store/transaction.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define STAGED "tmp/sbx-refs-XXXXXX"

struct sbx_pending_refs {
	GMutex mutex;
	GHashTable *commits; /* ref -> hex checksum */
};

struct sbx_pending_refs *sbx_pending_refs_new(void)
{
	struct sbx_pending_refs *pending = g_new0(struct sbx_pending_refs, 1);
	g_mutex_init(&pending->mutex);
	pending->commits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return pending;
}

void sbx_pending_refs_free(struct sbx_pending_refs *pending)
{
	if (!pending)
		return;
	g_hash_table_unref(pending->commits);
	g_mutex_clear(&pending->mutex);
	g_free(pending);
}

void sbx_transaction_set_ref(struct sbx_store *store, const char *ref, const char *commit)
{
	g_mutex_lock(&store->pending->mutex);
	g_hash_table_replace(store->pending->commits, g_strdup(ref), g_strdup(commit));
	g_mutex_unlock(&store->pending->mutex);
}

char *sbx_transaction_ref(struct sbx_store *store, const char *ref)
{
	g_mutex_lock(&store->pending->mutex);
	char *commit = g_strdup(g_hash_table_lookup(store->pending->commits, ref));
	g_mutex_unlock(&store->pending->mutex);
	return commit;
}

gboolean sbx_transaction_begin(struct sbx_transaction *transaction, struct sbx_store *store,
			       GCancellable *cancellable, GError **error)
{
	if (!ostree_repo_prepare_transaction(store->repo, NULL, cancellable, error))
		return FALSE;
	g_hash_table_remove_all(store->pending->commits);
	transaction->store = store;
	return TRUE;
}

gboolean sbx_transaction_flush(struct sbx_transaction *transaction, GCancellable *cancellable,
			       GError **error)
{
	OstreeRepo *repo = transaction->store->repo;
	return ostree_repo_commit_transaction(repo, NULL, cancellable, error) &&
	       ostree_repo_prepare_transaction(repo, NULL, cancellable, error);
}

static gboolean write_staged(int dfd, const char *name, const char *commit, GError **error)
{
	SBX_CLEANUP_FD int fd = openat(dfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	gsize n = strlen(commit);
	if (fd < 0 || write(fd, commit, n) != (ssize_t)n || write(fd, "\n", 1) != 1)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "a new ref");
	return TRUE;
}

/* mkdir -p of the folders that a ref's name begins with. */
static void make_folders(int heads_dfd, const char *ref)
{
	g_autofree char *path = g_strdup(ref);
	for (char *slash = path; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		mkdirat(heads_dfd, path, 0755);
	}
}

static gboolean move_ref(int staged_dfd, const char *name, int heads_dfd, const char *ref,
			 GError **error)
{
	/* gc removes folders without refs, but holds the store alone then. */
	if (renameat(staged_dfd, name, heads_dfd, ref) == 0)
		return TRUE;
	make_folders(heads_dfd, ref);
	if (renameat(staged_dfd, name, heads_dfd, ref) == 0)
		return TRUE;
	return sbx_set_error_os(error, SBX_E_FAILED, errno, "ref %s", ref);
}

/*
 * A ref is a file with a checksum in it (ostree's repository format). Written aside before
 * everything is synced and renamed after, it is never seen empty, and costs no sync of its own.
 */
static gboolean commit_refs(struct sbx_store *store, int staged_dfd, GError **error)
{
	int repo_dfd = ostree_repo_get_dfd(store->repo);
	SBX_CLEANUP_FD int heads_dfd =
		openat(repo_dfd, "refs/heads", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (heads_dfd < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "refs/heads");
	GHashTableIter iter;
	gpointer ref, commit;
	char name[16];
	guint n = 0;
	g_hash_table_iter_init(&iter, store->pending->commits);
	while (g_hash_table_iter_next(&iter, &ref, &commit)) {
		snprintf(name, sizeof(name), "%u", n++);
		if (!write_staged(staged_dfd, name, commit, error))
			return FALSE;
	}
	if (syncfs(repo_dfd) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s: sync", store->root);
	n = 0;
	g_hash_table_iter_init(&iter, store->pending->commits);
	while (g_hash_table_iter_next(&iter, &ref, &commit)) {
		snprintf(name, sizeof(name), "%u", n++);
		if (!move_ref(staged_dfd, name, heads_dfd, ref, error))
			return FALSE;
	}
	g_hash_table_remove_all(store->pending->commits);
	return TRUE;
}

static gboolean sync_and_move_refs(struct sbx_store *store, GError **error)
{
	g_autofree char *staged = g_build_filename(store->root, "repo", STAGED, NULL);
	if (!mkdtemp(staged))
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", staged);
	SBX_CLEANUP_FD int staged_dfd = open(staged, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	gboolean fine = staged_dfd >= 0
				? commit_refs(store, staged_dfd, error)
				: sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", staged);
	return sbx_store_remove_tree(staged, fine ? error : NULL) && fine;
}

gboolean sbx_transaction_commit(struct sbx_transaction *transaction, GCancellable *cancellable,
				GError **error)
{
	struct sbx_store *store = g_steal_pointer(&transaction->store);
	if (ostree_repo_commit_transaction(store->repo, NULL, cancellable, error))
		return sync_and_move_refs(store, error);
	transaction->store = store;
	sbx_transaction_abort(transaction);
	return FALSE;
}

gboolean sbx_transaction_renew(struct sbx_transaction *transaction, GCancellable *cancellable,
			       GError **error)
{
	struct sbx_store *store = transaction->store;
	return sbx_transaction_commit(transaction, cancellable, error) &&
	       sbx_transaction_begin(transaction, store, cancellable, error);
}

void sbx_transaction_abort(struct sbx_transaction *transaction)
{
	if (!transaction->store)
		return;
	ostree_repo_abort_transaction(transaction->store->repo, NULL, NULL);
	g_hash_table_remove_all(transaction->store->pending->commits);
	transaction->store = NULL;
}
