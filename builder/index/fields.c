/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/fields.h"

#include <string.h>

static void add_place(GString *out, const struct sbx_place *at)
{
	if (!at->outer) {
		g_string_append_printf(out, "%s: ", at->where);
		return;
	}
	add_place(out, at->outer);
	g_string_append_printf(out, "%s[%u].", at->list, at->index);
}

static const struct sbx_place *outermost(const struct sbx_place *at)
{
	while (at->outer)
		at = at->outer;
	return at;
}

gboolean sbx_fields_fail(const struct sbx_place *at, const char *field, const char *reason,
			 GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	add_place(text, at);
	g_string_append(text, field);
	/* A field that is not known may be called anything. */
	for (char *p = text->str; *p; p++)
		if (g_ascii_iscntrl(*p))
			*p = '?';
	return sbx_set_error(error, SBX_E_INPUT, "%s: %s; %s", text->str, reason,
			     outermost(at)->remedy);
}

gboolean sbx_form_has_only(const char *text, const char *signs)
{
	if (!g_ascii_isalnum(*text) || strlen(text) > 1024)
		return FALSE;
	for (; *text; text++)
		if (!g_ascii_isalnum(*text) && !strchr(signs, *text))
			return FALSE;
	return TRUE;
}

gboolean sbx_fields_string(const struct sbx_json_value *object, const char *field,
			   sbx_form_func is_allowed, enum sbx_null null, char **out,
			   const struct sbx_place *at, GError **error)
{
	const struct sbx_json_value *node = sbx_json_member(object, field);
	if (!node)
		return sbx_fields_fail(at, field, "is missing", error);
	if (null == SBX_NULL_ALLOWED && node->kind == SBX_JSON_KIND_NULL)
		return TRUE;
	if (node->kind != SBX_JSON_KIND_STRING)
		return sbx_fields_fail(at, field, "must be a string", error);
	if (!is_allowed(node->string))
		return sbx_fields_fail(at, field, "is not of the allowed form", error);
	*out = g_strdup(node->string);
	return TRUE;
}

static gboolean is_any(const char *text)
{
	return TRUE;
}

gboolean sbx_fields_word(const struct sbx_json_value *object, const char *field,
			 const char *(*name_of)(guint), guint n_names, guint *out,
			 const struct sbx_place *at, GError **error)
{
	g_autofree char *text = NULL;
	if (!sbx_fields_string(object, field, is_any, SBX_NO_NULL, &text, at, error))
		return FALSE;
	for (guint i = 0; i < n_names; i++)
		if (g_str_equal(name_of(i), text)) {
			*out = i;
			return TRUE;
		}
	return sbx_fields_fail(at, field, "is none of the words that may stand there", error);
}

gboolean sbx_fields_count(const struct sbx_json_value *object, const char *field, guint *out,
			  const struct sbx_place *at, GError **error)
{
	const struct sbx_json_value *node = sbx_json_member(object, field);
	if (!node)
		return sbx_fields_fail(at, field, "is missing", error);
	if (!node->is_integer || node->integer < 0 || node->integer > G_MAXINT32)
		return sbx_fields_fail(at, field, "must be a whole number, not negative", error);
	*out = (guint)node->integer;
	return TRUE;
}

gboolean sbx_fields_double(const struct sbx_json_value *object, const char *field, double *out,
			   const struct sbx_place *at, GError **error)
{
	const struct sbx_json_value *node = sbx_json_member(object, field);
	if (!node)
		return sbx_fields_fail(at, field, "is missing", error);
	if (node->kind != SBX_JSON_KIND_NUMBER)
		return sbx_fields_fail(at, field, "must be a number", error);
	*out = node->number;
	return TRUE;
}

gboolean sbx_fields_flag(const struct sbx_json_value *object, const char *field, gboolean *out,
			 const struct sbx_place *at, GError **error)
{
	const struct sbx_json_value *node = sbx_json_member(object, field);
	if (!node)
		return sbx_fields_fail(at, field, "is missing", error);
	if (node->kind != SBX_JSON_KIND_BOOL)
		return sbx_fields_fail(at, field, "must be true or false", error);
	*out = node->boolean;
	return TRUE;
}

gboolean sbx_fields_check_known(const struct sbx_json_value *object, const char *const *known,
				const struct sbx_place *at, GError **error)
{
	for (const struct sbx_json_value *m = object->first; m; m = m->next) {
		if (!g_strv_contains(known, m->key))
			return sbx_fields_fail(at, m->key, "is no field that is known", error);
		if (sbx_json_member(object, m->key) != m)
			return sbx_fields_fail(at, m->key, "is there twice", error);
	}
	return TRUE;
}

static const struct sbx_json_value *get_list(const struct sbx_json_value *object, const char *field,
					     const struct sbx_place *at, GError **error)
{
	const struct sbx_json_value *node = sbx_json_member(object, field);
	if (node && node->kind == SBX_JSON_KIND_ARRAY)
		return node;
	sbx_fields_fail(at, field, node ? "must be a list" : "is missing", error);
	return NULL;
}

gboolean sbx_fields_strings(const struct sbx_json_value *object, const char *field,
			    sbx_form_func is_allowed, char ***out, const struct sbx_place *at,
			    GError **error)
{
	const struct sbx_json_value *list = get_list(object, field, at, error);
	if (!list)
		return FALSE;
	g_auto(GStrv) strings = g_new0(char *, list->n_children + 1);
	guint n = 0;
	for (const struct sbx_json_value *item = list->first; item; item = item->next) {
		if (item->kind != SBX_JSON_KIND_STRING || !is_allowed(item->string))
			return sbx_fields_fail(at, field, "must be strings of the allowed form",
					       error);
		strings[n++] = g_strdup(item->string);
	}
	*out = g_steal_pointer(&strings);
	return TRUE;
}

gboolean sbx_fields_each(const struct sbx_json_value *object, const char *field,
			 sbx_fields_func read_item, gpointer owner, const struct sbx_place *at,
			 GError **error)
{
	const struct sbx_json_value *list = get_list(object, field, at, error);
	if (!list)
		return FALSE;
	guint i = 0;
	for (const struct sbx_json_value *item = list->first; item; item = item->next) {
		const struct sbx_place inner = {.outer = at, .list = field, .index = i++};
		if (item->kind != SBX_JSON_KIND_OBJECT)
			return sbx_fields_fail(at, field, "must be a list of objects", error);
		if (!read_item(owner, item, &inner, error))
			return FALSE;
	}
	return TRUE;
}

const struct sbx_json_value *sbx_fields_parse(struct sbx_json_tree *tree, const char *text,
					      gsize n_bytes, gsize max_bytes, guint max_depth,
					      const struct sbx_place *at, GError **error)
{
	if (n_bytes <= max_bytes && g_utf8_validate_len(text, n_bytes, NULL) &&
	    sbx_json_tree_parse(tree, text, n_bytes, max_depth, NULL) == 0 &&
	    tree->root->kind == SBX_JSON_KIND_OBJECT)
		return tree->root;
	sbx_set_error(error, SBX_E_INPUT, "%s: is not %s in JSON; %s", at->where, at->what,
		      at->remedy);
	return NULL;
}
