/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_KEYS_H
#define SBX_BUILDER_RESOLVE_KEYS_H

#include <glib.h>
#include <solv/pool.h>

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
