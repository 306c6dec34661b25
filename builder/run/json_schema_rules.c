/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/run/json_schema_rules.h"

#include <math.h>

gboolean sbx_json_check_fail(struct sbx_json_check *c, GError **error, const char *fmt, ...)
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

gboolean sbx_json_rule_type(struct sbx_json_check *c, const struct sbx_json_value *schema,
			    const struct sbx_json_value *rule, const struct sbx_json_value *value,
			    guint depth, GError **error)
{
	if (rule->kind == SBX_JSON_KIND_STRING)
		return is_of_type(value, rule->string) ||
		       sbx_json_check_fail(c, error, "must be of type %s", rule->string);
	for (const struct sbx_json_value *one = rule->first; one; one = one->next)
		if (one->kind == SBX_JSON_KIND_STRING && is_of_type(value, one->string))
			return TRUE;
	return sbx_json_check_fail(c, error, "is of none of the types");
}

gboolean sbx_json_rule_enum(struct sbx_json_check *c, const struct sbx_json_value *schema,
			    const struct sbx_json_value *rule, const struct sbx_json_value *value,
			    guint depth, GError **error)
{
	for (const struct sbx_json_value *one = rule->first; one; one = one->next)
		if (is_equal(one, value))
			return TRUE;
	return sbx_json_check_fail(c, error, "is none of the values that it may be");
}

gboolean sbx_json_rule_const(struct sbx_json_check *c, const struct sbx_json_value *schema,
			     const struct sbx_json_value *rule, const struct sbx_json_value *value,
			     guint depth, GError **error)
{
	return is_equal(rule, value) ||
	       sbx_json_check_fail(c, error, "is not the value that it must be");
}

static gboolean check_below(struct sbx_json_check *c, const struct sbx_json_value *schema,
			    const struct sbx_json_value *value, guint depth, GError **error)
{
	gsize length = c->path->len;
	if (value->key)
		g_string_append_printf(c->path, "/%.100s", value->key);
	else
		g_string_append(c->path, "/[]");
	gboolean fine = sbx_json_check(c, schema, value, depth + 1, error);
	g_string_truncate(c->path, length);
	return fine;
}

gboolean sbx_json_rule_properties(struct sbx_json_check *c, const struct sbx_json_value *schema,
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

gboolean sbx_json_rule_additional(struct sbx_json_check *c, const struct sbx_json_value *schema,
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

gboolean sbx_json_rule_required(struct sbx_json_check *c, const struct sbx_json_value *schema,
				const struct sbx_json_value *rule,
				const struct sbx_json_value *value, guint depth, GError **error)
{
	for (const struct sbx_json_value *one = rule->first;
	     one && value->kind == SBX_JSON_KIND_OBJECT; one = one->next)
		if (one->kind == SBX_JSON_KIND_STRING && !sbx_json_member(value, one->string))
			return sbx_json_check_fail(c, error, "lacks '%s'", one->string);
	return TRUE;
}

gboolean sbx_json_rule_items(struct sbx_json_check *c, const struct sbx_json_value *schema,
			     const struct sbx_json_value *rule, const struct sbx_json_value *value,
			     guint depth, GError **error)
{
	for (const struct sbx_json_value *one = value->first;
	     one && value->kind == SBX_JSON_KIND_ARRAY; one = one->next)
		if (!check_below(c, rule, one, depth, error))
			return FALSE;
	return TRUE;
}

gboolean sbx_json_rule_unique(struct sbx_json_check *c, const struct sbx_json_value *schema,
			      const struct sbx_json_value *rule, const struct sbx_json_value *value,
			      guint depth, GError **error)
{
	if (value->kind != SBX_JSON_KIND_ARRAY || !rule->boolean)
		return TRUE;
	for (const struct sbx_json_value *a = value->first; a; a = a->next)
		for (const struct sbx_json_value *b = a->next; b; b = b->next) {
			if (++c->n_steps > SBX_JSON_MAX_STEPS)
				return sbx_json_check_fail(c, error, "takes too long to check");
			if (is_equal(a, b))
				return sbx_json_check_fail(c, error, "has an item twice");
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

static const struct bound *find_bound(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(bounds); i++)
		if (g_str_equal(bounds[i].name, name))
			return &bounds[i];
	return NULL;
}

gboolean sbx_json_is_bound(const char *keyword)
{
	return find_bound(keyword) != NULL;
}

gboolean sbx_json_check_bound(struct sbx_json_check *c, const struct sbx_json_value *rule,
			      const struct sbx_json_value *value, GError **error)
{
	const struct bound *b = find_bound(rule->key);
	if (!b || value->kind != b->kind)
		return TRUE;
	double n = b->kind == SBX_JSON_KIND_NUMBER   ? value->number
		   : b->kind == SBX_JSON_KIND_STRING ? (double)g_utf8_strlen(value->string, -1)
						     : value->n_children;
	gboolean fine = b->side == 1	? n >= rule->number
			: b->side == -1 ? n <= rule->number
			: b->side == 2	? n > rule->number
					: n < rule->number;
	return fine || sbx_json_check_fail(c, error, "%s: %g is not within %g (%s)", b->name, n,
					   rule->number, b->what);
}

gboolean sbx_json_rule_pattern(struct sbx_json_check *c, const struct sbx_json_value *schema,
			       const struct sbx_json_value *rule,
			       const struct sbx_json_value *value, guint depth, GError **error)
{
	g_autoptr(GError) why = NULL;
	if (value->kind != SBX_JSON_KIND_STRING)
		return TRUE;
	g_autoptr(GRegex) regex = g_regex_new(rule->string, 0, 0, &why);
	if (!regex)
		return sbx_set_error(error, SBX_E_USAGE, "pattern '%s': %s", rule->string,
				     why->message);
	return g_regex_match_full(regex, value->string, -1, 0, 0, NULL, NULL) ||
	       sbx_json_check_fail(c, error, "does not fit the pattern %s", rule->string);
}

static guint count_fitting(struct sbx_json_check *c, const struct sbx_json_value *rule,
			   const struct sbx_json_value *value, guint depth)
{
	guint n = 0;
	for (const struct sbx_json_value *one = rule->first; one; one = one->next)
		n += sbx_json_check(c, one, value, depth + 1, NULL);
	return n;
}

gboolean sbx_json_rule_all_of(struct sbx_json_check *c, const struct sbx_json_value *schema,
			      const struct sbx_json_value *rule, const struct sbx_json_value *value,
			      guint depth, GError **error)
{
	for (const struct sbx_json_value *one = rule->first; one; one = one->next)
		if (!sbx_json_check(c, one, value, depth + 1, error))
			return FALSE;
	return TRUE;
}

gboolean sbx_json_rule_any_of(struct sbx_json_check *c, const struct sbx_json_value *schema,
			      const struct sbx_json_value *rule, const struct sbx_json_value *value,
			      guint depth, GError **error)
{
	return count_fitting(c, rule, value, depth) > 0 ||
	       sbx_json_check_fail(c, error, "is as none of anyOf says");
}

gboolean sbx_json_rule_one_of(struct sbx_json_check *c, const struct sbx_json_value *schema,
			      const struct sbx_json_value *rule, const struct sbx_json_value *value,
			      guint depth, GError **error)
{
	guint n = count_fitting(c, rule, value, depth);
	return n == 1 || sbx_json_check_fail(c, error, "is as %u of oneOf say, not one", n);
}

gboolean sbx_json_rule_not(struct sbx_json_check *c, const struct sbx_json_value *schema,
			   const struct sbx_json_value *rule, const struct sbx_json_value *value,
			   guint depth, GError **error)
{
	return !sbx_json_check(c, rule, value, depth + 1, NULL) ||
	       sbx_json_check_fail(c, error, "is as 'not' says");
}

const struct sbx_json_value *sbx_json_find_ref(const struct sbx_json_check *c, const char *ref)
{
	const struct sbx_json_value *defs = sbx_json_member(c->root, "$defs");
	if (g_str_equal(ref, "#"))
		return c->root;
	return defs && g_str_has_prefix(ref, "#/$defs/") ? sbx_json_member(defs, ref + 8) : NULL;
}

gboolean sbx_json_rule_ref(struct sbx_json_check *c, const struct sbx_json_value *schema,
			   const struct sbx_json_value *rule, const struct sbx_json_value *value,
			   guint depth, GError **error)
{
	return sbx_json_check(c, sbx_json_find_ref(c, rule->string), value, depth + 1, error);
}
