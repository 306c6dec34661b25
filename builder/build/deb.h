/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_DEB_H
#define SBX_BUILDER_BUILD_DEB_H

#include <archive.h>
#include <archive_entry.h>
#include <gio/gio.h>

#include "store/gerror.h"

/*
 * A .deb (deb(5)): an ar archive of debian-binary, control.tar[.gz|.xz|.zst], data.tar[...], read
 * as a stream with libarchive, nothing written anywhere. Its bytes are hashed as they are read.
 */
struct sbx_deb;

/* `name` is what messages call it. */
struct sbx_deb *sbx_deb_open(const char *path, const char *name, GError **error);
void sbx_deb_free(struct sbx_deb *deb);
SBX_DEFINE_AUTO(sbx_deb, sbx_deb_free)

enum sbx_deb_member { SBX_DEB_CONTROL, SBX_DEB_DATA };

/*
 * Go on to that member (control comes first) and open it as a tar. The result belongs to the deb
 * and ends with the next call. SBX_E_ARCHIVE when it isn't there.
 */
struct archive *sbx_deb_member(struct sbx_deb *deb, enum sbx_deb_member member, GError **error);

/*
 * Read to the end and compare. SBX_E_UNTRUSTED when the file's SHA-256 (64 hex digits) or size is
 * another. Call it after the last member and before anything read is committed.
 */
gboolean sbx_deb_check(struct sbx_deb *deb, const char *sha256, guint64 size, GError **error);

/* "what: libarchive's reason" as SBX_E_ARCHIVE. Always FALSE. */
gboolean sbx_deb_fail(struct archive *archive, const char *what, GError **error);

/*
 * What a store keeps of an entry's extended attributes, as a(ayay), NULL when nothing: a file's
 * capability, if it is in one of the kernel's forms; FALSE when it is not.
 */
gboolean sbx_deb_entry_xattrs(struct archive_entry *entry, GVariant **out_xattrs);

#endif
