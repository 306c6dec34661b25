/* SPDX-License-Identifier: Apache-2.0 */
/* A command line of `run`, a word on each line: refused for a reason, or it becomes a plan. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "provisioner/options.h"
#include "provisioner/plan.h"
#include "tests/lib/fuzz/fuzz.h"

#define MAX_WORDS 200

static void plan(const struct sbx_options *o, const struct sbx_places *places, bool privileged)
{
	SBX_CLEANUP_PLAN struct sbx_plan made = {0};
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_host host = {
		.privileged = privileged,
		.uid = privileged ? 0 : 1000,
		.lower = "/template",
		.places = places,
		.has_landlock = true,
		.makes_nodes = privileged,
	};
	if (sbx_plan_make(&made, o, &host, &err) < 0) {
		if (err.code == SBX_OK || !*err.message)
			abort();
		return;
	}
	if (made.n_ops < 20)
		abort();
	sbx_plan_add_text(&made, &text);
	sbx_plan_add_json(&made, o, &text);
}

/* The host's files are none of a fuzzer's business: policies are the built-in ones. */
static bool is_about_files(const char *word)
{
	return (strstr(word, "policy") || strstr(word, "defaults")) && strchr(word, '/');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	SBX_CLEANUP_FREE char *text = malloc(n_bytes + 1);
	SBX_CLEANUP_OPTIONS struct sbx_options o = SBX_OPTIONS_INIT;
	struct sbx_error err = SBX_ERROR_INIT;
	char *words[MAX_WORDS + 1] = {NULL}, *rest = text;
	int n = 0;
	memcpy(text, data, n_bytes);
	text[n_bytes] = '\0';
	for (char *word; n < MAX_WORDS && (word = strsep(&rest, "\n")) != NULL; n++) {
		words[n] = word;
		if (is_about_files(word) || (n > 0 && strchr(word, '/') &&
					     (strcmp(words[n - 1], "--policy") == 0 ||
					      strcmp(words[n - 1], "--defaults") == 0)))
			return 0;
	}
	int result = sbx_options_parse(&o, n, words, &err);
	if ((result < 0) != (err.code != SBX_OK) || (result < 0 && !*err.message))
		abort();
	if (result < 0 || o.help || sbx_options_settle(&o, "/nowhere/host.policy", &err) < 0)
		return 0;
	const struct sbx_places none = {.missing = 7};
	struct sbx_places all = {.n = 1};
	all.place[0] = (struct sbx_place){.parent = (char *)"/cg", .controllers = 7};
	plan(&o, &none, false);
	plan(&o, &all, true);
	return 0;
}
