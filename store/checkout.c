/* SPDX-License-Identifier: Apache-2.0 */
#include "store/checkout.h"

#include <fcntl.h>

static gboolean checkout(struct sbx_store *store, const char *commit, const char *path,
			 OstreeRepoCheckoutOverwriteMode overwrite, GCancellable *cancellable,
			 GError **error)
{
	OstreeRepoCheckoutAtOptions options = {
		.mode = store->rootless ? OSTREE_REPO_CHECKOUT_MODE_USER
					: OSTREE_REPO_CHECKOUT_MODE_NONE,
		.overwrite_mode = overwrite,
		.no_copy_fallback = FALSE, /* a file system's limit of links per file */
	};
	if (!ostree_repo_checkout_at(store->repo, &options, AT_FDCWD, path, commit, cancellable,
				     error)) {
		g_prefix_error(error, "%s: checkout: ", path);
		return FALSE;
	}
	return TRUE;
}

gboolean sbx_store_checkout(struct sbx_store *store, const char *commit, const char *path,
			    GCancellable *cancellable, GError **error)
{
	return checkout(store, commit, path, OSTREE_REPO_CHECKOUT_OVERWRITE_NONE, cancellable,
			error);
}

gboolean sbx_store_checkout_over(struct sbx_store *store, const char *commit, const char *path,
				 GCancellable *cancellable, GError **error)
{
	return checkout(store, commit, path, OSTREE_REPO_CHECKOUT_OVERWRITE_UNION_FILES,
			cancellable, error);
}

gboolean sbx_transaction_begin(struct sbx_transaction *transaction, struct sbx_store *store,
			       GCancellable *cancellable, GError **error)
{
	if (!ostree_repo_prepare_transaction(store->repo, NULL, cancellable, error))
		return FALSE;
	transaction->store = store;
	return TRUE;
}

gboolean sbx_transaction_commit(struct sbx_transaction *transaction, GCancellable *cancellable,
				GError **error)
{
	struct sbx_store *store = g_steal_pointer(&transaction->store);
	if (ostree_repo_commit_transaction(store->repo, NULL, cancellable, error))
		return TRUE;
	ostree_repo_abort_transaction(store->repo, NULL, NULL);
	return FALSE;
}

void sbx_transaction_abort(struct sbx_transaction *transaction)
{
	if (transaction->store)
		ostree_repo_abort_transaction(transaction->store->repo, NULL, NULL);
	transaction->store = NULL;
}
