/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_ARCHIVE_KEYRING_H
#define SBX_BUILDER_ARCHIVE_KEYRING_H

#include <glib.h>

#include "builder/archive/sources.h"

/* The keys that may sign an archive, ready for gpgv, which reads binary keyrings only. */
struct sbx_keyring {
	int fd;		  /* memory file: all OpenPGP keyrings one after the other; -1: none */
	GPtrArray *boxes; /* paths of GnuPG's key boxes, which cannot be joined */
	GPtrArray *fingerprints; /* only these keys count; empty: all */
	GString *shown;		 /* what was looked at, for messages */
};

/*
 * The keys of source->signed_by, else those that apt trusts for every archive (trusted.gpg.d,
 * trusted.gpg below `apt_folder`) and Debian's archive keyring. SBX_E_UNTRUSTED when there is no
 * key at all, SBX_E_INPUT when a named file cannot be read.
 */
gboolean sbx_keyring_open(struct sbx_keyring *out, const struct sbx_apt_source *source,
			  const char *apt_folder, GError **error);
void sbx_keyring_release(struct sbx_keyring *keyring);
#define SBX_CLEANUP_KEYRING __attribute__((cleanup(sbx_keyring_release)))

/* ASCII armour (RFC 9580, 6) of one or several key blocks to bytes; NULL when there is none. */
GByteArray *sbx_keyring_unarmour(const char *text);

#endif
