/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_DEBCONF_H
#define SBX_BUILDER_BUILD_DEBCONF_H

#include "builder/build/workroot.h"

/*
 * debconf keeps the questions of all packages in one file and their templates in another, and
 * reads and writes both whole: a script that asks one question would depend on all packages
 * configured before it, and what it left could be replayed beside the same packages only. So while
 * scripts run debconf works on folders with a file for each package (its driver PackageDir, by
 * builder/build/debconf.conf), where what a script read is what it asked for. When all have run,
 * the files are made of them that debconf would have written by itself.
 */

/* Is the tree's debconf set up as Debian ships it? Another set-up is left alone. */
gboolean sbx_debconf_is_plain(struct sbx_store *store, struct sbx_tree *tree);

/*
 * Before scripts run: the folders, of the files if there are any, so that no script is the first
 * one to find them missing.
 */
gboolean sbx_debconf_begin(struct sbx_workroot *root, GError **error);

/* Are more packages to be configured over the tree? Then the folders stay. */
enum sbx_debconf_end { SBX_DEBCONF_KEEP, SBX_DEBCONF_REMOVE };

/* After scripts have run: the files, of the folders, where scripts changed these. */
gboolean sbx_debconf_end(struct sbx_workroot *root, enum sbx_debconf_end end, GError **error);

/* Is it one of the folders' files? `path` is relative. */
gboolean sbx_debconf_is_ours(const char *path);

/*
 * A database's text with its records in the order of their names, newly allocated: the driver
 * writes them in none, so that the same records are not always the same bytes.
 */
char *sbx_debconf_sort(const char *text);

#endif
