/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/lock.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/path.h"

#define MAX_LOCK_BYTES (64 * 1024 * 1024)
#define MAX_DEPTH      8

/* Where in the text we are, for messages: "app.lock: packages[3].sha256: ..." */
struct place {
	const char *where;
	const char *list; /* NULL: the outermost object */
	guint index;
};

static gboolean fail(const struct place *at, const char *field, const char *reason, GError **error)
{
	if (!at->list)
		return sbx_set_error(error, SBX_E_INPUT,
				     "%s: %s: %s; make the lock again with `sbx-build resolve`",
				     at->where, field, reason);
	return sbx_set_error(error, SBX_E_INPUT,
			     "%s: %s[%u].%s: %s; make the lock again with `sbx-build resolve`",
			     at->where, at->list, at->index, field, reason);
}

typedef gboolean (*form_func)(const char *text);

static gboolean has_only(const char *text, const char *allowed)
{
	if (!g_ascii_isalnum(*text))
		return FALSE;
	for (const char *p = text; *p; p++)
		if (!g_ascii_isalnum(*p) && !strchr(allowed, *p))
			return FALSE;
	return strlen(text) <= 1024;
}

/* What dpkg(1) accepts as a name; Debian policy 5.6.1 allows less. */
static gboolean is_name(const char *text)
{
	return has_only(text, "+-._");
}

static gboolean is_version(const char *text)
{
	return has_only(text, "+-.~:");
}

static gboolean is_architecture(const char *text)
{
	return has_only(text, "-");
}

/* A suite may hold a slash ("stable/updates"), so may a component. */
static gboolean is_origin(const char *text)
{
	return has_only(text, "+-._~:/") && strchr(text, '/') && sbx_path_check_relative(text);
}

static gboolean is_suite(const char *text)
{
	return has_only(text, "+-._~:/") && sbx_path_check_relative(text);
}

static gboolean is_path(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((guchar)*p <= ' ' || *p == 0x7f)
			return FALSE;
	return strlen(text) <= 4096 && sbx_path_check_relative(text) != NULL;
}

static gboolean is_sha256(const char *text)
{
	return strspn(text, "0123456789abcdef") == 64 && text[64] == '\0';
}

static gboolean is_date(const char *text)
{
	g_autoptr(GDateTime) date = g_date_time_new_from_iso8601(text, NULL);
	return date != NULL;
}

static JsonNode *get_value(JsonObject *object, const char *field, GType type,
			   const struct place *at, GError **error)
{
	JsonNode *node = json_object_get_member(object, field);
	if (!node)
		fail(at, field, "is missing", error);
	else if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != type)
		fail(at, field,
		     type == G_TYPE_STRING  ? "must be a string"
		     : type == G_TYPE_INT64 ? "must be a whole number"
					    : "must be true or false",
		     error);
	else
		return node;
	return NULL;
}

static gboolean get_string(JsonObject *object, const char *field, form_func is_allowed, char **out,
			   const struct place *at, GError **error)
{
	JsonNode *node = get_value(object, field, G_TYPE_STRING, at, error);
	if (!node)
		return FALSE;
	const char *text = json_node_get_string(node);
	if (!is_allowed(text))
		return fail(at, field, "is not of the allowed form", error);
	*out = g_strdup(text);
	return TRUE;
}

static gboolean get_size(JsonObject *object, const char *field, guint64 *out,
			 const struct place *at, GError **error)
{
	JsonNode *node = get_value(object, field, G_TYPE_INT64, at, error);
	if (!node)
		return FALSE;
	gint64 value = json_node_get_int(node);
	if (value < 0)
		return fail(at, field, "must not be negative", error);
	*out = (guint64)value;
	return TRUE;
}

static gboolean get_flag(JsonObject *object, const char *field, gboolean *out,
			 const struct place *at, GError **error)
{
	JsonNode *node = get_value(object, field, G_TYPE_BOOLEAN, at, error);
	if (!node)
		return FALSE;
	*out = json_node_get_boolean(node);
	return TRUE;
}

/* A field that we do not know might change what the tree holds: better refused than overlooked. */
static gboolean check_known(JsonObject *object, const char *const *known, const struct place *at,
			    GError **error)
{
	g_autoptr(GList) members = json_object_get_members(object);
	for (GList *m = members; m; m = m->next)
		if (!g_strv_contains(known, m->data))
			return fail(at, m->data, "is no field of a lock", error);
	return TRUE;
}

static gboolean read_release(struct sbx_lock *lock, JsonObject *object, const struct place *at,
			     GError **error)
{
	static const char *const known[] = {"origin", "date", "sha256", NULL};
	struct sbx_lock_release *release = g_new0(struct sbx_lock_release, 1);
	g_ptr_array_add(lock->releases, release);
	return check_known(object, known, at, error) &&
	       get_string(object, "origin", is_origin, &release->origin, at, error) &&
	       get_string(object, "date", is_date, &release->date, at, error) &&
	       get_string(object, "sha256", is_sha256, &release->sha256, at, error);
}

static gboolean read_package(struct sbx_lock *lock, JsonObject *object, const struct place *at,
			     GError **error)
{
	static const char *const known[] = {
		"name", "version",	   "architecture", "origin", "path",   "sha256",
		"size", "installed_bytes", "essential",	   "base",   "manual", NULL};
	struct sbx_lock_package *p = g_new0(struct sbx_lock_package, 1);
	g_ptr_array_add(lock->packages, p);
	if (!check_known(object, known, at, error) ||
	    !get_string(object, "name", is_name, &p->name, at, error) ||
	    !get_string(object, "version", is_version, &p->version, at, error) ||
	    !get_string(object, "architecture", is_architecture, &p->architecture, at, error) ||
	    !get_string(object, "origin", is_origin, &p->origin, at, error) ||
	    !get_string(object, "path", is_path, &p->path, at, error) ||
	    !get_string(object, "sha256", is_sha256, &p->sha256, at, error) ||
	    !get_size(object, "size", &p->size, at, error) ||
	    !get_size(object, "installed_bytes", &p->installed_bytes, at, error) ||
	    !get_flag(object, "essential", &p->essential, at, error) ||
	    !get_flag(object, "base", &p->base, at, error) ||
	    !get_flag(object, "manual", &p->manual, at, error))
		return FALSE;
	if (!g_str_equal(p->architecture, "all") &&
	    !g_str_equal(p->architecture, lock->architecture))
		return fail(at, "architecture", "is neither the lock's nor \"all\"", error);
	if (p->essential && !p->base)
		return fail(at, "base", "must be true for an essential package", error);
	return TRUE;
}

typedef gboolean (*item_func)(struct sbx_lock *lock, JsonObject *object, const struct place *at,
			      GError **error);

static gboolean read_list(struct sbx_lock *lock, JsonObject *object, const char *field,
			  item_func read_item, const char *where, GError **error)
{
	struct place at = {.where = where};
	JsonNode *node = json_object_get_member(object, field);
	if (!node || !JSON_NODE_HOLDS_ARRAY(node))
		return fail(&at, field, "must be a list", error);
	JsonArray *list = json_node_get_array(node);
	at.list = field;
	for (guint i = 0; i < json_array_get_length(list); i++) {
		JsonNode *item = json_array_get_element(list, i);
		at.index = i;
		if (!JSON_NODE_HOLDS_OBJECT(item))
			return fail(&at, "", "must be an object", error);
		if (!read_item(lock, json_node_get_object(item), &at, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean read_head(struct sbx_lock *lock, JsonObject *root, const char *where,
			  GError **error)
{
	static const char *const known[] = {
		"format", "suite", "architecture", "options", "releases", "packages", NULL};
	static const char *const known_options[] = {"recommends", NULL};
	const struct place at = {.where = where}, in_options = {.where = where};
	JsonNode *format = get_value(root, "format", G_TYPE_STRING, &at, error);
	if (!format)
		return FALSE;
	if (!g_str_equal(json_node_get_string(format), SBX_LOCK_FORMAT))
		return fail(&at, "format", "is not \"" SBX_LOCK_FORMAT "\"", error);
	JsonNode *options = json_object_get_member(root, "options");
	if (!options || !JSON_NODE_HOLDS_OBJECT(options))
		return fail(&at, "options", "must be an object", error);
	JsonObject *flags = json_node_get_object(options);
	return check_known(root, known, &at, error) &&
	       check_known(flags, known_options, &in_options, error) &&
	       get_string(root, "suite", is_suite, &lock->suite, &at, error) &&
	       get_string(root, "architecture", is_architecture, &lock->architecture, &at, error) &&
	       get_flag(flags, "recommends", &lock->recommends, &in_options, error);
}

static gboolean check_no_doubles(const struct sbx_lock *lock, const char *where, GError **error)
{
	for (guint i = 1; i < lock->packages->len; i++) {
		const struct sbx_lock_package *a = lock->packages->pdata[i - 1];
		const struct sbx_lock_package *b = lock->packages->pdata[i];
		/* Only the lock's architecture and "all" occur, and dpkg has a name once there. */
		if (g_str_equal(a->name, b->name))
			return sbx_set_error(error, SBX_E_INPUT,
					     "%s: packages: %s is there twice; make the lock again "
					     "with `sbx-build resolve`",
					     where, a->name);
	}
	for (guint i = 1; i < lock->releases->len; i++) {
		const struct sbx_lock_release *a = lock->releases->pdata[i - 1];
		const struct sbx_lock_release *b = lock->releases->pdata[i];
		if (g_str_equal(a->origin, b->origin))
			return sbx_set_error(error, SBX_E_INPUT,
					     "%s: releases: %s is there twice; make the lock again "
					     "with `sbx-build resolve`",
					     where, a->origin);
	}
	return TRUE;
}

/*
 * json-glib 1.6 parses nested lists by recursion without a limit, so that a hostile text could
 * overflow the stack: count the brackets before it sees them. It also takes comments, which could
 * hide a quote from the counting, and stops after the first value: whatever JSON has no use for
 * outside of strings is refused, and so is anything but one object.
 */
static gboolean check_shape(const char *text, gsize n)
{
	guint depth = 0, n_values = 0;
	gboolean in_string = FALSE;
	for (gsize i = 0; i < n; i++) {
		if (depth == 0 && !g_ascii_isspace(text[i]) && (text[i] != '{' || n_values++ > 0))
			return FALSE;
		if (in_string) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				in_string = FALSE;
		} else if (text[i] == '"') {
			in_string = TRUE;
		} else if (text[i] == '[' || text[i] == '{') {
			if (++depth > MAX_DEPTH)
				return FALSE;
		} else if (text[i] == ']' || text[i] == '}') {
			if (depth-- == 0)
				return FALSE;
		} else if (!g_ascii_isalnum(text[i]) && !strchr(" \t\r\n,:+-.", text[i])) {
			return FALSE;
		}
	}
	return !in_string && depth == 0 && n_values == 1;
}

static JsonNode *parse(const char *text, gsize n, const char *where, GError **error)
{
	if (n > MAX_LOCK_BYTES || memchr(text, '\0', n) || !g_utf8_validate_len(text, n, NULL) ||
	    !check_shape(text, n)) {
		sbx_set_error(error, SBX_E_INPUT,
			      "%s: is not a lock (JSON as `sbx-build resolve --json` prints it)",
			      where);
		return NULL;
	}
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(GError) local = NULL;
	if (!json_parser_load_from_data(parser, text, (gssize)n, &local)) {
		g_strdelimit(local->message, "\r\n", ' ');
		sbx_set_error(error, SBX_E_INPUT,
			      "%s: is not JSON: %s; make the lock again with `sbx-build resolve`",
			      where, local->message);
		return NULL;
	}
	JsonNode *root = json_parser_steal_root(parser);
	if (root && JSON_NODE_HOLDS_OBJECT(root))
		return root;
	g_clear_pointer(&root, json_node_unref);
	sbx_set_error(error, SBX_E_INPUT, "%s: is not a lock: a JSON object is expected", where);
	return NULL;
}

struct sbx_lock *sbx_lock_from_json(const char *text, gssize n_bytes, const char *where,
				    GError **error)
{
	gsize n = n_bytes < 0 ? strlen(text) : (gsize)n_bytes;
	g_autoptr(JsonNode) node = parse(text, n, where, error);
	if (!node)
		return NULL;
	JsonObject *root = json_node_get_object(node);
	SBX_AUTO(sbx_lock) lock = sbx_lock_new(NULL, NULL);
	if (!read_head(lock, root, where, error) ||
	    !read_list(lock, root, "releases", read_release, where, error) ||
	    !read_list(lock, root, "packages", read_package, where, error))
		return NULL;
	sbx_lock_sort(lock);
	if (!check_no_doubles(lock, where, error))
		return NULL;
	return g_steal_pointer(&lock);
}
