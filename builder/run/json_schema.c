/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/run/json_schema.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>

#include "base/fd.h"
#include "store/gerror.h"

#define MAX_BYTES (16 << 20)
#define MAX_DEPTH 64
#define MAX_STEPS 10000000 /* of one check: a schema can make a small value cost any time */

struct check {
	const struct sbx_json_value *root;
	guint64 n_steps;
	GString *path; /* in the value, for people */
};

typedef gboolean (*rule_t)(struct check *c, const struct sbx_json_value *schema,
			   const struct sbx_json_value *rule, const struct sbx_json_value *value,
			   guint depth, GError **error);

static gboolean check(struct check *c, const struct sbx_json_value *schema,
		      const struct sbx_json_value *value, guint depth, GError **error);

static gboolean fail(struct check *c, GError **error, const char *fmt, ...) G_GNUC_PRINTF(3, 4);

static gboolean fail(struct check *c, GError **error, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	g_autofree char *what = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_autofree char *path = g_strescape(c->path->len ? c->path->str : "/", NULL);
	return sbx_set_error(error, SBX_E_INPUT, "%s: %s", path, what);
}

static gboolean is_equal(const struct sbx_json_value *a, const struct sbx_json_value *b)
{
	if (a->kind != b->kind || a->n_children != b->n_children)
		return FALSE;
	if (a->kind == SBX_JSON_KIND_BOOL)
		return a->boolean == b->boolean;
	if (a->kind == SBX_JSON_KIND_NUMBER)
		return a->number == b->number &&
		       (!a->is_integer || !b->is_integer || a->integer == b->integer);
	if (a->kind == SBX_JSON_KIND_STRING)
		return g_str_equal(a->string, b->string);
	for (const struct sbx_json_value *x = a->first, *y = b->first; x;
	     x = x->next, y = y ? y->next : NULL) {
		const struct sbx_json_value *other =
			a->kind == SBX_JSON_KIND_OBJECT ? sbx_json_member(b, x->key) : y;
		if (!other || !is_equal(x, other))
			return FALSE;
	}
	return TRUE;
}

static gboolean is_of_type(const struct sbx_json_value *value, const char *type)
{
	static const char *const names[] = {"null",   "boolean", "number",
					    "string", "array",	 "object"};
	if (g_str_equal(type, "integer"))
		return value->kind == SBX_JSON_KIND_NUMBER &&
		       (value->is_integer || floor(value->number) == value->number);
	return g_str_equal(names[value->kind], type);
}

static gboolean rule_type(struct check *c, const struct sbx_json_value *schema,
			  const struct sbx_json_value *rule, const struct sbx_json_value *value,
			  guint depth, GError **error)
{
	if (rule->kind == SBX_JSON_KIND_STRING)
		return is_of_type(value, rule->string) ||
		       fail(c, error, "must be of type %s", rule->string);
	for (const struct sbx_json_value *one = rule->first; one; one = one->next)
		if (one->kind == SBX_JSON_KIND_STRING && is_of_type(value, one->string))
			return TRUE;
	return fail(c, error, "is of none of the types");
}

static gboolean rule_enum(struct check *c, const struct sbx_json_value *schema,
			  const struct sbx_json_value *rule, const struct sbx_json_value *value,
			  guint depth, GError **error)
{
	for (const struct sbx_json_value *one = rule->first; one; one = one->next)
		if (is_equal(one, value))
			return TRUE;
	return fail(c, error, "is none of the values that it may be");
}

static gboolean rule_const(struct check *c, const struct sbx_json_value *schema,
			   const struct sbx_json_value *rule, const struct sbx_json_value *value,
			   guint depth, GError **error)
{
	return is_equal(rule, value) || fail(c, error, "is not the value that it must be");
}

static gboolean check_below(struct check *c, const struct sbx_json_value *schema,
			    const struct sbx_json_value *value, guint depth, GError **error)
{
	gsize length = c->path->len;
	if (value->key)
		g_string_append_printf(c->path, "/%.100s", value->key);
	else
		g_string_append(c->path, "/[]");
	gboolean fine = check(c, schema, value, depth + 1, error);
	g_string_truncate(c->path, length);
	return fine;
}

static gboolean rule_properties(struct check *c, const struct sbx_json_value *schema,
				const struct sbx_json_value *rule,
				const struct sbx_json_value *value, guint depth, GError **error)
{
	for (const struct sbx_json_value *one = rule->first;
	     one && value->kind == SBX_JSON_KIND_OBJECT; one = one->next) {
		const struct sbx_json_value *member = sbx_json_member(value, one->key);
		if (member && !check_below(c, one, member, depth, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean rule_additional(struct check *c, const struct sbx_json_value *schema,
				const struct sbx_json_value *rule,
				const struct sbx_json_value *value, guint depth, GError **error)
{
	const struct sbx_json_value *known = sbx_json_member(schema, "properties");
	for (const struct sbx_json_value *m = value->first;
	     m && value->kind == SBX_JSON_KIND_OBJECT; m = m->next)
		if (!(known && sbx_json_member(known, m->key)) &&
		    !check_below(c, rule, m, depth, error))
			return FALSE;
	return TRUE;
}

static gboolean rule_required(struct check *c, const struct sbx_json_value *schema,
			      const struct sbx_json_value *rule, const struct sbx_json_value *value,
			      guint depth, GError **error)
{
	for (const struct sbx_json_value *one = rule->first;
	     one && value->kind == SBX_JSON_KIND_OBJECT; one = one->next)
		if (one->kind == SBX_JSON_KIND_STRING && !sbx_json_member(value, one->string))
			return fail(c, error, "lacks '%s'", one->string);
	return TRUE;
}

static gboolean rule_items(struct check *c, const struct sbx_json_value *schema,
			   const struct sbx_json_value *rule, const struct sbx_json_value *value,
			   guint depth, GError **error)
{
	for (const struct sbx_json_value *one = value->first;
	     one && value->kind == SBX_JSON_KIND_ARRAY; one = one->next)
		if (!check_below(c, rule, one, depth, error))
			return FALSE;
	return TRUE;
}

static gboolean rule_unique(struct check *c, const struct sbx_json_value *schema,
			    const struct sbx_json_value *rule, const struct sbx_json_value *value,
			    guint depth, GError **error)
{
	if (value->kind != SBX_JSON_KIND_ARRAY || !rule->boolean)
		return TRUE;
	for (const struct sbx_json_value *a = value->first; a; a = a->next)
		for (const struct sbx_json_value *b = a->next; b; b = b->next) {
			if (++c->n_steps > MAX_STEPS)
				return fail(c, error, "takes too long to check");
			if (is_equal(a, b))
				return fail(c, error, "has an item twice");
		}
	return TRUE;
}

/* What is counted or measured of a value, and on which side of the rule's number it must be. */
static const struct bound {
	const char *name, *what;
	enum sbx_json_kind kind;
	int side; /* 1: at least; -1: at most; 2 and -2: and not equal */
} bounds[] = {
	{"minimum", "a number", SBX_JSON_KIND_NUMBER, 1},
	{"maximum", "a number", SBX_JSON_KIND_NUMBER, -1},
	{"exclusiveMinimum", "a number", SBX_JSON_KIND_NUMBER, 2},
	{"exclusiveMaximum", "a number", SBX_JSON_KIND_NUMBER, -2},
	{"minLength", "characters", SBX_JSON_KIND_STRING, 1},
	{"maxLength", "characters", SBX_JSON_KIND_STRING, -1},
	{"minItems", "items", SBX_JSON_KIND_ARRAY, 1},
	{"maxItems", "items", SBX_JSON_KIND_ARRAY, -1},
	{"minProperties", "members", SBX_JSON_KIND_OBJECT, 1},
	{"maxProperties", "members", SBX_JSON_KIND_OBJECT, -1},
};

static gboolean check_bound(struct check *c, const struct bound *b,
			    const struct sbx_json_value *rule, const struct sbx_json_value *value,
			    GError **error)
{
	if (value->kind != b->kind)
		return TRUE;
	double n = b->kind == SBX_JSON_KIND_NUMBER   ? value->number
		   : b->kind == SBX_JSON_KIND_STRING ? (double)g_utf8_strlen(value->string, -1)
						     : value->n_children;
	gboolean fine = b->side == 1	? n >= rule->number
			: b->side == -1 ? n <= rule->number
			: b->side == 2	? n > rule->number
					: n < rule->number;
	return fine ||
	       fail(c, error, "%s: %g is not within %g (%s)", b->name, n, rule->number, b->what);
}

static gboolean rule_pattern(struct check *c, const struct sbx_json_value *schema,
			     const struct sbx_json_value *rule, const struct sbx_json_value *value,
			     guint depth, GError **error)
{
	g_autoptr(GError) why = NULL;
	if (value->kind != SBX_JSON_KIND_STRING)
		return TRUE;
	g_autoptr(GRegex) regex = g_regex_new(rule->string, 0, 0, &why);
	if (!regex)
		return sbx_set_error(error, SBX_E_USAGE, "pattern '%s': %s", rule->string,
				     why->message);
	return g_regex_match_full(regex, value->string, -1, 0, 0, NULL, NULL) ||
	       fail(c, error, "does not fit the pattern %s", rule->string);
}

static guint count_fitting(struct check *c, const struct sbx_json_value *rule,
			   const struct sbx_json_value *value, guint depth)
{
	guint n = 0;
	for (const struct sbx_json_value *one = rule->first; one; one = one->next)
		n += check(c, one, value, depth + 1, NULL);
	return n;
}

static gboolean rule_all_of(struct check *c, const struct sbx_json_value *schema,
			    const struct sbx_json_value *rule, const struct sbx_json_value *value,
			    guint depth, GError **error)
{
	for (const struct sbx_json_value *one = rule->first; one; one = one->next)
		if (!check(c, one, value, depth + 1, error))
			return FALSE;
	return TRUE;
}

static gboolean rule_any_of(struct check *c, const struct sbx_json_value *schema,
			    const struct sbx_json_value *rule, const struct sbx_json_value *value,
			    guint depth, GError **error)
{
	return count_fitting(c, rule, value, depth) > 0 ||
	       fail(c, error, "is as none of anyOf says");
}

static gboolean rule_one_of(struct check *c, const struct sbx_json_value *schema,
			    const struct sbx_json_value *rule, const struct sbx_json_value *value,
			    guint depth, GError **error)
{
	guint n = count_fitting(c, rule, value, depth);
	return n == 1 || fail(c, error, "is as %u of oneOf say, not one", n);
}

static gboolean rule_not(struct check *c, const struct sbx_json_value *schema,
			 const struct sbx_json_value *rule, const struct sbx_json_value *value,
			 guint depth, GError **error)
{
	return !check(c, rule, value, depth + 1, NULL) || fail(c, error, "is as 'not' says");
}

static const struct sbx_json_value *find_ref(const struct check *c, const char *ref)
{
	const struct sbx_json_value *defs = sbx_json_member(c->root, "$defs");
	if (g_str_equal(ref, "#"))
		return c->root;
	return defs && g_str_has_prefix(ref, "#/$defs/") ? sbx_json_member(defs, ref + 8) : NULL;
}

static gboolean rule_ref(struct check *c, const struct sbx_json_value *schema,
			 const struct sbx_json_value *rule, const struct sbx_json_value *value,
			 guint depth, GError **error)
{
	return check(c, find_ref(c, rule->string), value, depth + 1, error);
}

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
	rule_t rule; /* NULL: of no effect, or a bound */
} rules[] = {
	{"type", TEXT | LIST, rule_type},
	{"enum", LIST, rule_enum},
	{"const", ANY, rule_const},
	{"properties", NAMED, rule_properties},
	{"additionalProperties", SCHEMA, rule_additional},
	{"required", LIST, rule_required},
	{"items", SCHEMA, rule_items},
	{"uniqueItems", SWITCH, rule_unique},
	{"pattern", TEXT, rule_pattern},
	{"allOf", SCHEMAS, rule_all_of},
	{"anyOf", SCHEMAS, rule_any_of},
	{"oneOf", SCHEMAS, rule_one_of},
	{"not", SCHEMA, rule_not},
	{"$ref", TEXT, rule_ref},
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

static const struct bound *find_bound(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(bounds); i++)
		if (g_str_equal(bounds[i].name, name))
			return &bounds[i];
	return NULL;
}

static int find_rule(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(rules); i++)
		if (g_str_equal(rules[i].name, name))
			return (int)i;
	return -1;
}

static gboolean check(struct check *c, const struct sbx_json_value *schema,
		      const struct sbx_json_value *value, guint depth, GError **error)
{
	if (depth > MAX_DEPTH || ++c->n_steps > MAX_STEPS)
		return fail(c, error,
			    depth > MAX_DEPTH ? "nested too deep to check"
					      : "takes too long to check");
	if (schema->kind == SBX_JSON_KIND_BOOL)
		return schema->boolean || fail(c, error, "may not be there");
	for (const struct sbx_json_value *one = schema->first; one; one = one->next) {
		const struct bound *bound = find_bound(one->key);
		int rule = find_rule(one->key);
		if (bound && !check_bound(c, bound, one, value, error))
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
static gboolean check_schema(struct check *c, const struct sbx_json_value *schema, guint depth,
			     GError **error)
{
	if (schema->kind == SBX_JSON_KIND_BOOL)
		return TRUE;
	if (schema->kind != SBX_JSON_KIND_OBJECT || depth > MAX_DEPTH)
		return sbx_set_error(error, SBX_E_USAGE,
				     "a schema must be an object, true or false");
	for (const struct sbx_json_value *one = schema->first; one; one = one->next) {
		int rule = find_rule(one->key);
		unsigned shape = rule >= 0 ? rules[rule].shape : NUMBER;
		if (rule < 0 && !find_bound(one->key))
			return sbx_set_error(error, SBX_E_USAGE,
					     "'%s': this keyword is not checked; leave it out",
					     one->key);
		if (!has_shape(one, shape) ||
		    (g_str_equal(one->key, "$ref") && !find_ref(c, one->string)))
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
	struct check c = {.root = schema, .path = path};
	return check_schema(&c, schema, 0, error) && check(&c, schema, value, 0, error);
}

static gboolean read_tree(int dfd, const char *path, struct sbx_json_tree *tree, GError **error)
{
	struct sbx_error err = SBX_ERROR_INIT;
	gsize n;
	SBX_CLEANUP_FREE char *text = sbx_read_file(dfd, path, MAX_BYTES, &n, &err);
	if (text && sbx_json_tree_parse(tree, text, n, MAX_DEPTH, &err) == 0)
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
