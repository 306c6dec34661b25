/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_ARCHIVE_UPDATE_H
#define SBX_BUILDER_ARCHIVE_UPDATE_H

#include "builder/archive/choose.h"
#include "builder/archive/meta.h"
#include "builder/archive/release.h"

/*
 * One update, stage by stage. Private to this folder: update.c is the order of the stages,
 * update_release.c brings and checks the Release files, update_age.c
 * whether they are older than those we had, update_plan.c says which indexes they mean,
 * update_index.c makes our index of them.
 */

/* A source and its verified Release. */
struct sbx_update_source {
	const struct sbx_apt_source *source;
	char *root;	    /* the archive's root without credentials */
	char *where;	    /* the Release file's URI, for messages */
	char *sha256;	    /* of the InRelease (or Release) file as it was fetched */
	GPtrArray *fetched; /* struct sbx_meta_fetched *: what that took */
	struct sbx_release_file *release;
	gboolean changed; /* another one than the present index was made from */
};

enum sbx_index_kind { SBX_INDEX_PACKAGES, SBX_INDEX_CONTENTS };

/* An index of the archive to fetch (or take from the cache) and read. */
struct sbx_update_index {
	enum sbx_index_kind kind;
	char *origin;	    /* "<suite>/<component>" */
	guint pin;	    /* of the origin, see sbx_package_writer_set_pin() */
	char *where;	    /* its plain URI without credentials, for messages */
	char *uri;	    /* where it is fetched: by-hash where the archive has that */
	char *fallbacks[2]; /* the plain URI when `uri` is by hash; NULL-ended */
	char *path;	    /* in the cache */
	char *sha256;	    /* of the compressed file */
	guint64 size;	    /* bytes of it */
	guint64 text_bytes; /* decompressed, 0: not said */
};

struct sbx_update {
	struct sbx_context *ctx;
	struct sbx_choice choice;
	char *base;	      /* $SBX_ROOT/index */
	char *cache;	      /* $SBX_ROOT/cache/index: files by their SHA-256 */
	struct sbx_meta *old; /* of the present index, NULL: none that could be used */
	struct sbx_meta *new;
	GPtrArray *sources; /* struct sbx_update_source * */
	GPtrArray *indexes; /* struct sbx_update_index * */
};

void sbx_update_source_free(struct sbx_update_source *source);
void sbx_update_index_free(struct sbx_update_index *index);

/* Fill update->sources: one request for each Release, a conditional one where that can be. */
gboolean sbx_update_fetch_releases(struct sbx_update *update, GError **error);

/*
 * Is each Release at least as new as the newest of its kind that an index here was made from?
 * SBX_E_UNTRUSTED when not, or with the context's allow_older a warning.
 */
gboolean sbx_update_check_age(struct sbx_update *update, GError **error);

/* Fill update->new (but for the counts) and update->indexes from update->sources. */
gboolean sbx_update_plan(struct sbx_update *update, GError **error);

/* Fetch the indexes and make packages.map and providers.db in `folder`, side by side. */
gboolean sbx_update_make_index(struct sbx_update *update, const char *folder, GError **error);

#endif
