/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_ARCHIVE_META_H
#define SBX_BUILDER_ARCHIVE_META_H

#include "builder/archive/archive.h"

/* Bump when an index made before could not be read, or would differ. */
#define SBX_INDEX_FORMAT "sbx-index-2"

/* A Release, InRelease or signature that was fetched, and how to ask whether it has changed. */
struct sbx_meta_fetched {
	char *uri;		    /* without credentials */
	char *sha256;		    /* of the file, which is in the cache under this name */
	char *etag, *last_modified; /* NULL: the server gave none */
};

/* An index whose content went into ours; in the cache, too. */
struct sbx_meta_index {
	char *uri, *sha256;
	guint64 size;
};

/* meta.json: docs/schemas/index-meta.schema.json */
struct sbx_meta {
	char *suite, *architecture, *generation;
	char *updated; /* ISO 8601 UTC: when it was made */
	char *inputs;  /* digest over all that decides the content beside the Release files */
	guint64 n_packages, n_paths;
	GPtrArray *releases; /* struct sbx_release * */
	GPtrArray *fetched;  /* struct sbx_meta_fetched * */
	GPtrArray *indexes;  /* struct sbx_meta_index * */
};

struct sbx_meta *sbx_meta_new(void);
GPtrArray *sbx_meta_new_fetched_list(void); /* owns its struct sbx_meta_fetched */
void sbx_meta_free(struct sbx_meta *meta);
SBX_DEFINE_AUTO(sbx_meta, sbx_meta_free)

void sbx_release_free(struct sbx_release *release);

/* `folder`/meta.json. SBX_E_NOT_FOUND when it is missing, SBX_E_DAMAGED when it makes no sense. */
struct sbx_meta *sbx_meta_load(const char *folder, GError **error);
gboolean sbx_meta_save(const struct sbx_meta *meta, const char *folder, GError **error);

const struct sbx_meta_fetched *sbx_meta_find_fetched(const struct sbx_meta *meta, const char *uri);

#endif
