/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_ARCHIVE_ARCHIVE_H
#define SBX_BUILDER_ARCHIVE_ARCHIVE_H

#include "builder/context.h"

/*
 * The verified, indexed metadata of a suite and architecture, below $SBX_ROOT/index/<suite>-<arch>/
 *
 *	meta.json	what this header's structs say, and the validators for conditional requests
 *	packages.map	what the resolver knows of all packages (builder/resolve/)
 *	providers.db	which package ships which path (builder/index/)
 *	generation	one line: SHA-256 over the Release digests; changes when anything did
 *
 * The folder is replaced as a whole (rename), so that readers see either the old or the new one.
 */
struct sbx_release {
	char *origin;	 /* "<suite>/<component>", as packages in a lock name it */
	char *uri;	 /* the archive's root, from apt's configuration; never part of a lock */
	char *login_uri; /* the same with user and password, never to be printed; NULL: none */
	char *suite;	 /* as in the URI: "bookworm-security" */
	char *component;
	char *date;   /* the Release file's Date, ISO 8601 UTC */
	char *sha256; /* digest of the verified InRelease */
	/* What it says of itself, for apt's preferences; NULL: nothing. */
	char *archive, *codename, *vendor, *label, *version;
	gboolean is_host; /* from apt's own sources: apt's own preferences are for it */
};

struct sbx_archive {
	char *suite, *architecture;
	char *path;		     /* the index folder */
	char *generation;	     /* see above */
	char *updated;		     /* when the index was made, ISO 8601 UTC */
	guint64 n_packages, n_paths; /* that were read; a path counts once for each index */
	GPtrArray *releases;	     /* struct sbx_release * */
};

/*
 * Open the index of the context's suite and architecture. SBX_E_NOT_FOUND says to run
 * `sbx-build update` when there is none.
 */
struct sbx_archive *sbx_archive_open(struct sbx_context *ctx, GError **error);
/* The same, after fetching it (sbx_archive_update) when there is none yet. */
struct sbx_archive *sbx_archive_open_or_update(struct sbx_context *ctx, GError **error);
void sbx_archive_free(struct sbx_archive *archive);
SBX_DEFINE_AUTO(sbx_archive, sbx_archive_free)

/* The suite and architecture that the context means (host's defaults filled in). Newly allocated.
 */
gboolean sbx_archive_identify(struct sbx_context *ctx, char **out_suite, char **out_architecture,
			      GError **error);

/* URI of a package of a lock: `origin` looked up in the releases; newly allocated, NULL: unknown.
 */
char *sbx_archive_package_uri(const struct sbx_archive *archive, const char *origin,
			      const char *path);

enum sbx_update_result { SBX_UPDATE_FAILED = -1, SBX_UPDATE_UNCHANGED, SBX_UPDATE_CHANGED };

/*
 * Fetch, verify and index (what `sbx-build update` does). Unchanged metadata costs one request for
 * each Release, a conditional one where the server can. The old index stays untouched when anything
 * fails.
 */
enum sbx_update_result sbx_archive_update(struct sbx_context *ctx, GError **error);

/* The same; `report` (elements struct sbx_update_report *, NULL: none) gets a row for each Release.
 */
struct sbx_update_report {
	char *uri; /* the archive's root, without credentials */
	char *suite;
	char *date; /* ISO 8601 UTC */
	gboolean changed;
};
void sbx_update_report_free(struct sbx_update_report *report);
enum sbx_update_result sbx_archive_update_report(struct sbx_context *ctx, GPtrArray *report,
						 GError **error);

#endif
