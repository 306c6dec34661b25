/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/run/json_schema.h"

#include <fcntl.h>

#include "base/fd.h"
#include "builder/run/json_schema_rules.h"

#define MAX_BYTES (16 << 20)

/* What the rule's own value must be: a letter each. */
enum shape {
	TEXT = 1,
	NUMBER = 2,
	LIST = 4,
	SWITCH = 8,
	SCHEMA = 16,
	SCHEMAS = 32,
	NAMED = 64,
	ANY = 128
};

static const struct {
	const char *name;
	unsigned shape;
	sbx_json_rule rule; /* NULL: of no effect, or a bound */
} rules[] = {
	{"type", TEXT | LIST, sbx_json_rule_type},
	{"enum", LIST, sbx_json_rule_enum},
	{"const", ANY, sbx_json_rule_const},
	{"properties", NAMED, sbx_json_rule_properties},
	{"additionalProperties", SCHEMA, sbx_json_rule_additional},
	{"required", LIST, sbx_json_rule_required},
	{"items", SCHEMA, sbx_json_rule_items},
	{"uniqueItems", SWITCH, sbx_json_rule_unique},
	{"pattern", TEXT, sbx_json_rule_pattern},
	{"allOf", SCHEMAS, sbx_json_rule_all_of},
	{"anyOf", SCHEMAS, sbx_json_rule_any_of},
	{"oneOf", SCHEMAS, sbx_json_rule_one_of},
	{"not", SCHEMA, sbx_json_rule_not},
	{"$ref", TEXT, sbx_json_rule_ref},
	{"$defs", NAMED, NULL},
	{"title", TEXT, NULL},
	{"description", TEXT, NULL},
	{"default", ANY, NULL},
	{"examples", LIST, NULL},
	{"format", TEXT, NULL},
	{"$schema", TEXT, NULL},
	{"$id", TEXT, NULL},
	{"$comment", TEXT, NULL},
};

static int find_rule(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(rules); i++)
		if (g_str_equal(rules[i].name, name))
			return (int)i;
	return -1;
}

gboolean sbx_json_check(struct sbx_json_check *c, const struct sbx_json_value *schema,
			const struct sbx_json_value *value, guint depth, GError **error)
{
	if (depth > SBX_JSON_MAX_DEPTH || ++c->n_steps > SBX_JSON_MAX_STEPS)
		return sbx_json_check_fail(c, error,
					   depth > SBX_JSON_MAX_DEPTH ? "nested too deep to check"
								      : "takes too long to check");
	if (schema->kind == SBX_JSON_KIND_BOOL)
		return schema->boolean || sbx_json_check_fail(c, error, "may not be there");
	for (const struct sbx_json_value *one = schema->first; one; one = one->next) {
		int rule = find_rule(one->key);
		if (!sbx_json_check_bound(c, one, value, error))
			return FALSE;
		if (rule >= 0 && rules[rule].rule &&
		    !rules[rule].rule(c, schema, one, value, depth, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean has_shape(const struct sbx_json_value *v, unsigned shape)
{
	static const unsigned of_kind[] = {
		[SBX_JSON_KIND_NULL] = 0,
		[SBX_JSON_KIND_BOOL] = SWITCH | SCHEMA,
		[SBX_JSON_KIND_NUMBER] = NUMBER,
		[SBX_JSON_KIND_STRING] = TEXT,
		[SBX_JSON_KIND_ARRAY] = LIST | SCHEMAS,
		[SBX_JSON_KIND_OBJECT] = SCHEMA | NAMED,
	};
	return shape & ANY || of_kind[v->kind] & shape;
}

/* Before anything is checked with it: only what is known, and in its form. */
static gboolean check_schema(struct sbx_json_check *c, const struct sbx_json_value *schema,
			     guint depth, GError **error)
{
	if (schema->kind == SBX_JSON_KIND_BOOL)
		return TRUE;
	if (schema->kind != SBX_JSON_KIND_OBJECT || depth > SBX_JSON_MAX_DEPTH)
		return sbx_set_error(error, SBX_E_USAGE,
				     "a schema must be an object, true or false");
	for (const struct sbx_json_value *one = schema->first; one; one = one->next) {
		int rule = find_rule(one->key);
		unsigned shape = rule >= 0 ? rules[rule].shape : NUMBER;
		if (rule < 0 && !sbx_json_is_bound(one->key))
			return sbx_set_error(error, SBX_E_USAGE,
					     "'%s': this keyword is not checked; leave it out",
					     one->key);
		if (!has_shape(one, shape) ||
		    (g_str_equal(one->key, "$ref") && !sbx_json_find_ref(c, one->string)))
			return sbx_set_error(error, SBX_E_USAGE, "'%s': cannot have this value",
					     one->key);
		if (shape & SCHEMA && !check_schema(c, one, depth + 1, error))
			return FALSE;
		for (const struct sbx_json_value *below = one->first;
		     below && shape & (SCHEMAS | NAMED); below = below->next)
			if (!check_schema(c, below, depth + 1, error))
				return FALSE;
	}
	return TRUE;
}

gboolean sbx_json_schema_check(const struct sbx_json_value *schema,
			       const struct sbx_json_value *value, GError **error)
{
	g_autoptr(GString) path = g_string_new(NULL);
	struct sbx_json_check c = {.root = schema, .path = path};
	return check_schema(&c, schema, 0, error) && sbx_json_check(&c, schema, value, 0, error);
}

static gboolean read_tree(int dfd, const char *path, struct sbx_json_tree *tree, GError **error)
{
	struct sbx_error err = SBX_ERROR_INIT;
	gsize n;
	SBX_CLEANUP_FREE char *text = sbx_read_file(dfd, path, MAX_BYTES, &n, &err);
	if (text && sbx_json_tree_parse(tree, text, n, SBX_JSON_MAX_DEPTH, &err) == 0)
		return TRUE;
	return sbx_set_error_from(error, &err);
}

gboolean sbx_json_schema_check_file(const char *schema_path, int dfd, const char *name,
				    GError **error)
{
	SBX_CLEANUP_JSON_TREE struct sbx_json_tree schema = {0};
	SBX_CLEANUP_JSON_TREE struct sbx_json_tree value = {0};
	gboolean fine = read_tree(AT_FDCWD, schema_path, &schema, error);
	if (fine && !read_tree(dfd, name, &value, error)) {
		g_prefix_error(error, "/output/%s: ", name);
		fine = FALSE;
	} else if (fine && !sbx_json_schema_check(schema.root, value.root, error)) {
		g_prefix_error(error, "%s, /output/%s: ", schema_path, name);
		fine = FALSE;
	}
	return fine;
}
