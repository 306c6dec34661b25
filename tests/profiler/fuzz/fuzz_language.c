/* SPDX-License-Identifier: Apache-2.0 */
/* The facts of a text in the language named by --language=NAME. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/facts.h"
#include "tests/lib/fuzz/fuzz.h"

static const struct sbx_language *language;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char option[] = "--language=";
	for (int i = 1; i < *argc; i++)
		if (!strncmp((*argv)[i], option, strlen(option)))
			language = sbx_language_by_name((*argv)[i] + strlen(option));
	if (language)
		return 0;
	fprintf(stderr, "usage: fuzz-language --language=NAME FOLDER: a folder below grammars/\n");
	exit(2);
}

static void check(const struct sbx_fact *fact)
{
	if (!fact->name || !fact->file || !fact->text || fact->line == 0)
		abort();
	if (!(fact->confidence >= 0 && fact->confidence <= 1))
		abort();
	if (strpbrk(fact->name, "\n\x1b")) /* names reach terminals and queries */
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_facts facts;
	if (sbx_facts_parse(&facts, language, "input", (const char *)data, n_bytes, &err) == 0) {
		for (size_t i = 0; i < facts.n_facts; i++)
			check(&facts.facts[i]);
		sbx_facts_release(&facts);
	} else if (err.code == SBX_OK || err.code == SBX_E_FAILED) {
		abort(); /* failing without a reason, or for our own data's sake */
	}
	return 0;
}
