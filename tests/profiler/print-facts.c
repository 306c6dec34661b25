/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "profiler/facts.h"

/*
 * Prints a task's facts, a line each: kind grade name[+member] file:line [by RULE]. What the golden
 * tests compare. With -v, also confidence, language and evidence.
 */
int main(int argc, char **argv)
{
	bool verbose = argc > 2 && !strcmp(argv[1], "-v");
	bool behaviours = verbose || (argc > 2 && !strcmp(argv[1], "-b"));
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_facts facts;
	if (argc < 2) {
		fprintf(stderr, "usage: print-facts [-v|-b] TASK\n");
		return 2;
	}
	if (sbx_facts_read(&facts, argv[argc - 1], &err) < 0) {
		fprintf(stderr, "print-facts: %s\n", err.message);
		return sbx_code_exit_status(err.code);
	}
	printf("entry %s %s\n", facts.entry, facts.language->name);
	for (size_t i = 0; i < facts.n_sources; i++)
		if (facts.sources[i].has_errors)
			printf("has-errors %s\n", facts.sources[i].path);
	for (size_t i = 0; i < facts.n_facts; i++) {
		const struct sbx_fact *f = &facts.facts[i];
		if (f->kind == SBX_FACT_BEHAVIOUR && !behaviours)
			continue;
		printf("%s %s %s%s%s %s:%u", sbx_fact_kind_name(f->kind), sbx_grade_name(f->grade),
		       *f->name ? f->name : "?", f->member ? "+" : "", f->member ? f->member : "",
		       f->file, f->line);
		if (f->api)
			printf(" by %s", f->api);
		if (verbose)
			printf(" %.2f %s | %s", f->confidence, f->language->name, f->text);
		putchar('\n');
	}
	sbx_facts_release(&facts);
	return 0;
}
