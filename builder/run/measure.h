/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RUN_MEASURE_H
#define SBX_BUILDER_RUN_MEASURE_H

#include "builder/context.h"
#include "profiler/language.h"
#include "store/catalog.h"

/* What became of a module that was to be measured. Names in JSON are the table's. */
#define SBX_MEASURE_TABLE(X)                                                                       \
	X(MEASURED, "measured")                                                                    \
	X(KNOWN, "known")   /* measured before, in this version of the package */                  \
	X(FAILED, "failed") /* it could not be imported: `why` */
enum sbx_measure_status {
#define X(id, name) SBX_MEASURE_##id,
	SBX_MEASURE_TABLE(X)
#undef X
		SBX_N_MEASURE_STATUSES
};
const char *sbx_measure_status_name(enum sbx_measure_status status);

/* A module and the package that serves it, and what importing it costs. */
struct sbx_measure_item {
	const struct sbx_language *language;
	char *module, *package, *version;
	enum sbx_measure_status status;
	char *why;			/* of a failure */
	struct sbx_footprint footprint; /* its strings are the others' */
};
void sbx_measure_item_free(struct sbx_measure_item *item);

struct sbx_measure {
	const char *template_id, *architecture;
	guint n_runs;	/* of each; the median counts */
	gboolean again; /* also what is known */
};

/*
 * Start the language's interpreter bare and with each module (its [measure] in language.conf), in
 * sandboxes on the template, with limits and without network, and keep the medians in the catalog.
 * A first run of each that warms the caches does not count. Items (struct sbx_measure_item *) get
 * their status and footprint; a module that cannot be imported is no error.
 */
gboolean sbx_measure_items(struct sbx_context *ctx, struct sbx_store *catalog,
			   const struct sbx_measure *measure, GPtrArray *items, GError **error);

/* May the name be put into a command of [measure]? It is a hostile source's. */
gboolean sbx_measure_is_plain(const char *module);

#endif
