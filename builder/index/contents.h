/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_CONTENTS_H
#define SBX_BUILDER_INDEX_CONTENTS_H

#include <gio/gio.h>

#include "store/gerror.h"

/* A line of a Contents index. Nothing is NUL-terminated; all lives until the function returns. */
struct sbx_contents_line {
	const char *path; /* as it stands there, without a leading "./" */
	gsize n_path;
	const char *packages; /* "section/name,area/section/name" */
	gsize n_packages;
	guint64 number; /* from 1 */
};

typedef gboolean (*sbx_contents_func)(const struct sbx_contents_line *line, gpointer data,
				      GError **error);

/*
 * Read a decompressed Contents index to its end and call `func` for the lines whose path begins
 * with one of `prefixes` (NULL-ended). Millions of lines, of which few are wanted: those that are
 * not are only looked at as far as it takes to see that they are lines of this format
 * (https://wiki.debian.org/DebianRepository/Format: a path, blanks, a list without blanks; free
 * text may stand above a line "FILE LOCATION").
 *
 * A malformed line is SBX_E_ARCHIVE naming `where` and the line.
 */
gboolean sbx_contents_read(GInputStream *stream, const char *where, const char *const *prefixes,
			   sbx_contents_func func, gpointer data, GCancellable *cancellable,
			   GError **error);

/* The error for a line that is not as it should be. Always FALSE. */
gboolean sbx_contents_fail(const char *where, guint64 line, const char *reason, GError **error);

/*
 * Take the next package's name off a list: *packages and *n_packages move on. Returns its length
 * and sets *out_name; 0 at the end of the list, -1 when what stands there is no name.
 */
gssize sbx_contents_next_package(const char **packages, gsize *n_packages, const char **out_name);

#endif
