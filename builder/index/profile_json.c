/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/json.h"
#include "builder/index/profile.h"

static void write_candidate(struct sbx_json *w, const struct sbx_provider *provider)
{
	sbx_json_begin_object(w, NULL);
	sbx_json_string(w, "package", provider->package);
	sbx_json_string(w, "path", provider->path);
	sbx_json_int(w, "reverse_depends", provider->n_reverse_depends);
	sbx_json_bool(w, "base", provider->in_base);
	sbx_json_bool(w, "interpreter", provider->in_interpreter);
	sbx_json_double(w, "score", provider->score);
	sbx_json_string(w, "rule", provider->rule);
	sbx_json_bool(w, "forbidden", provider->is_forbidden);
	sbx_json_end_object(w);
}

static void write_evidence(struct sbx_json *w, const GPtrArray *evidence)
{
	sbx_json_begin_array(w, "evidence");
	for (guint i = 0; i < evidence->len; i++) {
		const struct sbx_evidence *one = evidence->pdata[i];
		sbx_json_begin_object(w, NULL);
		sbx_json_string(w, "file", one->file);
		sbx_json_int(w, "line", one->line);
		sbx_json_string(w, "text", one->text);
		sbx_json_end_object(w);
	}
	sbx_json_end_array(w);
}

static void write_need(struct sbx_json *w, const struct sbx_need *need)
{
	sbx_json_begin_object(w, NULL);
	sbx_json_string(w, "kind", sbx_fact_kind_name(need->kind));
	sbx_json_string(w, "language", need->language);
	sbx_json_string(w, "name", need->name);
	sbx_json_string(w, "ecosystem", need->ecosystem);
	sbx_json_string(w, "grade", sbx_grade_name(need->grade));
	sbx_json_string(w, "status", sbx_need_status_name(need->status));
	sbx_json_double(w, "confidence", need->confidence);
	sbx_json_string(w, "provider", need->provider);
	sbx_json_string(w, "why", need->why);
	sbx_json_begin_array(w, "candidates");
	for (guint i = 0; i < need->candidates->len; i++)
		write_candidate(w, need->candidates->pdata[i]);
	sbx_json_end_array(w);
	write_evidence(w, need->evidence);
	sbx_json_end_object(w);
}

static void write_behaviour(struct sbx_json *w, const struct sbx_behaviour *behaviour)
{
	sbx_json_begin_object(w, NULL);
	sbx_json_string(w, "class", behaviour->class);
	sbx_json_string(w, "detail", behaviour->detail);
	sbx_json_double(w, "confidence", behaviour->confidence);
	write_evidence(w, behaviour->evidence);
	sbx_json_end_object(w);
}

static void write_strings(struct sbx_json *w, const char *key, char *const *strings)
{
	sbx_json_begin_array(w, key);
	for (; strings && *strings; strings++)
		sbx_json_string(w, NULL, *strings);
	sbx_json_end_array(w);
}

char *sbx_profile_to_json(const struct sbx_profile *profile)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer out = SBX_BUFFER_INIT;
	struct sbx_json w = {.out = &out, .pretty = true};
	sbx_json_begin_object(&w, NULL);
	sbx_json_string(&w, "format", SBX_PROFILE_FORMAT);
	sbx_json_string(&w, "folder", profile->folder);
	sbx_json_string(&w, "entry", profile->entry);
	sbx_json_string(&w, "language", profile->language);
	sbx_json_string(&w, "content_id", profile->content_id);
	sbx_json_int(&w, "files", profile->n_files);
	sbx_json_int(&w, "files_with_errors", profile->n_files_with_errors);
	sbx_json_begin_array(&w, "unread");
	for (guint i = 0; i < profile->unread->len; i++) {
		const struct sbx_unread *unread = profile->unread->pdata[i];
		sbx_json_begin_object(&w, NULL);
		sbx_json_string(&w, "file", unread->file);
		sbx_json_string(&w, "problem", sbx_problem_name(unread->problem));
		sbx_json_string(&w, "text", sbx_problem_text(unread->problem));
		sbx_json_end_object(&w);
	}
	sbx_json_end_array(&w);
	sbx_json_string(&w, "suite", profile->suite);
	sbx_json_string(&w, "architecture", profile->architecture);
	sbx_json_string(&w, "generation", profile->generation);
	write_strings(&w, "packages", profile->packages);
	write_strings(&w, "run", profile->run);
	write_strings(&w, "classes", profile->classes);
	write_strings(&w, "syscalls", profile->syscalls);
	sbx_resources_write(&profile->resources, "resources", &w);
	sbx_json_begin_array(&w, "needs");
	for (guint i = 0; i < profile->needs->len; i++)
		write_need(&w, profile->needs->pdata[i]);
	sbx_json_end_array(&w);
	sbx_json_begin_array(&w, "behaviours");
	for (guint i = 0; i < profile->behaviours->len; i++)
		write_behaviour(&w, profile->behaviours->pdata[i]);
	sbx_json_end_array(&w);
	sbx_json_end_object(&w);
	if (out.failed)
		g_error("out of memory"); /* as GLib's own allocations do */
	return g_strndup(out.data, out.n_bytes);
}
