/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "base/json_read.h"
#include "profiler/records.h"

#define N_MAX_SPECIFIER_BYTES 1000

/* A name and, after a blank or one of the usual signs, whatever: a version, options. */
static const char usual[] = "^[[:space:]]*(@?[A-Za-z0-9][A-Za-z0-9@/._:+-]*)";

/* A section's key as a regular expression, compiled once for all threads; NULL: it has none. */
static const regex_t *get_regex(const struct sbx_rules *owner, enum sbx_fact_kind kind,
				const char *key, const char *otherwise, regex_t **slot)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	const char *text = sbx_keyfile_get(owner->conf, sbx_fact_kind_name(kind), key);
	text = text ? text : otherwise;
	pthread_mutex_lock(&lock);
	if (!*slot && text) {
		regex_t *regex = calloc(1, sizeof(*regex));
		if (regex && regcomp(regex, text, REG_EXTENDED) == 0)
			*slot = regex;
		else
			free(regex);
	}
	const regex_t *found = *slot;
	pthread_mutex_unlock(&lock);
	return found;
}

const char *sbx_specifier_name(struct sbx_arena *arena, const struct sbx_language *language,
			       enum sbx_fact_kind kind, const char *text, enum sbx_grade *grade)
{
	if (kind != SBX_FACT_DISTRIBUTION && kind != SBX_FACT_PACKAGE)
		return text;
	const struct sbx_language *owner = language->kinds ? language->kinds[kind].owner : NULL;
	struct sbx_rules *r = (struct sbx_rules *)sbx_rules_of(owner ? owner : language);
	regmatch_t found[2];
	if (strlen(text) > N_MAX_SPECIFIER_BYTES)
		return NULL;
	const regex_t *optional = get_regex(r, kind, "optional", NULL, &r->optional_regex[kind]);
	if (optional && regexec(optional, text, 0, NULL, 0) == 0)
		*grade = SBX_GRADE_GUARDED;
	const regex_t *specifier =
		get_regex(r, kind, "specifier", usual, &r->specifier_regex[kind]);
	if (!specifier || regexec(specifier, text, 2, found, 0) || found[1].rm_so < 0)
		return NULL;
	return sbx_arena_string(arena, text + found[1].rm_so,
				(size_t)(found[1].rm_eo - found[1].rm_so));
}
