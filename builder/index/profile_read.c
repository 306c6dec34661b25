/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/path.h"
#include "builder/index/behaviours.h"
#include "builder/index/fields.h"
#include "builder/index/needs.h"

#define MAX_PROFILE_BYTES (64 * 1024 * 1024)
#define MAX_DEPTH	  8

static gboolean is_any(const char *text)
{
	return TRUE;
}

static gboolean is_filled(const char *text)
{
	return *text != '\0';
}

static gboolean is_package(const char *text)
{
	return sbx_form_has_only(text, "+-._");
}

static gboolean is_suite(const char *text)
{
	return sbx_form_has_only(text, "+-._~:/,") && sbx_path_check_relative(text);
}

static gboolean is_word(const char *text)
{
	return sbx_form_has_only(text, "-_");
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

/* A class that this version does not know says nothing to it, and is no mistake. */
static gboolean is_class(const char *text)
{
	return sbx_form_has_only(text, "-_.");
}

/* "openat", "socket(AF_UNIX)", "_sysctl" */
static gboolean is_call(const char *text)
{
	return sbx_form_has_only(text + (*text == '_'), "_()");
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

static gboolean read_candidate(gpointer need, const struct sbx_json_value *o,
			       const struct sbx_place *at, GError **error)
{
	static const char *const known[] = {"package", "path",	      "reverse_depends",
					    "base",    "interpreter", "score",
					    "rule",    "forbidden",   NULL};
	struct sbx_provider *p = sbx_need_add_candidate(need);
	return sbx_fields_check_known(o, known, at, error) &&
	       sbx_fields_string(o, "package", is_package, SBX_NO_NULL, &p->package, at, error) &&
	       sbx_fields_string(o, "path", is_any, SBX_NO_NULL, &p->path, at, error) &&
	       sbx_fields_count(o, "reverse_depends", &p->n_reverse_depends, at, error) &&
	       sbx_fields_flag(o, "base", &p->in_base, at, error) &&
	       sbx_fields_flag(o, "interpreter", &p->in_interpreter, at, error) &&
	       sbx_fields_double(o, "score", &p->score, at, error) &&
	       sbx_fields_string(o, "rule", is_any, SBX_NULL_ALLOWED, &p->rule, at, error) &&
	       sbx_fields_flag(o, "forbidden", &p->is_forbidden, at, error);
}

static gboolean read_evidence(gpointer list, const struct sbx_json_value *o,
			      const struct sbx_place *at, GError **error)
{
	static const char *const known[] = {"file", "line", "text", NULL};
	struct sbx_evidence *e = g_new0(struct sbx_evidence, 1);
	g_ptr_array_add(list, e);
	return sbx_fields_check_known(o, known, at, error) &&
	       sbx_fields_string(o, "file", is_path, SBX_NO_NULL, &e->file, at, error) &&
	       sbx_fields_count(o, "line", &e->line, at, error) &&
	       sbx_fields_string(o, "text", is_any, SBX_NO_NULL, &e->text, at, error);
}

static gboolean read_need(gpointer profile, const struct sbx_json_value *o,
			  const struct sbx_place *at, GError **error)
{
	static const char *const known[] = {"kind",	  "language", "name",	    "ecosystem",
					    "grade",	  "status",   "confidence", "provider",
					    "candidates", "why",      "evidence",   NULL};
	struct sbx_need *need = sbx_profile_add_need(profile);
	guint kind = 0, grade = 0, status = 0;
	if (!sbx_fields_check_known(o, known, at, error) ||
	    !sbx_fields_word(o, "kind", kind_name, SBX_FACT_BEHAVIOUR, &kind, at, error) ||
	    !sbx_fields_word(o, "grade", grade_name, SBX_N_GRADES, &grade, at, error) ||
	    !sbx_fields_word(o, "status", status_name, SBX_N_NEED_STATUSES, &status, at, error) ||
	    !sbx_fields_string(o, "language", is_word, SBX_NO_NULL, &need->language, at, error) ||
	    !sbx_fields_string(o, "name", is_any, SBX_NO_NULL, &need->name, at, error) ||
	    !sbx_fields_string(o, "ecosystem", is_word, SBX_NULL_ALLOWED, &need->ecosystem, at,
			       error) ||
	    !sbx_fields_double(o, "confidence", &need->confidence, at, error) ||
	    !sbx_fields_string(o, "provider", is_package, SBX_NULL_ALLOWED, &need->provider, at,
			       error) ||
	    !sbx_fields_string(o, "why", is_any, SBX_NULL_ALLOWED, &need->why, at, error) ||
	    !sbx_fields_each(o, "candidates", read_candidate, need, at, error) ||
	    !sbx_fields_each(o, "evidence", read_evidence, need->evidence, at, error))
		return FALSE;
	need->kind = (enum sbx_fact_kind)kind;
	need->grade = (enum sbx_grade)grade;
	need->status = (enum sbx_need_status)status;
	if (need->confidence < 0 || need->confidence > 1)
		return sbx_fields_fail(at, "confidence", "must be from 0 to 1", error);
	if (need->status == SBX_NEED_PACKAGE && !need->provider)
		return sbx_fields_fail(at, "provider", "must name the package", error);
	return TRUE;
}

static gboolean read_behaviour(gpointer profile, const struct sbx_json_value *o,
			       const struct sbx_place *at, GError **error)
{
	static const char *const known[] = {"class", "detail", "confidence", "evidence", NULL};
	struct sbx_behaviour *b = sbx_profile_add_behaviour(profile);
	if (!sbx_fields_check_known(o, known, at, error) ||
	    !sbx_fields_string(o, "class", is_class, SBX_NO_NULL, &b->class, at, error) ||
	    !sbx_fields_string(o, "detail", is_filled, SBX_NULL_ALLOWED, &b->detail, at, error) ||
	    !sbx_fields_double(o, "confidence", &b->confidence, at, error) ||
	    !sbx_fields_each(o, "evidence", read_evidence, b->evidence, at, error))
		return FALSE;
	if (b->confidence < 0 || b->confidence > 1)
		return sbx_fields_fail(at, "confidence", "must be from 0 to 1", error);
	return TRUE;
}

static const char *problem_name(guint problem)
{
	return sbx_problem_name((enum sbx_problem)problem);
}

static gboolean read_unread(gpointer profile, const struct sbx_json_value *o,
			    const struct sbx_place *at, GError **error)
{
	static const char *const known[] = {"file", "problem", "text", NULL};
	struct sbx_unread *unread = sbx_profile_add_unread(profile);
	g_autofree char *text = NULL;
	guint problem = 0;
	if (!sbx_fields_check_known(o, known, at, error) ||
	    !sbx_fields_string(o, "file", is_path, SBX_NO_NULL, &unread->file, at, error) ||
	    !sbx_fields_word(o, "problem", problem_name, SBX_N_PROBLEMS, &problem, at, error) ||
	    !sbx_fields_string(o, "text", is_any, SBX_NO_NULL, &text, at, error))
		return FALSE;
	unread->problem = (enum sbx_problem)problem;
	return TRUE;
}

static gboolean read_profile(struct sbx_profile *p, const struct sbx_json_value *o,
			     const struct sbx_place *at, GError **error)
{
	static const char *const known[] = {"format",
					    "folder",
					    "entry",
					    "language",
					    "content_id",
					    "files",
					    "files_with_errors",
					    "unread",
					    "suite",
					    "architecture",
					    "generation",
					    "packages",
					    "run",
					    "classes",
					    "syscalls",
					    "resources",
					    "needs",
					    "behaviours",
					    NULL};
	g_autofree char *format = NULL;
	if (!sbx_fields_string(o, "format", is_any, SBX_NO_NULL, &format, at, error))
		return FALSE;
	if (!g_str_equal(format, SBX_PROFILE_FORMAT))
		return sbx_fields_fail(at, "format", "is not \"" SBX_PROFILE_FORMAT "\"", error);
	return sbx_fields_check_known(o, known, at, error) &&
	       sbx_fields_string(o, "folder", is_absolute, SBX_NO_NULL, &p->folder, at, error) &&
	       sbx_fields_string(o, "entry", is_path, SBX_NO_NULL, &p->entry, at, error) &&
	       sbx_fields_string(o, "language", is_word, SBX_NO_NULL, &p->language, at, error) &&
	       sbx_fields_string(o, "content_id", is_hex, SBX_NO_NULL, &p->content_id, at, error) &&
	       sbx_fields_count(o, "files", &p->n_files, at, error) &&
	       sbx_fields_count(o, "files_with_errors", &p->n_files_with_errors, at, error) &&
	       sbx_fields_each(o, "unread", read_unread, p, at, error) &&
	       sbx_fields_string(o, "suite", is_suite, SBX_NO_NULL, &p->suite, at, error) &&
	       sbx_fields_string(o, "architecture", is_word, SBX_NO_NULL, &p->architecture, at,
				 error) &&
	       sbx_fields_string(o, "generation", is_hex, SBX_NO_NULL, &p->generation, at, error) &&
	       sbx_fields_strings(o, "packages", is_package, &p->packages, at, error) &&
	       sbx_fields_strings(o, "run", is_filled, &p->run, at, error) &&
	       sbx_fields_strings(o, "classes", is_class, &p->classes, at, error) &&
	       sbx_fields_strings(o, "syscalls", is_call, &p->syscalls, at, error) &&
	       sbx_resources_read(&p->resources, o, "resources", at, error) &&
	       sbx_fields_each(o, "needs", read_need, p, at, error) &&
	       sbx_fields_each(o, "behaviours", read_behaviour, p, at, error);
}

struct sbx_profile *sbx_profile_from_json(const char *text, gssize n_bytes, const char *where,
					  GError **error)
{
	const struct sbx_place at = {
		.where = where,
		.what = "a profile",
		.remedy = "make the profile again with `sbx-build profile --json`",
	};
	SBX_CLEANUP_JSON_TREE struct sbx_json_tree tree = {0};
	gsize n = n_bytes < 0 ? strlen(text) : (gsize)n_bytes;
	const struct sbx_json_value *root =
		sbx_fields_parse(&tree, text, n, MAX_PROFILE_BYTES, MAX_DEPTH, &at, error);
	SBX_AUTO(sbx_profile) profile = sbx_profile_new();
	if (!root || !read_profile(profile, root, &at, error))
		return NULL;
	return g_steal_pointer(&profile);
}
