/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_ARCHIVE_PACKAGE_H
#define SBX_BUILDER_ARCHIVE_PACKAGE_H

#include <glib.h>

/*
 * One stanza of a Packages index (deb-control(5), Debian policy 5). Strings point into the
 * reader's buffer and live until the next stanza; a missing field is NULL.
 */
struct sbx_package {
	const char *name, *version, *architecture, *source;
	const char *depends, *pre_depends, *recommends, *suggests, *enhances;
	const char *conflicts, *breaks, *provides, *replaces;
	const char *filename; /* below the archive's root */
	const char *sha256;   /* 64 hex digits, lower case */
	const char *section, *priority, *multi_arch, *description;
	guint64 size;		       /* bytes of the .deb */
	guint64 installed_kib;	       /* Installed-Size: KiB */
	gboolean essential, important; /* Essential: yes, Important/Protected: yes */
};

typedef gboolean (*sbx_package_func)(const struct sbx_package *package, gpointer data,
				     GError **error);

/*
 * Call `func` for each stanza of an uncompressed Packages index held in memory, which is changed
 * in place (line ends become NULs). A stanza without Package, Version or Architecture, or with a
 * field that runs past the end, is SBX_E_ARCHIVE naming `where` and the line.
 */
gboolean sbx_packages_parse(char *text, gsize n_bytes, const char *where, sbx_package_func func,
			    gpointer data, GError **error);

/* Debian's version comparison (deb-version(7)): <0, 0, >0. Any byte string is accepted. */
int sbx_version_compare(const char *a, const char *b);

#endif
