/* SPDX-License-Identifier: Apache-2.0 */
/* A calls.conf with whatever in it: it is read, or refused for a reason that names the place. */
#include <stdlib.h>
#include <string.h>

#include "grammars/grammars.h"
#include "profiler/call_rules.h"
#include "tests/lib/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	const struct sbx_rules *python = sbx_rules_of(sbx_language_by_name("python"));
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_grammar grammar = *python->grammar;
	struct sbx_rules rules = *python;
	rules.grammar = &grammar;
	rules.arena = (struct sbx_arena){0};
	rules.calls = (struct sbx_map){0};
	rules.calls_conf = NULL;
	grammar.calls = (const char *)data;
	grammar.n_calls_bytes = n_bytes;
	int result = sbx_call_rules_load(&rules, &err);
	if ((result < 0) != (err.code != SBX_OK))
		abort();
	sbx_map_release(&rules.calls);
	sbx_keyfile_free(rules.calls_conf);
	sbx_arena_release(&rules.arena);
	return 0;
}
