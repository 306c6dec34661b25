/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RUN_JSON_SCHEMA_RULES_H
#define SBX_BUILDER_RUN_JSON_SCHEMA_RULES_H

#include "base/json_tree.h"
#include "store/gerror.h"

/* Private to json_schema*.c: what each keyword of a schema says of a value. */

#define SBX_JSON_MAX_DEPTH 64
#define SBX_JSON_MAX_STEPS                                                                         \
	10000000 /* of one check: a schema can make a small value cost any time */

struct sbx_json_check {
	const struct sbx_json_value *root;
	guint64 n_steps;
	GString *path; /* in the value, for people */
};

/* `rule` is the keyword's own value, `schema` what it stands in. SBX_E_INPUT: it does not hold. */
typedef gboolean (*sbx_json_rule)(struct sbx_json_check *c, const struct sbx_json_value *schema,
				  const struct sbx_json_value *rule,
				  const struct sbx_json_value *value, guint depth, GError **error);

#define SBX_JSON_RULES(X)                                                                          \
	X(type)                                                                                    \
	X(enum)                                                                                    \
	X(const)                                                                                   \
	X(properties)                                                                              \
	X(additional)                                                                              \
	X(required)                                                                                \
	X(items)                                                                                   \
	X(unique)                                                                                  \
	X(pattern)                                                                                 \
	X(all_of)                                                                                  \
	X(any_of)                                                                                  \
	X(one_of)                                                                                  \
	X(not )                                                                                    \
	X(ref)
#define X(name)                                                                                    \
	gboolean sbx_json_rule_##name(                                                             \
		struct sbx_json_check *c, const struct sbx_json_value *schema,                     \
		const struct sbx_json_value *rule, const struct sbx_json_value *value,             \
		guint depth, GError **error);
SBX_JSON_RULES(X)
#undef X

/* Keywords that are bounds of a number, a length or a count; others hold. */
gboolean sbx_json_is_bound(const char *keyword);
gboolean sbx_json_check_bound(struct sbx_json_check *c, const struct sbx_json_value *rule,
			      const struct sbx_json_value *value, GError **error);

/* "#" or "#/$defs/NAME"; NULL: there is no such. */
const struct sbx_json_value *sbx_json_find_ref(const struct sbx_json_check *c, const char *ref);

/* All keywords of a schema (json_schema.c). */
gboolean sbx_json_check(struct sbx_json_check *c, const struct sbx_json_value *schema,
			const struct sbx_json_value *value, guint depth, GError **error);

/* SBX_E_INPUT, with where in the value. */
gboolean sbx_json_check_fail(struct sbx_json_check *c, GError **error, const char *fmt, ...)
	G_GNUC_PRINTF(3, 4);

#endif
