/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_KEYS_H
#define SBX_BUILDER_RESOLVE_KEYS_H

#include <glib.h>
#include <solv/pool.h>

/* Bump when the cache's content changes its meaning: an older one is refused and made anew. */
#define SBX_SOLV_FORMAT 2

/*
 * What the cache keeps of a package besides name, version, architecture, Provides, Depends and
 * Conflicts, which are libsolv's own fields.
 *
 * libsolv sorts Depends when it writes them, but apt goes through them in the order of the field:
 * so the text of the fields is kept too. That and what only few packages are asked for is kept in
 * two strings of lines in the cache's paged part ("vertical"), which costs nothing to load.
 */
#define SBX_KEY_TABLE(X)                                                                           \
	X(FORMAT, "sbx:format")	      /* meta: SBX_SOLV_FORMAT */                                  \
	X(ARCHITECTURE, "sbx:arch")   /* meta: string */                                           \
	X(ESSENTIAL, "sbx:essential") /* meta: names of the Essential packages, ids */             \
	X(ORIGIN, "sbx:origin")	      /* id of "<suite>/<component>" */                            \
	X(PIN, "sbx:pin")	      /* number, only where it is not 500 */                       \
	X(RELATIONS, "sbx:relations") /* paged lines: enum sbx_relations_line */                   \
	X(DETAILS, "sbx:details")     /* paged lines: enum sbx_details_line */

/* The fields' text, each on a line of its own; empty where there is none. */
enum sbx_relations_line { SBX_LINE_PRE_DEPENDS, SBX_LINE_DEPENDS, SBX_LINE_RECOMMENDS };

enum sbx_details_line {
	SBX_LINE_PATH,	    /* Filename */
	SBX_LINE_SHA256,    /* 64 hex digits */
	SBX_LINE_SIZE,	    /* bytes */
	SBX_LINE_INSTALLED, /* KiB */
	SBX_LINE_RANK,	    /* Priority: 1 required .. 5 extra, 0 none */
	SBX_LINE_ORDER,	    /* grows with when the name was first met, as apt reads */
	SBX_LINE_SECTION,
	SBX_LINE_MULTI_ARCH,
};

enum sbx_key {
#define X(id, name) SBX_KEY_##id,
	SBX_KEY_TABLE(X)
#undef X
		SBX_N_KEYS
};

/* The keys as ids of this pool. */
struct sbx_keys {
	Id id[SBX_N_KEYS];
};

void sbx_keys_init(struct sbx_keys *keys, Pool *pool);

/* A pool for Debian packages of this architecture. Never NULL. */
Pool *sbx_solv_pool_new(const char *architecture);

struct sbx_relation;

/*
 * The id by which libsolv knows what a relation names, made when `create` is set (else 0 when the
 * pool has never heard of it). `foo:any` is the name "foo:any", which packages with Multi-Arch:
 * allowed provide, as in apt; `foo:native` and `foo:<this architecture>` are foo.
 */
Id sbx_solv_relation_id(Pool *pool, const struct sbx_relation *relation, const char *architecture,
			gboolean create);

/*
 * Read the alternatives of one dependency (up to the next comma) as ids into `out`, which is
 * emptied first. TRUE with an empty queue at the end of the field.
 */
struct sbx_relation_reader;
gboolean sbx_solv_read_group(Pool *pool, struct sbx_relation_reader *reader,
			     const char *architecture, gboolean create, Queue *out, GError **error);

#endif
