/* SPDX-License-Identifier: Apache-2.0 */
#include <json-glib/json-glib.h>
#include <string.h>

#include "base/path.h"
#include "builder/index/needs.h"

#define MAX_PROFILE_BYTES (64 * 1024 * 1024)
#define MAX_DEPTH	  8

/* Where in the text we are: "needs[3].evidence[0]"; the last link is the innermost object. */
struct place {
	const char *where; /* the file, in the outermost link */
	const struct place *outer;
	const char *list;
	guint index;
};

static void add_place(GString *out, const struct place *at)
{
	if (!at->outer) {
		g_string_append_printf(out, "%s: ", at->where);
		return;
	}
	add_place(out, at->outer);
	g_string_append_printf(out, "%s[%u].", at->list, at->index);
}

static gboolean fail(const struct place *at, const char *field, const char *reason, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	add_place(text, at);
	return sbx_set_error(error, SBX_E_INPUT,
			     "%s%s: %s; make the profile again with `sbx-build profile --json`",
			     text->str, field, reason);
}

typedef gboolean (*form_func)(const char *text);

static gboolean is_any(const char *text)
{
	return TRUE;
}

static gboolean is_filled(const char *text)
{
	return *text != '\0';
}

/* Letters, digits and some signs, beginning with a letter or digit. */
static gboolean has_only(const char *text, const char *signs)
{
	if (!g_ascii_isalnum(*text) || strlen(text) > 1024)
		return FALSE;
	for (; *text; text++)
		if (!g_ascii_isalnum(*text) && !strchr(signs, *text))
			return FALSE;
	return TRUE;
}

static gboolean is_package(const char *text)
{
	return has_only(text, "+-._");
}

static gboolean is_suite(const char *text)
{
	return has_only(text, "+-._~:/") && sbx_path_check_relative(text);
}

static gboolean is_word(const char *text)
{
	return has_only(text, "-_");
}

static gboolean is_path(const char *text)
{
	return *text && sbx_path_check_relative(text) != NULL;
}

static gboolean is_absolute(const char *text)
{
	return *text == '/';
}

static gboolean is_hex(const char *text)
{
	return text[strspn(text, "0123456789abcdef")] == '\0' && strlen(text) <= 64;
}

enum null { NO_NULL, NULL_ALLOWED };

static gboolean get_string(JsonObject *object, const char *field, form_func is_allowed,
			   enum null null, char **out, const struct place *at, GError **error)
{
	JsonNode *node = json_object_get_member(object, field);
	if (!node)
		return fail(at, field, "is missing", error);
	if (null == NULL_ALLOWED && JSON_NODE_HOLDS_NULL(node))
		return TRUE;
	if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
		return fail(at, field, "must be a string", error);
	if (!is_allowed(json_node_get_string(node)))
		return fail(at, field, "is not of the allowed form", error);
	*out = g_strdup(json_node_get_string(node));
	return TRUE;
}

/* One of a table of names; *out is its number. */
static gboolean get_name(JsonObject *object, const char *field, const char *(*name_of)(guint),
			 guint n_names, guint *out, const struct place *at, GError **error)
{
	g_autofree char *text = NULL;
	if (!get_string(object, field, is_any, NO_NULL, &text, at, error))
		return FALSE;
	for (guint i = 0; i < n_names; i++)
		if (g_str_equal(name_of(i), text)) {
			*out = i;
			return TRUE;
		}
	return fail(at, field, "is none of the words that may stand there", error);
}

static const char *kind_name(guint kind)
{
	return sbx_fact_kind_name((enum sbx_fact_kind)kind);
}

static const char *grade_name(guint grade)
{
	return sbx_grade_name((enum sbx_grade)grade);
}

static const char *status_name(guint status)
{
	return sbx_need_status_name((enum sbx_need_status)status);
}

static gboolean get_count(JsonObject *object, const char *field, guint *out,
			  const struct place *at, GError **error)
{
	JsonNode *node = json_object_get_member(object, field);
	if (!node)
		return fail(at, field, "is missing", error);
	if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_INT64 ||
	    json_node_get_int(node) < 0 || json_node_get_int(node) > G_MAXINT32)
		return fail(at, field, "must be a whole number, not negative", error);
	*out = (guint)json_node_get_int(node);
	return TRUE;
}

static gboolean get_double(JsonObject *object, const char *field, double *out,
			   const struct place *at, GError **error)
{
	JsonNode *node = json_object_get_member(object, field);
	if (!node)
		return fail(at, field, "is missing", error);
	GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_NONE;
	if (type != G_TYPE_DOUBLE && type != G_TYPE_INT64)
		return fail(at, field, "must be a number", error);
	*out = json_node_get_double(node);
	return TRUE;
}

static gboolean get_flag(JsonObject *object, const char *field, gboolean *out,
			 const struct place *at, GError **error)
{
	JsonNode *node = json_object_get_member(object, field);
	if (!node)
		return fail(at, field, "is missing", error);
	if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_BOOLEAN)
		return fail(at, field, "must be true or false", error);
	*out = json_node_get_boolean(node);
	return TRUE;
}

static gboolean check_known(JsonObject *object, const char *const *known, const struct place *at,
			    GError **error)
{
	g_autoptr(GList) members = json_object_get_members(object);
	for (GList *m = members; m; m = m->next)
		if (!g_strv_contains(known, m->data))
			return fail(at, m->data, "is no field of a profile", error);
	return TRUE;
}

static JsonArray *get_list(JsonObject *object, const char *field, const struct place *at,
			   GError **error)
{
	JsonNode *node = json_object_get_member(object, field);
	if (node && JSON_NODE_HOLDS_ARRAY(node))
		return json_node_get_array(node);
	fail(at, field, node ? "must be a list" : "is missing", error);
	return NULL;
}

static gboolean get_strings(JsonObject *object, const char *field, form_func is_allowed,
			    char ***out, const struct place *at, GError **error)
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
			return fail(at, field, "must be strings of the allowed form", error);
		strings[i] = g_strdup(json_node_get_string(item));
	}
	*out = g_steal_pointer(&strings);
	return TRUE;
}

typedef gboolean (*item_func)(gpointer owner, JsonObject *object, const struct place *at,
			      GError **error);

static gboolean each_object(JsonObject *object, const char *field, item_func read_item,
			    gpointer owner, const struct place *at, GError **error)
{
	JsonArray *list = get_list(object, field, at, error);
	if (!list)
		return FALSE;
	for (guint i = 0; i < json_array_get_length(list); i++) {
		const struct place inner = {.outer = at, .list = field, .index = i};
		JsonNode *item = json_array_get_element(list, i);
		if (!JSON_NODE_HOLDS_OBJECT(item))
			return fail(at, field, "must be a list of objects", error);
		if (!read_item(owner, json_node_get_object(item), &inner, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean read_candidate(gpointer need, JsonObject *o, const struct place *at,
			       GError **error)
{
	static const char *const known[] = {"package", "path", "reverse_depends", "base",
					    "interpreter", "score", NULL};
	struct sbx_provider *p = sbx_need_add_candidate(need);
	return check_known(o, known, at, error) &&
	       get_string(o, "package", is_package, NO_NULL, &p->package, at, error) &&
	       get_string(o, "path", is_any, NO_NULL, &p->path, at, error) &&
	       get_count(o, "reverse_depends", &p->n_reverse_depends, at, error) &&
	       get_flag(o, "base", &p->in_base, at, error) &&
	       get_flag(o, "interpreter", &p->in_interpreter, at, error) &&
	       get_double(o, "score", &p->score, at, error);
}

static gboolean read_evidence(gpointer need, JsonObject *o, const struct place *at, GError **error)
{
	static const char *const known[] = {"file", "line", "text", NULL};
	struct sbx_evidence *e = sbx_need_add_evidence(need);
	return check_known(o, known, at, error) &&
	       get_string(o, "file", is_path, NO_NULL, &e->file, at, error) &&
	       get_count(o, "line", &e->line, at, error) &&
	       get_string(o, "text", is_any, NO_NULL, &e->text, at, error);
}

static gboolean read_need(gpointer profile, JsonObject *o, const struct place *at, GError **error)
{
	static const char *const known[] = {"kind", "language", "name", "grade", "status",
					    "confidence", "provider", "candidates", "evidence",
					    NULL};
	struct sbx_need *need = sbx_profile_add_need(profile);
	guint kind = 0, grade = 0, status = 0;
	if (!check_known(o, known, at, error) ||
	    !get_name(o, "kind", kind_name, SBX_FACT_COMMAND + 1, &kind, at, error) ||
	    !get_name(o, "grade", grade_name, SBX_N_GRADES, &grade, at, error) ||
	    !get_name(o, "status", status_name, SBX_N_NEED_STATUSES, &status, at, error) ||
	    !get_string(o, "language", is_word, NO_NULL, &need->language, at, error) ||
	    !get_string(o, "name", is_any, NO_NULL, &need->name, at, error) ||
	    !get_double(o, "confidence", &need->confidence, at, error) ||
	    !get_string(o, "provider", is_package, NULL_ALLOWED, &need->provider, at, error) ||
	    !each_object(o, "candidates", read_candidate, need, at, error) ||
	    !each_object(o, "evidence", read_evidence, need, at, error))
		return FALSE;
	need->kind = (enum sbx_fact_kind)kind;
	need->grade = (enum sbx_grade)grade;
	need->status = (enum sbx_need_status)status;
	if (need->confidence < 0 || need->confidence > 1)
		return fail(at, "confidence", "must be from 0 to 1", error);
	if (need->status == SBX_NEED_PACKAGE && !need->provider)
		return fail(at, "provider", "must name the package", error);
	return TRUE;
}

static gboolean read_profile(struct sbx_profile *p, JsonObject *o, const char *where,
			     GError **error)
{
	static const char *const known[] = {"format", "folder", "entry", "language", "content_id",
					    "files", "files_with_errors", "suite", "architecture",
					    "generation", "packages", "run", "needs", NULL};
	const struct place top = {.where = where}, *at = &top;
	g_autofree char *format = NULL;
	if (!get_string(o, "format", is_any, NO_NULL, &format, at, error))
		return FALSE;
	if (!g_str_equal(format, SBX_PROFILE_FORMAT))
		return fail(at, "format", "is not \"" SBX_PROFILE_FORMAT "\"", error);
	return check_known(o, known, at, error) &&
	       get_string(o, "folder", is_absolute, NO_NULL, &p->folder, at, error) &&
	       get_string(o, "entry", is_path, NO_NULL, &p->entry, at, error) &&
	       get_string(o, "language", is_word, NO_NULL, &p->language, at, error) &&
	       get_string(o, "content_id", is_hex, NO_NULL, &p->content_id, at, error) &&
	       get_count(o, "files", &p->n_files, at, error) &&
	       get_count(o, "files_with_errors", &p->n_files_with_errors, at, error) &&
	       get_string(o, "suite", is_suite, NO_NULL, &p->suite, at, error) &&
	       get_string(o, "architecture", is_word, NO_NULL, &p->architecture, at, error) &&
	       get_string(o, "generation", is_hex, NO_NULL, &p->generation, at, error) &&
	       get_strings(o, "packages", is_package, &p->packages, at, error) &&
	       get_strings(o, "run", is_filled, &p->run, at, error) &&
	       each_object(o, "needs", read_need, p, at, error);
}

/*
 * json-glib 1.6 parses nested lists by recursion without a limit, so that a hostile text could
 * overflow the stack: brackets are counted before it sees them. It also takes comments, which
 * could hide a quote from the counting: what JSON has no use for outside of strings is refused.
 */
static gboolean check_shape(const char *text, gsize n)
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
			if (++depth > MAX_DEPTH)
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

struct sbx_profile *sbx_profile_from_json(const char *text, gssize n_bytes, const char *where,
					  GError **error)
{
	gsize n = n_bytes < 0 ? strlen(text) : (gsize)n_bytes;
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root = NULL;
	if (n <= MAX_PROFILE_BYTES && !memchr(text, '\0', n) &&
	    g_utf8_validate_len(text, n, NULL) && check_shape(text, n) &&
	    json_parser_load_from_data(parser, text, (gssize)n, NULL))
		root = json_parser_get_root(parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
		sbx_set_error(error, SBX_E_INPUT,
			      "%s: is no profile (JSON as `sbx-build profile --json` prints it)",
			      where);
		return NULL;
	}
	SBX_AUTO(sbx_profile) profile = sbx_profile_new();
	if (!read_profile(profile, json_node_get_object(root), where, error))
		return NULL;
	return g_steal_pointer(&profile);
}
