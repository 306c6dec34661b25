/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "builder/index/needs.h"
#include "builder/index/profile_text.h"

/* SARIF 2.1.0 (OASIS): one run; a rule for each thing that a profile may say of a line. */

#define RULE_TABLE(X)                                                                              \
	X(NOT_FOUND, "need-not-found", "error", "The task needs it, and no package ships it")      \
	X(ECOSYSTEM, "need-not-packaged", "error",                                                 \
	  "The task declares it, and no Debian package has it")                                    \
	X(UNKNOWN, "need-unknown", "warning", "What is needed here is known only at run time")     \
	X(PACKAGE, "need", "note", "The task needs a package")                                     \
	X(OPTIONAL, "need-optional", "note", "The task uses it when it is there")                  \
	X(BEHAVIOUR, "behaviour", "note", "The task does what a sandbox may forbid")               \
	X(UNREAD, "not-read", "warning", "The file was not read as a whole: needs may be missing")

enum rule {
#define X(id, name, level, text) RULE_##id,
	RULE_TABLE(X)
#undef X
		N_RULES
};

static const struct {
	const char *name, *level, *text;
} rules[] = {
#define X(id, name, level, text) {name, level, text},
	RULE_TABLE(X)
#undef X
};

static void write_message(struct sbx_json *w, const char *key, const char *text)
{
	sbx_json_begin_object(w, key);
	sbx_json_string(w, "text", text);
	sbx_json_end_object(w);
}

static void write_driver(struct sbx_json *w)
{
	sbx_json_begin_object(w, "tool");
	sbx_json_begin_object(w, "driver");
	sbx_json_string(w, "name", "sbx-build profile");
	sbx_json_string(w, "version", SBX_VERSION);
	sbx_json_begin_array(w, "rules");
	for (guint i = 0; i < N_RULES; i++) {
		sbx_json_begin_object(w, NULL);
		sbx_json_string(w, "id", rules[i].name);
		write_message(w, "shortDescription", rules[i].text);
		sbx_json_begin_object(w, "defaultConfiguration");
		sbx_json_string(w, "level", rules[i].level);
		sbx_json_end_object(w);
		sbx_json_end_object(w);
	}
	sbx_json_end_array(w);
	sbx_json_end_object(w);
	sbx_json_end_object(w);
}

/* line 0: the whole file */
static void write_location(struct sbx_json *w, const char *file, guint line, const char *snippet)
{
	g_autofree char *uri = g_uri_escape_string(file, "/", FALSE);
	sbx_json_begin_object(w, NULL);
	sbx_json_begin_object(w, "physicalLocation");
	sbx_json_begin_object(w, "artifactLocation");
	sbx_json_string(w, "uri", uri);
	sbx_json_string(w, "uriBaseId", "TASK");
	sbx_json_end_object(w);
	if (line) {
		sbx_json_begin_object(w, "region");
		sbx_json_int(w, "startLine", line);
		write_message(w, "snippet", snippet);
		sbx_json_end_object(w);
	}
	sbx_json_end_object(w);
	sbx_json_end_object(w);
}

/* The first place is the result's own, the others are related to it. */
static void write_places(struct sbx_json *w, const GPtrArray *evidence, guint from, guint end)
{
	for (guint i = from; i < end; i++) {
		const struct sbx_evidence *seen = evidence->pdata[i];
		write_location(w, seen->file, seen->line, seen->text);
	}
}

/* Seen nowhere in particular (evidence NULL or empty): `file` is the place. */
static void write_result(struct sbx_json *w, enum rule rule, const char *message, const char *file,
			 const GPtrArray *evidence)
{
	g_autofree char *plain = sbx_plain_text(message);
	guint n = evidence ? evidence->len : 0;
	sbx_json_begin_object(w, NULL);
	sbx_json_string(w, "ruleId", rules[rule].name);
	sbx_json_int(w, "ruleIndex", rule);
	sbx_json_string(w, "level", rules[rule].level);
	write_message(w, "message", plain);
	sbx_json_begin_array(w, "locations");
	if (n)
		write_places(w, evidence, 0, 1);
	else
		write_location(w, file, 0, NULL);
	sbx_json_end_array(w);
	if (n > 1) {
		sbx_json_begin_array(w, "relatedLocations");
		write_places(w, evidence, 1, n);
		sbx_json_end_array(w);
	}
	sbx_json_end_object(w);
}

/* N_RULES: nothing to tell, it is there anyway. */
static enum rule rule_of(const struct sbx_need *need)
{
	switch (need->status) {
	case SBX_NEED_UNRESOLVED:
		return RULE_NOT_FOUND;
	case SBX_NEED_ECOSYSTEM:
		return RULE_ECOSYSTEM;
	case SBX_NEED_UNKNOWN:
		return RULE_UNKNOWN;
	case SBX_NEED_PACKAGE:
		return RULE_PACKAGE;
	case SBX_NEED_OPTIONAL:
		return RULE_OPTIONAL;
	default:
		return N_RULES;
	}
}

static void write_need(struct sbx_json *w, const struct sbx_profile *profile,
		       const struct sbx_need *need)
{
	enum rule rule = rule_of(need);
	if (rule == N_RULES)
		return;
	g_autoptr(GString) text = g_string_new(rules[rule].text);
	g_string_append_printf(text, ": %s %s", sbx_fact_kind_name(need->kind),
			       *need->name ? need->name : "of a computed name");
	if (need->provider)
		g_string_append_printf(text, ", which package %s has", need->provider);
	if (need->why)
		g_string_append_printf(text, " (%s)", need->why);
	g_string_append_printf(text, "; %s, confidence %.2f", sbx_grade_name(need->grade),
			       need->confidence);
	write_result(w, rule, text->str, profile->entry, need->evidence);
}

static void write_results(struct sbx_json *w, const struct sbx_profile *profile)
{
	sbx_json_begin_array(w, "results");
	for (guint i = 0; i < profile->needs->len; i++)
		write_need(w, profile, profile->needs->pdata[i]);
	for (guint i = 0; i < profile->behaviours->len; i++) {
		const struct sbx_behaviour *b = profile->behaviours->pdata[i];
		g_autofree char *text = g_strdup_printf(
			"%s: %s%s%s, confidence %.2f", rules[RULE_BEHAVIOUR].text, b->class,
			b->detail ? " " : "", b->detail ? b->detail : "", b->confidence);
		write_result(w, RULE_BEHAVIOUR, text, profile->entry, b->evidence);
	}
	for (guint i = 0; i < profile->unread->len; i++) {
		const struct sbx_unread *unread = profile->unread->pdata[i];
		g_autofree char *text = g_strdup_printf("%s: it %s", rules[RULE_UNREAD].text,
							sbx_problem_text(unread->problem));
		write_result(w, RULE_UNREAD, text, unread->file, NULL);
	}
	sbx_json_end_array(w);
}

char *sbx_profile_to_sarif(const struct sbx_profile *profile)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer out = SBX_BUFFER_INIT;
	struct sbx_json w = {.out = &out, .pretty = true};
	g_autofree char *folder = g_filename_to_uri(profile->folder, NULL, NULL);
	g_autofree char *base = g_strconcat(folder ? folder : "file://", "/", NULL);
	sbx_json_begin_object(&w, NULL);
	sbx_json_string(&w, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	sbx_json_string(&w, "version", "2.1.0");
	sbx_json_begin_array(&w, "runs");
	sbx_json_begin_object(&w, NULL);
	write_driver(&w);
	sbx_json_begin_object(&w, "originalUriBaseIds");
	sbx_json_begin_object(&w, "TASK");
	sbx_json_string(&w, "uri", base);
	sbx_json_end_object(&w);
	sbx_json_end_object(&w);
	write_results(&w, profile);
	sbx_json_end_object(&w);
	sbx_json_end_array(&w);
	sbx_json_end_object(&w);
	if (out.failed)
		g_error("out of memory"); /* as GLib's own allocations do */
	return g_strndup(out.data, out.n_bytes);
}
