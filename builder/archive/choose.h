/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_ARCHIVE_CHOOSE_H
#define SBX_BUILDER_ARCHIVE_CHOOSE_H

#include "builder/archive/sources.h"
#include "builder/context.h"

/* Which archives and suites the context means. */
struct sbx_choice {
	char *suite; /* as it was asked for: one, or several with commas between */
	char *architecture;
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
 * The host's entries of each suite of `suites` ("bookworm,bookworm-backports") with its -updates
 * and -security. Where the host has none of a suite, its main entry with that suite, and with what
 * it has for its own suite's updates (`optional`: they may not be there). Newly allocated, as are
 * its elements; empty when nothing fits.
 */
GPtrArray *sbx_pick_sources(GPtrArray *host, const char *suites, const char *architecture);

/* The entry that the host itself was installed from, most likely; NULL: none. */
const struct sbx_apt_source *sbx_main_source(GPtrArray *host, const char *architecture);

#endif
