/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_KEYS_H
#define SBX_BUILDER_RESOLVE_KEYS_H

#include <glib.h>
#include <solv/pool.h>

/* Bump when the cache's content changes its meaning: an older one is refused and made anew. */
#define SBX_SOLV_FORMAT 1

/*
 * What the cache keeps of a package besides name, version, architecture, Provides, Depends and
 * Conflicts, which are libsolv's own fields.
 *
 * libsolv sorts Depends when it writes them, but apt goes through them in the order of the field:
 * so the text of the fields is kept too. It and what only a chosen package is asked for lies in
 * the cache's paged part ("vertical"), which costs nothing to load.
 */
#define SBX_KEY_TABLE(X)                                                                           \
	X(FORMAT, "sbx:format")	      /* meta: SBX_SOLV_FORMAT */                                  \
	X(ARCHITECTURE, "sbx:arch")   /* meta: string */                                           \
	X(ESSENTIAL, "sbx:essential") /* meta: solvables' names, ids */                            \
	X(ORIGIN, "sbx:origin")	      /* id of "<suite>/<component>" */                            \
	X(PIN, "sbx:pin")	      /* number, only where it is not 500 */                       \
	X(RANK, "sbx:rank")	      /* number: Priority, 1 required .. 5 extra, 0 none */        \
	X(ORDER, "sbx:order")	      /* number: when the name was first met, as apt reads */      \
	X(PATH, "sbx:path")	      /* paged: Filename */                                        \
	X(SHA256, "sbx:sha256")	      /* paged: 64 hex digits */                                   \
	X(SIZE, "sbx:size")	      /* number, bytes */                                          \
	X(INSTALLED, "sbx:installed") /* number, KiB */                                            \
	X(SECTION, "sbx:section")     /* id */                                                     \
	X(MULTI_ARCH, "sbx:multi-arch") /* id, only where given */                                 \
	X(PRE_DEPENDS, "sbx:pre-depends") /* paged: the field's text */                            \
	X(DEPENDS, "sbx:depends")	  /* the same */                                           \
	X(RECOMMENDS, "sbx:recommends")	  /* the same */                                           \
	X(CONFLICTS, "sbx:conflicts")	  /* the same, for explanations: libsolv's own field also  \
					     holds Breaks */

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
