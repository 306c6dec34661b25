/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_NATIVE_VIEW_PRIVATE_H
#define SBX_BUILDER_BUILD_NATIVE_VIEW_PRIVATE_H

#include <string.h>
#include <sys/stat.h>

#include "builder/build/native/view.h"

/* What a path has become; of a folder the dirmeta. */
struct sbx_view_change {
	enum sbx_view_kind kind;
	guint8 checksum[SBX_CHECKSUM_BYTES];
};

struct sbx_view {
	struct sbx_store *store;
	struct sbx_tree *tree;
	GCancellable *cancellable;
	GHashTable *changes; /* char * relative path -> struct sbx_view_change * */
	guint64 n_bytes;     /* of files that were written */
	const char *failed;
	GError *error;
};

/* What a walk along a path has come to. */
struct sbx_view_place {
	enum sbx_view_kind kind;
	char *path; /* relative, without links; NULL: a folder on the way is missing */
	guint8 checksum[SBX_CHECKSUM_BYTES]; /* of a folder: its dirmeta */
};

void sbx_view_place_clear(struct sbx_view_place *place);
#define SBX_VIEW_AUTO_PLACE __attribute__((cleanup(sbx_view_place_clear))) struct sbx_view_place

/* After what may have set v->error: then the view has failed. */
void sbx_view_check(struct sbx_view *v);

/* What is at a relative path on whose way there are no links. */
void sbx_view_look(struct sbx_view *v, const char *path, struct sbx_view_place *out);

/* The same of any path, as a process would come to it. */
void sbx_view_walk(struct sbx_view *v, const char *path, enum sbx_view_last last,
		   struct sbx_view_place *out);

/* Where a link leads to, newly allocated; NULL: it cannot be read. */
char *sbx_view_link_target(struct sbx_view *v, const struct sbx_view_place *place);

#endif
