/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_STORE_CHECKOUT_H
#define SBX_STORE_CHECKOUT_H

#include "store/store.h"

/* Check a commit out as hard links to the store's objects. `path` must not exist. */
gboolean sbx_store_checkout(struct sbx_store *store, const char *commit, const char *path,
			    GCancellable *cancellable, GError **error);

/* Lay a commit's files over a checkout; folders that exist keep their owner and mode. */
gboolean sbx_store_checkout_over(struct sbx_store *store, const char *commit, const char *path,
				 GCancellable *cancellable, GError **error);

/* A transaction that is aborted at the end of the scope unless it was committed. */
struct sbx_transaction {
	struct sbx_store *store;
};
gboolean sbx_transaction_begin(struct sbx_transaction *transaction, struct sbx_store *store,
			       GCancellable *cancellable, GError **error);
gboolean sbx_transaction_commit(struct sbx_transaction *transaction, GCancellable *cancellable,
				GError **error);
void sbx_transaction_abort(struct sbx_transaction *transaction);
#define SBX_AUTO_TRANSACTION __attribute__((cleanup(sbx_transaction_abort)))

#endif
