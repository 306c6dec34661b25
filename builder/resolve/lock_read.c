/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/path.h"
#include "builder/index/fields.h"
#include "builder/resolve/lock.h"

#define MAX_LOCK_BYTES (64 * 1024 * 1024)
#define MAX_DEPTH      8

/* What dpkg(1) accepts as a name; Debian policy 5.6.1 allows less. */
static gboolean is_name(const char *text)
{
	return sbx_form_has_only(text, "+-._");
}

static gboolean is_version(const char *text)
{
	return sbx_form_has_only(text, "+-.~:");
}

static gboolean is_architecture(const char *text)
{
	return sbx_form_has_only(text, "-");
}

/* A suite may hold a slash ("stable/updates"), so may a component. */
static gboolean is_origin(const char *text)
{
	return sbx_form_has_only(text, "+-._~:/") && strchr(text, '/') &&
	       sbx_path_check_relative(text);
}

static gboolean is_suite(const char *text)
{
	return sbx_form_has_only(text, "+-._~:/,") && sbx_path_check_relative(text);
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

/* "name" or "name=version" */
static gboolean is_name_or_version(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, "=", 2);
	return parts[0] && is_name(parts[0]) && (!parts[1] || is_version(parts[1]));
}

/* The resolver checks them whole; here they only must be fit to be printed. */
static gboolean is_pin(const char *text)
{
	for (const char *p = text; *p; p++)
		if (g_ascii_iscntrl(*p))
			return FALSE;
	return *text && strlen(text) <= 1024;
}

static gboolean get_size(const struct sbx_json_value *object, const char *field, guint64 *out,
			 const struct sbx_place *at, GError **error)
{
	const struct sbx_json_value *node = sbx_json_member(object, field);
	if (!node)
		return sbx_fields_fail(at, field, "is missing", error);
	if (!node->is_integer || node->integer < 0)
		return sbx_fields_fail(at, field, "must be a whole number, not negative", error);
	*out = (guint64)node->integer;
	return TRUE;
}

static gboolean read_release(gpointer owner, const struct sbx_json_value *o,
			     const struct sbx_place *at, GError **error)
{
	static const char *const known[] = {"origin", "date", "sha256", NULL};
	struct sbx_lock *lock = owner;
	struct sbx_lock_release *release = g_new0(struct sbx_lock_release, 1);
	g_ptr_array_add(lock->releases, release);
	return sbx_fields_check_known(o, known, at, error) &&
	       sbx_fields_string(o, "origin", is_origin, SBX_NO_NULL, &release->origin, at,
				 error) &&
	       sbx_fields_string(o, "date", is_date, SBX_NO_NULL, &release->date, at, error) &&
	       sbx_fields_string(o, "sha256", is_sha256, SBX_NO_NULL, &release->sha256, at, error);
}

static gboolean read_package(gpointer owner, const struct sbx_json_value *o,
			     const struct sbx_place *at, GError **error)
{
	static const char *const known[] = {
		"name", "version",	   "architecture", "origin", "path",   "sha256",
		"size", "installed_bytes", "essential",	   "base",   "manual", NULL};
	struct sbx_lock *lock = owner;
	struct sbx_lock_package *p = g_new0(struct sbx_lock_package, 1);
	g_ptr_array_add(lock->packages, p);
	if (!sbx_fields_check_known(o, known, at, error) ||
	    !sbx_fields_string(o, "name", is_name, SBX_NO_NULL, &p->name, at, error) ||
	    !sbx_fields_string(o, "version", is_version, SBX_NO_NULL, &p->version, at, error) ||
	    !sbx_fields_string(o, "architecture", is_architecture, SBX_NO_NULL, &p->architecture,
			       at, error) ||
	    !sbx_fields_string(o, "origin", is_origin, SBX_NO_NULL, &p->origin, at, error) ||
	    !sbx_fields_string(o, "path", is_path, SBX_NO_NULL, &p->path, at, error) ||
	    !sbx_fields_string(o, "sha256", is_sha256, SBX_NO_NULL, &p->sha256, at, error) ||
	    !get_size(o, "size", &p->size, at, error) ||
	    !get_size(o, "installed_bytes", &p->installed_bytes, at, error) ||
	    !sbx_fields_flag(o, "essential", &p->essential, at, error) ||
	    !sbx_fields_flag(o, "base", &p->base, at, error) ||
	    !sbx_fields_flag(o, "manual", &p->manual, at, error))
		return FALSE;
	if (!g_str_equal(p->architecture, "all") &&
	    !g_str_equal(p->architecture, lock->architecture))
		return sbx_fields_fail(at, "architecture", "is neither the lock's nor \"all\"",
				       error);
	if (p->essential && !p->base)
		return sbx_fields_fail(at, "base", "must be true for an essential package", error);
	return TRUE;
}

/* Lists that are written only where something stands in them. */
static gboolean read_list(const struct sbx_json_value *o, const char *field, sbx_form_func form,
			  char ***out, const struct sbx_place *at, GError **error)
{
	return !sbx_json_member(o, field) || sbx_fields_strings(o, field, form, out, at, error);
}

static gboolean is_content_class(const char *text)
{
	return sbx_content_by_name(text) != SBX_N_CONTENT_CLASSES;
}

/* A set: sorted when it is written, each word once. */
static gboolean read_set(const struct sbx_json_value *o, const char *field, sbx_form_func form,
			 char ***out, const struct sbx_place *at, GError **error)
{
	if (!read_list(o, field, form, out, at, error))
		return FALSE;
	if (*out && !**out)
		return sbx_fields_fail(at, field, "is empty: leave it out", error);
	for (guint i = 0; *out && (*out)[i]; i++)
		if (g_strv_contains((const char *const *)*out + i + 1, (*out)[i]))
			return sbx_fields_fail(at, field, "holds something twice", error);
	return TRUE;
}

static gboolean is_name_or_all(const char *text)
{
	return is_name(text) || g_str_equal(text, SBX_SKIP_ALL);
}

static gboolean read_content(struct sbx_content *content, const struct sbx_json_value *o,
			     const struct sbx_place *at, GError **error)
{
	g_auto(GStrv) without = NULL, locales = NULL, skipped = NULL;
	if (!read_set(o, "without", is_content_class, &without, at, error) ||
	    !read_set(o, "locales", sbx_content_is_locale, &locales, at, error) ||
	    !read_set(o, "skip_scripts", is_name_or_all, &skipped, at, error))
		return FALSE;
	for (char **name = without; name && *name; name++)
		content->without |= 1u << sbx_content_by_name(*name);
	if (locales && !(content->without & 1u << SBX_CONTENT_LOCALES))
		return sbx_fields_fail(at, "locales", "needs \"locales\" among what is left out",
				       error);
	sbx_content_set_locales(content, (const char *const *)locales);
	sbx_content_set_skip_scripts(content, (const char *const *)skipped);
	return TRUE;
}

static gboolean read_options(struct sbx_lock *lock, const struct sbx_json_value *root,
			     const struct sbx_place *at, GError **error)
{
	static const char *const known[] = {"recommends", "hold",    "forbid",	     "pins",
					    "without",	  "locales", "skip_scripts", NULL};
	const struct sbx_json_value *o = sbx_json_member(root, "options");
	if (!o || o->kind != SBX_JSON_KIND_OBJECT)
		return sbx_fields_fail(at, "options", "must be an object", error);
	return sbx_fields_check_known(o, known, at, error) &&
	       sbx_fields_flag(o, "recommends", &lock->recommends, at, error) &&
	       read_list(o, "hold", is_name_or_version, &lock->hold, at, error) &&
	       read_list(o, "forbid", is_name_or_version, &lock->forbid, at, error) &&
	       read_list(o, "pins", is_pin, &lock->pins, at, error) &&
	       read_content(&lock->content, o, at, error);
}

static gboolean read_head(struct sbx_lock *lock, const struct sbx_json_value *root,
			  const struct sbx_place *at, GError **error)
{
	static const char *const known[] = {
		"format", "suite", "architecture", "options", "releases", "packages", NULL};
	const struct sbx_json_value *format = sbx_json_member(root, "format");
	if (!format || format->kind != SBX_JSON_KIND_STRING ||
	    !g_str_equal(format->string, SBX_LOCK_FORMAT))
		return sbx_fields_fail(at, "format", "is not \"" SBX_LOCK_FORMAT "\"", error);
	return sbx_fields_check_known(root, known, at, error) &&
	       read_options(lock, root, at, error) &&
	       sbx_fields_string(root, "suite", is_suite, SBX_NO_NULL, &lock->suite, at, error) &&
	       sbx_fields_string(root, "architecture", is_architecture, SBX_NO_NULL,
				 &lock->architecture, at, error);
}

static gboolean there_twice(const struct sbx_place *at, const char *field, const char *name,
			    GError **error)
{
	g_autofree char *reason = g_strdup_printf("%s is there twice", name);
	return sbx_fields_fail(at, field, reason, error);
}

static gboolean check_no_doubles(const struct sbx_lock *lock, const struct sbx_place *at,
				 GError **error)
{
	for (guint i = 1; i < lock->packages->len; i++) {
		const struct sbx_lock_package *a = lock->packages->pdata[i - 1];
		const struct sbx_lock_package *b = lock->packages->pdata[i];
		/* Only the lock's architecture and "all" occur, and dpkg has a name once there. */
		if (g_str_equal(a->name, b->name))
			return there_twice(at, "packages", a->name, error);
	}
	for (guint i = 1; i < lock->releases->len; i++) {
		const struct sbx_lock_release *a = lock->releases->pdata[i - 1];
		const struct sbx_lock_release *b = lock->releases->pdata[i];
		if (g_str_equal(a->origin, b->origin))
			return there_twice(at, "releases", a->origin, error);
	}
	return TRUE;
}

struct sbx_lock *sbx_lock_from_json(const char *text, gssize n_bytes, const char *where,
				    GError **error)
{
	const struct sbx_place at = {
		.where = where,
		.what = "a lock",
		.remedy = "make the lock again with `sbx-build resolve`",
	};
	SBX_CLEANUP_JSON_TREE struct sbx_json_tree tree = {0};
	gsize n = n_bytes < 0 ? strlen(text) : (gsize)n_bytes;
	const struct sbx_json_value *root =
		sbx_fields_parse(&tree, text, n, MAX_LOCK_BYTES, MAX_DEPTH, &at, error);
	SBX_AUTO(sbx_lock) lock = sbx_lock_new(NULL, NULL);
	if (!root || !read_head(lock, root, &at, error) ||
	    !sbx_fields_each(root, "releases", read_release, lock, &at, error) ||
	    !sbx_fields_each(root, "packages", read_package, lock, &at, error))
		return NULL;
	sbx_lock_sort(lock);
	if (!check_no_doubles(lock, &at, error))
		return NULL;
	return g_steal_pointer(&lock);
}
