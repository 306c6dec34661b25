/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_KEYSTORE_H
#define SBX_BUILDER_BUILD_KEYSTORE_H

#include <glib.h>

/* Where ca-certificates-java's maintainer script keeps the certificates for Java. */
#define SBX_KEYSTORE_PATH "etc/ssl/certs/java/cacerts"

/*
 * A Java keystore tells of each entry when it was added, in milliseconds, so that no two builds
 * would have the same one. Date all of them as everything else is dated (SOURCE_DATE_EPOCH of
 * builder/build/configure.sh), and seal it again. Java shows these dates and goes by them in
 * nothing.
 *
 * TRUE: `bytes` were changed, in place. FALSE: they are left alone, since it is no keystore of the
 * format JKS (versions 1 and 2), or one whose password is not Debian's default, "changeit".
 */
gboolean sbx_keystore_normalise(guint8 *bytes, gsize n_bytes);

#endif
