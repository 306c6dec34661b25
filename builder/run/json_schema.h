/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RUN_JSON_SCHEMA_H
#define SBX_BUILDER_RUN_JSON_SCHEMA_H

#include <glib.h>

#include "base/json_tree.h"

/*
 * JSON Schema (json-schema.org, draft 2020-12), the part that says what a result must look like:
 *
 *	type enum const properties required additionalProperties minProperties maxProperties
 *	items minItems maxItems uniqueItems minLength maxLength pattern minimum maximum
 *	exclusiveMinimum exclusiveMaximum allOf anyOf oneOf not $ref ("#", "#/$defs/NAME") $defs
 *
 * Of no effect: title description default examples format $schema $id $comment. Any other keyword
 *is an error, so that none is thought to hold which does not.
 */

/* SBX_E_USAGE: the schema makes no sense. SBX_E_INPUT: where the value is not as it says. */
gboolean sbx_json_schema_check(const struct sbx_json_value *schema,
			       const struct sbx_json_value *value, GError **error);

/* The same for a schema's file, and a file below dfd. */
gboolean sbx_json_schema_check_file(const char *schema_path, int dfd, const char *name,
				    GError **error);

#endif
