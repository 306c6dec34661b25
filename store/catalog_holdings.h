/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_STORE_CATALOG_HOLDINGS_H
#define SBX_STORE_CATALOG_HOLDINGS_H

#include "store/catalog.h"

/*
 * What the templates hold, so that thousands are compared with a lock without reading theirs. A
 * template's id is made of its packages and options, so an entry never becomes untrue: it goes with
 * its template, and one that is missing is made of the template's lock.
 */
struct sbx_held_package {
	const char *sha256, *name, *version;
	guint64 installed_bytes;
};

struct sbx_holding {
	guint32 *packages; /* places in `packages` below, in the lock's order */
	guint n_packages;
	/* What it was made without: the lock's options (builder/resolve/content.h). */
	guint without;
	char **locales, **skip_scripts; /* NULL: none */
};

struct sbx_holdings {
	GArray *packages;      /* struct sbx_held_package */
	GHashTable *by_sha256; /* char * -> GUINT_TO_POINTER(place + 1) */
	GHashTable *templates; /* id -> struct sbx_holding * */
	GStringChunk *texts;
};

/* Of all templates that have an entry. NULL with *error set. */
struct sbx_holdings *sbx_catalog_holdings(struct sbx_store *store, GError **error);
void sbx_catalog_holdings_free(struct sbx_holdings *holdings);
SBX_DEFINE_AUTO(sbx_holdings, sbx_catalog_holdings_free)

/* Make the entry of a template that is in the catalog; `holding->packages` is not looked at. */
gboolean sbx_catalog_add_holding(struct sbx_store *store, const char *id,
				 const struct sbx_held_package *packages, guint n_packages,
				 const struct sbx_holding *holding, GError **error);

/* Forget packages that no template holds. */
gboolean sbx_catalog_prune_holdings(struct sbx_store *store, GError **error);

#endif
