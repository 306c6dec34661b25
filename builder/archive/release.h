/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_ARCHIVE_RELEASE_H
#define SBX_BUILDER_ARCHIVE_RELEASE_H

#include <glib.h>

#include "builder/archive/sources.h"
#include "store/gerror.h"

/* A file that a Release lists. */
struct sbx_release_entry {
	char *sha256; /* lower case */
	guint64 size;
};

/* A Release file, as in wiki.debian.org/DebianRepository/Format. */
struct sbx_release_file {
	char *suite, *codename;		/* NULL: not said */
	char *origin, *label, *version; /* the same */
	gint64 date, valid_until;	/* seconds since 1970; 0: not said */
	gboolean by_hash;
	char **architectures, **components;	    /* empty: not said */
	gboolean not_automatic, automatic_upgrades; /* as backports and experimental are */
	gboolean all_in_each; /* packages for all are in every architecture's Packages too */
	GHashTable *entries;  /* path -> struct sbx_release_entry * */
};

/*
 * Read a verified Release. SBX_E_UNTRUSTED when it has no SHA256 section (weaker checksums are not
 * accepted) or one that is malformed; `where` begins every message.
 */
struct sbx_release_file *sbx_release_file_parse(const char *text, gsize n_bytes, const char *where,
						GError **error);
void sbx_release_file_free(struct sbx_release_file *release);
SBX_DEFINE_AUTO(sbx_release_file, sbx_release_file_free)

struct sbx_release_policy {
	gint64 now;			      /* seconds since 1970 */
	gboolean keeps_expired, keeps_future; /* do not look at Valid-Until, at Date */
};

/* Is it the suite asked for, and still, and already, valid? */
gboolean sbx_release_file_check(const struct sbx_release_file *release, const char *suite,
				const struct sbx_release_policy *policy, const char *where,
				GError **error);

/* The entry of a path, NULL when it is not listed. */
const struct sbx_release_entry *sbx_release_file_find(const struct sbx_release_file *release,
						      const char *path);
/*
 * The smallest compressed form of a path that is listed; *out_suffix is what follows the path. The
 * plain form only when there is no other: archives list it for its checksum and rarely have it.
 */
const struct sbx_release_entry *
sbx_release_file_find_smallest(const struct sbx_release_file *release, const char *path,
			       const char **out_suffix);

/* "2026-07-11T10:16:37Z"; newly allocated. */
char *sbx_format_time(gint64 seconds);

#endif
