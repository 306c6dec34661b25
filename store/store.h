/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_STORE_STORE_H
#define SBX_STORE_STORE_H

#include <ostree.h>
#include <sqlite3.h>

#include "base/idmap.h"
#include "store/gerror.h"

/*
 * What is kept below $SBX_ROOT (docs/architecture.md, "On disk"):
 *
 *	repo/		the ostree repository: bare, or bare-user-only of an ordinary user with one
 *id ids		of an ordinary user with a range of ids: which (base/idmap.h) catalog.db
 *sqlite, WAL templates/<id>/	root/ (checkout), lock.json, meta.json, lock
 *	tmp/		work in progress; what a crash leaves there is cleared by gc
 *	lock		held shared by whoever reads or adds, exclusively by gc while it deletes
 *
 * Refs: pkg/deb/<name>/<version>/<arch> a package (data/ and control/), pyc/... what its modules
 * compile to, slim/<key>/... what is left of its files where others are left out,
 * script/<key>/<reads> what a maintainer script did, base/<key> what configuring the base packages
 * changed, template/<id> a template.
 */
struct sbx_store {
	char *root;
	OstreeRepo *repo;
	struct sbx_pending_refs *pending;	     /* store/transaction.h, beside a repo */
	void (*close_repo)(struct sbx_store *store); /* when there is one */
	sqlite3 *catalog;
	gboolean rootless;	/* owners, set-id bits and xattrs can't be kept */
	gboolean has_idmap;	/* an ordinary user's, who keeps them in a range of ids: */
	struct sbx_idmap idmap; /* this one */
	int lock_fd;
};

enum sbx_store_access { SBX_STORE_SHARED, SBX_STORE_EXCLUSIVE };

/*
 * Open, and make what is missing (mode 0700). Exclusive access waits for running builds, shared
 * access for a running gc; both end early when cancelled.
 */
struct sbx_store *sbx_store_open(const char *root, enum sbx_store_access access,
				 GCancellable *cancellable, GError **error);

/*
 * Open only the catalog and the templates, without libostree's repository (`repo` is NULL), which
 * costs milliseconds that a warm `run` does not have.
 */
struct sbx_store *sbx_store_open_catalog(const char *root, GCancellable *cancellable,
					 GError **error);

void sbx_store_free(struct sbx_store *store);
SBX_DEFINE_AUTO(sbx_store, sbx_store_free)

/* Who made the store, and thus what it keeps: "root", "range" or "single" (docs/build.md). */
const char *sbx_store_ids(const struct sbx_store *store);

/* A fresh folder below tmp/, for the caller to remove. Newly allocated. */
char *sbx_store_make_tmp(struct sbx_store *store, const char *prefix, GError **error);

/* rm -rf of a folder that we made, symbolic links not followed; a missing one is fine. */
gboolean sbx_store_remove_tree(const char *path, GError **error);

/*
 * g_cancellable_is_cancelled() in programs that link GIO; NULL in one that has no cancellable. What
 * waits here asks it.
 */
extern gboolean (*sbx_store_is_cancelled)(GCancellable *cancellable);

/* flock(2) that waits in small steps, so that it can be cancelled. operation: LOCK_SH, LOCK_EX. */
gboolean sbx_store_flock(int fd, int operation, const char *what, GCancellable *cancellable,
			 GError **error);

/*
 * The lock that whoever makes a part of the store holds, so that two first uses at once make it one
 * after the other. Returns a descriptor to close, or -1.
 */
int sbx_store_lock_creation(const struct sbx_store *store, GCancellable *cancellable,
			    GError **error);

/* `text` with every byte that ref names do not allow as _XX (hex). Newly allocated. */
char *sbx_store_ref_part(const char *text);

#endif
