/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/keys.h"

#include <solv/poolarch.h>
#include <string.h>

#include "builder/resolve/relation.h"

Pool *sbx_solv_pool_new(const char *architecture)
{
	Pool *pool = pool_create();
	pool_setdisttype(pool, DISTTYPE_DEB);
	pool_setarch(pool, architecture);
	return pool;
}

static Id name_id(Pool *pool, const struct sbx_relation *r, const char *architecture,
		  gboolean create)
{
	gboolean plain = r->n_qualifier == 0 ||
			 (r->n_qualifier == 6 && strncmp(r->qualifier, "native", 6) == 0) ||
			 (r->n_qualifier == strlen(architecture) &&
			  strncmp(r->qualifier, architecture, r->n_qualifier) == 0);
	/* The qualifier follows the name directly: "name:any" is one piece of the field. */
	gsize n = plain ? r->n_name : r->n_name + 1 + r->n_qualifier;
	return pool_strn2id(pool, r->name, (unsigned int)n, create);
}

Id sbx_solv_relation_id(Pool *pool, const struct sbx_relation *relation, const char *architecture,
			gboolean create)
{
	static const int flags[] = {
		[SBX_REL_LT] = REL_LT, [SBX_REL_LE] = REL_LT | REL_EQ,
		[SBX_REL_EQ] = REL_EQ, [SBX_REL_GE] = REL_GT | REL_EQ,
		[SBX_REL_GT] = REL_GT,
	};
	Id name = name_id(pool, relation, architecture, create);
	if (!name || relation->op == SBX_REL_ANY)
		return name;
	Id version =
		pool_strn2id(pool, relation->version, (unsigned int)relation->n_version, create);
	return version ? pool_rel2id(pool, name, version, flags[relation->op], create) : 0;
}

gboolean sbx_solv_read_group(Pool *pool, struct sbx_relation_reader *reader,
			     const char *architecture, gboolean create, Queue *out, GError **error)
{
	struct sbx_relation relation;
	queue_empty(out);
	do {
		enum sbx_relation_result result = sbx_relation_next(reader, &relation, error);
		if (result == SBX_RELATION_BAD)
			return FALSE;
		if (result == SBX_RELATION_END)
			return TRUE;
		Id id = sbx_solv_relation_id(pool, &relation, architecture, create);
		if (id)
			queue_push(out, id);
		else if (!relation.or_next && out->count == 0)
			/* An unknown name is a dependency that nobody serves, not an empty one. */
			queue_push(out, ID_EMPTY);
	} while (relation.or_next);
	return TRUE;
}
