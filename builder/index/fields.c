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

gboolean sbx_fields_string(JsonObject *object, const char *field, sbx_form_func is_allowed,
			   enum sbx_null null, char **out, const struct sbx_place *at,
			   GError **error)
{
	JsonNode *node = json_object_get_member(object, field);
	if (!node)
		return sbx_fields_fail(at, field, "is missing", error);
	if (null == SBX_NULL_ALLOWED && JSON_NODE_HOLDS_NULL(node))
		return TRUE;
	if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
		return sbx_fields_fail(at, field, "must be a string", error);
	if (!is_allowed(json_node_get_string(node)))
		return sbx_fields_fail(at, field, "is not of the allowed form", error);
	*out = g_strdup(json_node_get_string(node));
	return TRUE;
}

static gboolean is_any(const char *text)
{
	return TRUE;
}

gboolean sbx_fields_word(JsonObject *object, const char *field, const char *(*name_of)(guint),
			 guint n_names, guint *out, const struct sbx_place *at, GError **error)
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

gboolean sbx_fields_count(JsonObject *object, const char *field, guint *out,
			  const struct sbx_place *at, GError **error)
{
	JsonNode *node = json_object_get_member(object, field);
	if (!node)
		return sbx_fields_fail(at, field, "is missing", error);
	if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64 ||
	    json_node_get_int(node) < 0 || json_node_get_int(node) > G_MAXINT32)
		return sbx_fields_fail(at, field, "must be a whole number, not negative", error);
	*out = (guint)json_node_get_int(node);
	return TRUE;
}

gboolean sbx_fields_double(JsonObject *object, const char *field, double *out,
			   const struct sbx_place *at, GError **error)
{
	JsonNode *node = json_object_get_member(object, field);
	if (!node)
		return sbx_fields_fail(at, field, "is missing", error);
	GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_NONE;
	if (type != G_TYPE_DOUBLE && type != G_TYPE_INT64)
		return sbx_fields_fail(at, field, "must be a number", error);
	*out = json_node_get_double(node);
	return TRUE;
}

gboolean sbx_fields_flag(JsonObject *object, const char *field, gboolean *out,
			 const struct sbx_place *at, GError **error)
{
	JsonNode *node = json_object_get_member(object, field);
	if (!node)
		return sbx_fields_fail(at, field, "is missing", error);
	if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_BOOLEAN)
		return sbx_fields_fail(at, field, "must be true or false", error);
	*out = json_node_get_boolean(node);
	return TRUE;
}

gboolean sbx_fields_check_known(JsonObject *object, const char *const *known,
				const struct sbx_place *at, GError **error)
{
	g_autoptr(GList) members = json_object_get_members(object);
	for (GList *m = members; m; m = m->next)
		if (!g_strv_contains(known, m->data))
			return sbx_fields_fail(at, m->data, "is no field that is known", error);
	return TRUE;
}

static JsonArray *get_list(JsonObject *object, const char *field, const struct sbx_place *at,
			   GError **error)
{
	JsonNode *node = json_object_get_member(object, field);
	if (node && JSON_NODE_HOLDS_ARRAY(node))
		return json_node_get_array(node);
	sbx_fields_fail(at, field, node ? "must be a list" : "is missing", error);
	return NULL;
}

gboolean sbx_fields_strings(JsonObject *object, const char *field, sbx_form_func is_allowed,
			    char ***out, const struct sbx_place *at, GError **error)
{
	JsonArray *list = get_list(object, field, at, error);
	if (!list)
		return FALSE;
	guint n = json_array_get_length(list);
	g_auto(GStrv) strings = g_new0(char *, n + 1);
	for (guint i = 0; i < n; i++) {
		JsonNode *item = json_array_get_element(list, i);
		if (!JSON_NODE_HOLDS_VALUE(item) ||
		    json_node_get_value_type(item) != G_TYPE_STRING ||
		    !is_allowed(json_node_get_string(item)))
			return sbx_fields_fail(at, field, "must be strings of the allowed form",
					       error);
		strings[i] = g_strdup(json_node_get_string(item));
	}
	*out = g_steal_pointer(&strings);
	return TRUE;
}

gboolean sbx_fields_each(JsonObject *object, const char *field, sbx_fields_func read_item,
			 gpointer owner, const struct sbx_place *at, GError **error)
{
	JsonArray *list = get_list(object, field, at, error);
	if (!list)
		return FALSE;
	for (guint i = 0; i < json_array_get_length(list); i++) {
		const struct sbx_place inner = {.outer = at, .list = field, .index = i};
		JsonNode *item = json_array_get_element(list, i);
		if (!JSON_NODE_HOLDS_OBJECT(item))
			return sbx_fields_fail(at, field, "must be a list of objects", error);
		if (!read_item(owner, json_node_get_object(item), &inner, error))
			return FALSE;
	}
	return TRUE;
}

/*
 * json-glib 1.6 parses nested lists by recursion without a limit, so that a hostile text could
 * overflow the stack: brackets are counted before it sees them. It also takes comments, which
 * could hide a quote from the counting: what JSON has no use for outside of strings is refused.
 */
static gboolean check_shape(const char *text, gsize n, guint max_depth)
{
	guint depth = 0;
	gboolean quoted = FALSE;
	for (gsize i = 0; i < n; i++) {
		char c = text[i];
		if (quoted) {
			i += c == '\\';
			quoted = c != '"';
		} else if (c == '"') {
			quoted = TRUE;
		} else if (c == '[' || c == '{') {
			if (++depth > max_depth)
				return FALSE;
		} else if (c == ']' || c == '}') {
			if (depth-- == 0)
				return FALSE;
		} else if (!g_ascii_isalnum(c) && !strchr(" \t\r\n,:+-.", c)) {
			return FALSE;
		}
	}
	return !quoted && depth == 0;
}

JsonObject *sbx_fields_parse(JsonParser *parser, const char *text, gsize n_bytes, gsize max_bytes,
			     guint max_depth, const struct sbx_place *at, GError **error)
{
	JsonNode *root = NULL;
	if (n_bytes <= max_bytes && !memchr(text, '\0', n_bytes) &&
	    g_utf8_validate_len(text, n_bytes, NULL) && check_shape(text, n_bytes, max_depth) &&
	    json_parser_load_from_data(parser, text, (gssize)n_bytes, NULL))
		root = json_parser_get_root(parser);
	if (root && JSON_NODE_HOLDS_OBJECT(root))
		return json_node_get_object(root);
	sbx_set_error(error, SBX_E_INPUT, "%s: is not %s in JSON; %s", at->where, at->what,
		      at->remedy);
	return NULL;
}
