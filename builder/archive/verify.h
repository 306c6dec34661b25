/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_ARCHIVE_VERIFY_H
#define SBX_BUILDER_ARCHIVE_VERIFY_H

#include "builder/archive/keyring.h"

/*
 * Check an InRelease file (signature_path NULL) or a Release file with its detached signature by
 * gpgv(1). The text is what gpgv found signed, never the file as it is. At least one good signature
 * by a key of the keyring is needed; a bad one, whoever made it, refuses all. SBX_E_UNTRUSTED tells
 * the reason and the key; `where` (a URI) begins every message.
 */
char *sbx_verify_release(const char *path, const char *signature_path,
			 const struct sbx_keyring *keyring, const char *where, gsize *out_n_bytes,
			 GError **error);

/* The text of an InRelease file without any check, for archives taken as trusted. */
char *sbx_verify_strip_signature(const char *path, const char *where, gsize *out_n_bytes,
				 GError **error);

/* For tests: judge what gpgv wrote to its --status-fd (GnuPG's doc/DETAILS). */
gboolean sbx_verify_judge(const char *status, const struct sbx_keyring *keyring, const char *where,
			  GError **error);

#endif
