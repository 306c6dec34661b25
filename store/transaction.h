/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_STORE_TRANSACTION_H
#define SBX_STORE_TRANSACTION_H

#include "store/store.h"

/* Refs that wait for their transaction's commit; a part of an open store. */
struct sbx_pending_refs *sbx_pending_refs_new(void);
void sbx_pending_refs_free(struct sbx_pending_refs *pending);

/*
 * What is added to the store between begin and commit; aborted at the end of the scope unless it
 * was committed. Libostree would sync every folder of objects by itself, some hundred times eight
 * milliseconds on a disk; here all of it is synced at once (syncfs(2)), and only then do refs move,
 * so that no ref ever names what a power cut has taken.
 */
struct sbx_transaction {
	struct sbx_store *store;
};
gboolean sbx_transaction_begin(struct sbx_transaction *transaction, struct sbx_store *store,
			       GCancellable *cancellable, GError **error);

/*
 * What was added until now can be read and linked like any object; nothing of it is synced yet. The
 * refs wait for the commit.
 */
gboolean sbx_transaction_flush(struct sbx_transaction *transaction, GCancellable *cancellable,
			       GError **error);

/* Commit, and begin anew: what was added until now stays, whatever comes. */
gboolean sbx_transaction_renew(struct sbx_transaction *transaction, GCancellable *cancellable,
			       GError **error);

/* Sync, and let the refs point to what was added. */
gboolean sbx_transaction_commit(struct sbx_transaction *transaction, GCancellable *cancellable,
				GError **error);
void sbx_transaction_abort(struct sbx_transaction *transaction);
#define SBX_AUTO_TRANSACTION __attribute__((cleanup(sbx_transaction_abort)))

/* The ref will name the commit once the running transaction is committed. Any thread may call. */
void sbx_transaction_set_ref(struct sbx_store *store, const char *ref, const char *commit);

/* What the ref will name then; newly allocated, NULL when the transaction does not change it. */
char *sbx_transaction_ref(struct sbx_store *store, const char *ref);

#endif
