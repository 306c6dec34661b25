/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/buffer.h"
#include "base/json_read.h"
#include "profiler/records.h"

/*
 * Manifests in JSON: [members] says which members of the outermost object hold distributions.
 * An object's names are those of the distributions, a list holds the names itself.
 */

struct reading {
	struct sbx_extraction *out;
	const struct sbx_rules *rules;
	const struct sbx_language *language; /* of the distributions */
	struct sbx_json_reader json;
};

/* The grade that a member's distributions have; SBX_N_GRADES: it holds none. */
static enum sbx_grade grade_of(const struct reading *r)
{
	struct sbx_keyfile *conf = r->rules->conf;
	const char *const *names = r->rules->member_names;
	for (; names && *names; names++)
		for (int i = 0; sbx_json_value_is(&r->json, *names) && i < SBX_N_GRADES; i++)
			if (!strcmp(sbx_grade_name((enum sbx_grade)i),
				    sbx_keyfile_get(conf, "members", *names)))
				return (enum sbx_grade)i;
	return SBX_N_GRADES;
}

static void take_name(struct reading *r, enum sbx_grade grade)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer name = SBX_BUFFER_INIT;
	struct sbx_raw_fact fact = {.kind = SBX_FACT_DISTRIBUTION,
				    .grade = grade,
				    .language = r->language,
				    .row = r->json.line - 1};
	sbx_json_add_value(&r->json, &name);
	if (name.data && !memchr(name.data, '\0', name.n_bytes))
		fact.name = sbx_specifier_name(&r->out->arena, r->language, fact.kind, name.data,
					       &fact.grade);
	if (fact.name)
		sbx_extraction_add(r->out, &fact);
}

static bool take_member(struct reading *r, enum sbx_grade grade)
{
	enum sbx_json_event event = sbx_json_next(&r->json);
	bool is_object = event == SBX_JSON_BEGIN_OBJECT;
	if (!is_object && event != SBX_JSON_BEGIN_ARRAY)
		return event > SBX_JSON_END;
	unsigned depth = r->json.depth;
	while (r->json.depth >= depth) {
		event = sbx_json_next(&r->json);
		if (event <= SBX_JSON_END)
			return false;
		if (r->json.depth != depth)
			continue;
		if (event == (is_object ? SBX_JSON_KEY : SBX_JSON_STRING))
			take_name(r, grade);
	}
	return true;
}

int sbx_members_extract(struct sbx_extraction *out, const struct sbx_rules *rules, const char *text,
			size_t n_bytes, struct sbx_error *err)
{
	struct reading r = {.out = out, .rules = rules};
	const char *language = sbx_keyfile_get(rules->conf, "language", "distributions");
	r.language = language ? sbx_language_by_name(language) : NULL;
	if (!r.language)
		return sbx_fail(err, SBX_E_FAILED,
				"%s/language.conf: [language]: distributions must name a language",
				rules->language.name);
	sbx_json_reader_init(&r.json, text, n_bytes);
	bool fine = sbx_json_next(&r.json) == SBX_JSON_BEGIN_OBJECT;
	enum sbx_json_event event = SBX_JSON_FAILED;
	while (fine && (event = sbx_json_next(&r.json)) == SBX_JSON_KEY) {
		enum sbx_grade grade = grade_of(&r);
		fine = grade == SBX_N_GRADES ? sbx_json_skip(&r.json) : take_member(&r, grade);
	}
	out->has_errors |=
		!fine || event != SBX_JSON_END_OBJECT || sbx_json_next(&r.json) != SBX_JSON_END;
	return 0;
}
