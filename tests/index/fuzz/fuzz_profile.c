/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/index/profile_text.h"
#include "tests/lib/fuzz/fuzz.h"

/* What is read can be printed, and what is printed is read as the same. */
static void check_round_trip(const struct sbx_profile *profile)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *json = sbx_profile_to_json(profile);
	g_autofree char *text = sbx_profile_to_text(profile, SBX_PROFILE_EXPLAIN);
	SBX_AUTO(sbx_profile) again = sbx_profile_from_json(json, -1, "again", &error);
	if (!again)
		g_error("our own JSON is refused: %s", error->message);
	g_autofree char *json_again = sbx_profile_to_json(again);
	if (!g_str_equal(json, json_again))
		g_error("our own JSON is read as something else");
	for (const char *p = text; *p; p++)
		if ((guchar)*p < ' ' && *p != '\n')
			g_error("a control character reaches the terminal");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	g_autoptr(GError) error = NULL;
	SBX_AUTO(sbx_profile)
	profile = sbx_profile_from_json((const char *)data, (gssize)n_bytes, "fuzz", &error);
	if (profile)
		check_round_trip(profile);
	else if (!error || sbx_gerror_code(error) != SBX_E_INPUT)
		g_error("a failure without its error");
	return 0;
}
