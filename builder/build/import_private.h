/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_IMPORT_PRIVATE_H
#define SBX_BUILDER_BUILD_IMPORT_PRIVATE_H

#include "builder/build/control.h"
#include "builder/build/deb.h"
#include "builder/build/import.h"

/* One package on its way into the store. */
struct import {
	struct sbx_store *store;
	const struct sbx_lock_package *package;
	const struct sbx_import_limits *limits;
	GCancellable *cancellable;
	struct sbx_control *control;
	GHashTable *conffiles; /* path with leading '/' -> its MD5, "" until seen */
	GPtrArray *conffile_order;
	GString *list; /* becomes info/<package>.list */
	GByteArray *buffer;
	guint64 n_bytes, n_entries;
	gint64 store_usec;
	GPtrArray *special; /* what a rootless store cannot keep, for people */
	guint8 default_dirmeta[SBX_CHECKSUM_BYTES];
};

/* SBX_E_ARCHIVE: what of the package's files is not as it must be, and that it can be left out. */
gboolean sbx_import_refuse(const struct import *in, const char *path, const char *reason,
			   GError **error);

/* Read the entry's bytes, `max` at most, into in->buffer. */
gboolean sbx_import_read(struct import *in, struct archive *tar, const char *path, guint64 max,
			 GError **error);

/* The package's control files but `control` itself, which is left in in->control. NULL: failed. */
struct sbx_tree *sbx_import_control(struct import *in, struct sbx_deb *deb, GError **error);

/* The package's files as a tree whose objects are stored. NULL: failed. */
struct sbx_tree *sbx_import_data(struct import *in, struct sbx_deb *deb, GError **error);

#endif
