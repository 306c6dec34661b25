/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_NATIVE_VIEW_H
#define SBX_BUILDER_BUILD_NATIVE_VIEW_H

#include "builder/build/trace.h"

/*
 * A tree with changes that are not made to it yet: what a script sees of its own doing. Paths are
 * absolute, as in the script; links are followed as the kernel would. What a template's tree is
 * not (/proc, /tmp, /run ...) can't be asked about. When something can't be answered or done, or
 * the store can't be read, the view has failed: all further answers are "absent".
 */
struct sbx_view;

enum sbx_view_kind { SBX_VIEW_ABSENT, SBX_VIEW_FILE, SBX_VIEW_LINK, SBX_VIEW_FOLDER };
enum sbx_view_last { SBX_VIEW_FOLLOW, SBX_VIEW_NOFOLLOW }; /* a link that a path ends in */

struct sbx_view *sbx_view_new(struct sbx_store *store, struct sbx_tree *tree,
			      GCancellable *cancellable);
void sbx_view_free(struct sbx_view *view);
SBX_DEFINE_AUTO(sbx_view, sbx_view_free)

enum sbx_view_kind sbx_view_kind(struct sbx_view *view, const char *path, enum sbx_view_last last);
gboolean sbx_view_is_executable(struct sbx_view *view, const char *path);
gboolean sbx_view_is_empty(struct sbx_view *view, const char *path);
/* Where a link leads; NULL when there is no link. Newly allocated. */
char *sbx_view_target(struct sbx_view *view, const char *path);
/* A file's text, NULL when there is no such file, it is very large or holds NULs. Newly allocated.
 */
char *sbx_view_read(struct sbx_view *view, const char *path);
/* Names in a folder, some twice or removed; empty when it is none. Frees its names. */
GPtrArray *sbx_view_names(struct sbx_view *view, const char *path);
/* The path without links in it, but for what it ends in; NULL when a folder on it is missing. */
char *sbx_view_real_path(struct sbx_view *view, const char *path);

/* A file of root's, mode 0644, or with the owner and mode of the one that it replaces. */
enum sbx_view_mode { SBX_VIEW_FRESH, SBX_VIEW_KEEP };
void sbx_view_put_file(struct sbx_view *view, const char *path, const char *text,
		       enum sbx_view_mode mode);
void sbx_view_put_link(struct sbx_view *view, const char *path, const char *target);
void sbx_view_remove(struct sbx_view *view, const char *path);
/* mkdir -p, mode 0755 */
void sbx_view_make_folders(struct sbx_view *view, const char *path);

/* Why it has failed (NULL: it has not), and the error if it is one of the store. */
const char *sbx_view_failed(const struct sbx_view *view, GError **error);
void sbx_view_fail(struct sbx_view *view, const char *why);

/* The changes as a trace without triggers. */
struct sbx_trace *sbx_view_to_trace(struct sbx_view *view, GError **error);

#endif
