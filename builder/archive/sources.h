/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_ARCHIVE_SOURCES_H
#define SBX_BUILDER_ARCHIVE_SOURCES_H

#include <glib.h>

/* One archive and suite to take packages from, as sources.list(5) describes it. */
struct sbx_apt_source {
	char *uri;	      /* the archive's root, no slash at its end; may hold credentials */
	char *suite;	      /* "bookworm-security" */
	char **components;    /* at least one */
	char **architectures; /* NULL: all */
	char *signed_by;  /* paths and fingerprints, or a key as text; NULL: the host's keyrings */
	gboolean trusted; /* take it without a valid signature */
	gboolean keeps_expired; /* check-valid-until=no */
	gboolean is_host;	/* from apt's own configuration: its settings apply */
	gboolean optional;	/* derived from another suite's entry: it may not be there */
	char *where;		/* "file:line", for messages */
};

void sbx_apt_source_free(struct sbx_apt_source *source);

/*
 * Add the `deb` entries of a one-line-style file or of a deb822-style file to `sources` (struct
 * sbx_apt_source *, one for each URI and suite). Disabled entries, source packages, cdroms and flat
 * repositories (a suite that ends in a slash) are left out; $(ARCH) becomes `architecture`.
 * SBX_E_INPUT names the file and line of what cannot be read.
 */
gboolean sbx_apt_sources_parse_list(const char *text, gsize n_bytes, const char *where,
				    const char *architecture, GPtrArray *sources, GError **error);
gboolean sbx_apt_sources_parse_deb822(const char *text, gsize n_bytes, const char *where,
				      const char *architecture, GPtrArray *sources, GError **error);

/* One entry in one-line style, "deb" and the options optional: what --mirror takes. */
gboolean sbx_apt_sources_parse_entry(const char *line, const char *where, const char *architecture,
				     GPtrArray *sources, GError **error);

/* sources.list and sources.list.d below `folder`, in apt's order. Empty when there are none. */
GPtrArray *sbx_apt_sources_read(const char *folder, const char *architecture, GError **error);

GPtrArray *sbx_apt_sources_new(void);

#endif
