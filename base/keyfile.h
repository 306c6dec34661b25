/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BASE_KEYFILE_H
#define SBX_BASE_KEYFILE_H

#include <stddef.h>

#include "base/error.h"

/*
 * A key file, for layers without GLib (whose GKeyFile reads the same files):
 *
 *	# a comment
 *	[section]
 *	key=value
 *	list=one;two;three
 *	long=one;two;\
 *		three
 *
 * Blanks around keys, values and list items do not count. A backslash at a line's end joins it
 * with the next. In lists `\;` is a semicolon and `\\` a backslash; empty items are dropped.
 * Plain values are taken as they are. A section may be opened again; a key may not be given twice.
 */
struct sbx_keyfile;

/*
 * Read a whole text, which need not be NUL-terminated. NULL with SBX_E_INPUT naming `where`, the
 * line and what is wrong with it. The strings handed out below live as long as the result.
 */
struct sbx_keyfile *sbx_keyfile_parse(const char *text, size_t n_bytes, const char *where,
				      struct sbx_error *err);
void sbx_keyfile_free(struct sbx_keyfile *keyfile);

static inline void sbx_keyfile_free_at(struct sbx_keyfile **at)
{
	sbx_keyfile_free(*at);
}
#define SBX_CLEANUP_KEYFILE __attribute__((cleanup(sbx_keyfile_free_at)))

/* The value of a key, NULL when it is not there. */
const char *sbx_keyfile_get(const struct sbx_keyfile *keyfile, const char *section,
			    const char *key);

/* The value as a NULL-ended list; an empty one when the key is not there; NULL without memory. */
const char *const *sbx_keyfile_get_list(struct sbx_keyfile *keyfile, const char *section,
					const char *key);

/* The keys of a section in the file's order, NULL-ended; empty when there is no such section. */
const char *const *sbx_keyfile_keys(struct sbx_keyfile *keyfile, const char *section);

/*
 * Every key with a value, in the file's order; those of one opening of a section share the pointer
 * to its name. For files that are read from end to end.
 */
struct sbx_keyfile_entry {
	const char *section, *key, *value;
	unsigned line; /* from 1 */
};
const struct sbx_keyfile_entry *sbx_keyfile_entries(const struct sbx_keyfile *keyfile,
						    size_t *out_n);

/* A value cut at its semicolons, as sbx_keyfile_get_list() does. NULL without memory. */
const char *const *sbx_keyfile_split(struct sbx_keyfile *keyfile, const char *value);

#endif
