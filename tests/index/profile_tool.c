/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile-tool INDEX TASK json|text|explain|requirements: what `sbx-build profile` prints, from a
 * provider index at hand instead of an archive's. The same exit statuses. With `reread` TASK is a
 * profile, which is read and printed again.
 */
#include <stdio.h>
#include <string.h>

#include "builder/index/profile_text.h"

static char *render(const struct sbx_profile *profile, const char *form)
{
	if (g_str_equal(form, "json"))
		return sbx_profile_to_json(profile);
	if (g_str_equal(form, "requirements"))
		return sbx_profile_to_requirements(profile);
	if (g_str_equal(form, "sarif"))
		return sbx_profile_to_sarif(profile);
	if (g_str_equal(form, "colour"))
		return sbx_profile_to_text(profile, SBX_PROFILE_COLOUR);
	return sbx_profile_to_text(profile, g_str_equal(form, "explain") ? SBX_PROFILE_EXPLAIN
									 : SBX_PROFILE_BRIEF);
}

static gboolean reread(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	gsize n;
	if (!g_file_get_contents(path, &text, &n, error))
		return FALSE;
	SBX_AUTO(sbx_profile) profile = sbx_profile_from_json(text, (gssize)n, path, error);
	if (!profile)
		return FALSE;
	g_autofree char *again = sbx_profile_to_json(profile);
	fputs(again, stdout);
	return TRUE;
}

static gboolean run(char **argv, GError **error)
{
	static char suite[] = "test", architecture[] = "amd64", generation[] = "0";
	const struct sbx_archive archive = {
		.suite = suite, .architecture = architecture, .generation = generation};
	struct sbx_error err = SBX_ERROR_INIT;
	__attribute__((cleanup(sbx_facts_release))) struct sbx_facts facts = {0};
	if (sbx_facts_read(&facts, argv[2], &err) < 0)
		return sbx_set_error_from(error, &err);
	SBX_AUTO(sbx_providers) providers = sbx_providers_open(argv[1], error);
	if (!providers)
		return FALSE;
	SBX_AUTO(sbx_profile) profile = sbx_profile_from_facts(&archive, providers, &facts, error);
	if (!profile)
		return FALSE;
	g_autofree char *text = render(profile, argv[3]);
	fputs(text, stdout);
	return sbx_profile_check_resolved(profile, error);
}

int main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	if (argc != 4) {
		fprintf(stderr,
			"usage: profile-tool INDEX TASK json|text|explain|requirements|reread\n");
		return 2;
	}
	if (g_str_equal(argv[3], "reread") ? reread(argv[2], &error) : run(argv, &error))
		return 0;
	fprintf(stderr, "profile-tool: %s\n", error->message);
	return sbx_code_exit_status(sbx_gerror_code(error));
}
