/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_SUPPLY_H
#define SBX_BUILDER_BUILD_SUPPLY_H

#include "builder/archive/archive.h"
#include "builder/build/build_report.h"
#include "builder/resolve/lock.h"
#include "store/transaction.h"

/*
 * Bring the packages of a lock that the store lacks: they are fetched in one thread and imported
 * by one thread per processor as they arrive, the base packages first, the largest first after
 * them.
 */
struct sbx_supply;

/* Plan and begin to fetch. */
struct sbx_supply *sbx_supply_start(struct sbx_context *ctx, struct sbx_store *store,
				    const struct sbx_archive *archive, const struct sbx_lock *lock,
				    struct sbx_build_report *report, GError **error);
/* Ends the fetching, early if something failed; packages that are not imported stay in cache/. */
void sbx_supply_free(struct sbx_supply *supply);
SBX_DEFINE_AUTO(sbx_supply, sbx_supply_free)

guint sbx_supply_n_missing(const struct sbx_supply *supply);

/* Does the store lack a package, beyond the base, whose name begins so? */
gboolean sbx_supply_lacks(const struct sbx_supply *supply, const char *prefix);

enum sbx_supply_part { SBX_SUPPLY_BASE, SBX_SUPPLY_REST };

/*
 * Import that part in the running transaction, waiting for what is still being fetched. Much, and
 * all of the base, is committed at once: to unpack it again would take long. A little can be read
 * (store/transaction.h), and is kept with what the caller makes of it, which saves a sync; until
 * sbx_supply_settle() its .debs stay in cache/, where the next build finds them if this one fails.
 */
gboolean sbx_supply_import(struct sbx_supply *supply, enum sbx_supply_part part,
			   struct sbx_transaction *transaction, GError **error);

/* The transaction was committed: .debs that were left go. */
void sbx_supply_settle(struct sbx_supply *supply);

#endif
