/* SPDX-License-Identifier: Apache-2.0 */
#include <fnmatch.h>
#include <string.h>

#include "profiler/task.h"

/*
 * What files beside the program say of it. A Makefile that nothing calls tells how the task is
 * built or tested, not what it runs; a manifest for tests or documentation, what developers want.
 */

#define CONFIDENCE_BESIDE 0.3

static bool is_optional(const struct sbx_file *file)
{
	const char *const *glob = sbx_rules_of(file->language)->optional_files;
	while (glob && *glob && fnmatch(*glob, file->path, FNM_CASEFOLD) != 0)
		glob++;
	return glob && *glob;
}

static bool is_beside(const struct sbx_task *task, const struct sbx_file *file)
{
	return sbx_rules_of(file->language)->is_evidence && !file->is_called &&
	       strcmp(file->path, task->entry) != 0;
}

/* Headers and libraries are left as they are: what compiles the program asks for the same ones. */
static bool is_softened(const struct sbx_fact *fact, bool beside)
{
	if (!beside)
		return fact->grade == SBX_GRADE_DECLARED;
	return (fact->kind == SBX_FACT_MODULE || fact->kind == SBX_FACT_COMMAND) &&
	       (fact->grade == SBX_GRADE_HARD || fact->grade == SBX_GRADE_DYNAMIC_LITERAL ||
		fact->grade == SBX_GRADE_IMPLIED);
}

void sbx_task_weigh_evidence(struct sbx_task *task, struct sbx_facts *facts)
{
	size_t n = 0;
	for (size_t i = 0; i < facts->n_facts; i++) {
		struct sbx_fact fact = facts->facts[i];
		const struct sbx_file *file = sbx_map_get(&task->by_path, fact.file);
		bool beside = file && file->language && is_beside(task, file);
		bool optional = file && file->language && is_optional(file);
		/* Commands of a Makefile that are known only when make runs tell nobody anything,
		 * and what it does is not what the program does. */
		if (beside &&
		    (fact.grade == SBX_GRADE_DYNAMIC_UNKNOWN || fact.kind == SBX_FACT_BEHAVIOUR)) {
			sbx_fact_release(&fact);
			continue;
		}
		if ((beside && is_softened(&fact, true)) ||
		    (optional && is_softened(&fact, false))) {
			fact.grade = SBX_GRADE_GUARDED;
			fact.confidence = CONFIDENCE_BESIDE;
		}
		facts->facts[n++] = fact;
	}
	facts->n_facts = n;
}
