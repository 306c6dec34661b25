/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_ARCHIVE_CHOOSE_H
#define SBX_BUILDER_ARCHIVE_CHOOSE_H

#include "builder/archive/sources.h"
#include "builder/context.h"

/* Which archives and suites the context means. */
struct sbx_choice {
	char *suite, *architecture;
	GPtrArray *sources; /* struct sbx_apt_source *, the main one first, none twice */
};

/*
 * --mirror, --suite and --keyring, else the host's apt sources: the entries of the host's own suite
 * with its -updates and -security. SBX_E_NOT_FOUND with the way out when there is nothing.
 */
gboolean sbx_choose_sources(struct sbx_context *ctx, struct sbx_choice *out, GError **error);
void sbx_choice_release(struct sbx_choice *choice);
#define SBX_CLEANUP_CHOICE __attribute__((cleanup(sbx_choice_release)))

/* The host's codename from os-release(5), NULL when it has none. Newly allocated. */
char *sbx_host_codename(void);
/* Debian's name of the architecture that this program was built for. */
const char *sbx_host_architecture(void);

/*
 * The entries of `suite` among the host's; when it has none, its main entry with that suite. Shared
 * with tests. Newly allocated, as are its elements; empty when nothing fits.
 */
GPtrArray *sbx_pick_sources(GPtrArray *host, const char *suite, const char *architecture);

#endif
