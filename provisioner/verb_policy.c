/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "provisioner/options.h"
#include "provisioner/print.h"
#include "provisioner/run.h"

/* The description is the one line of a posture that is for people alone. */
static void add_postures(struct sbx_buffer *out)
{
	for (const struct sbx_posture *p = sbx_postures; p->name; p++) {
		struct sbx_error err = SBX_ERROR_INIT;
		SBX_CLEANUP_KEYFILE struct sbx_keyfile *keys =
			sbx_keyfile_parse(p->text, *p->n_bytes, p->name, &err);
		const char *what = keys ? sbx_keyfile_get(keys, "policy", "description") : NULL;
		sbx_buffer_printf(out, "%-9s  %s\n", p->name, what ? what : "");
	}
}

static void add_help(struct sbx_buffer *out)
{
	sbx_buffer_add_string(
		out,
		"Usage: sbx-provision policy\n"
		"       sbx-provision policy [NAME|FILE]...\n"
		"       sbx-provision policy [OPTIONS] [NAME|FILE]...\n"
		"List the postures; or print what these policies come to together, the strictest\n"
		"of each; or, with any option of run (see sbx-provision run --help), what holds\n"
		"for such a run, with " SBX_HOST_POLICY " when there is one.\n\n"
		"A NAME is low, medium, high, paranoid, or that of a file in\n"
		"/etc/sbx/policies/NAME.policy; a FILE has a '/' in it.\n");
}

int sbx_verb_policy(int argc, char **argv)
{
	SBX_CLEANUP_OPTIONS struct sbx_options o = SBX_OPTIONS_INIT;
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	struct sbx_policy together = {0};
	struct sbx_error err = SBX_ERROR_INIT;
	if (argc < 2) {
		add_postures(&text);
		return sbx_print(&text);
	}
	int failed = sbx_options_parse_policies(&o, argc - 1, argv + 1, &err);
	if (failed == 0 && o.help) {
		add_help(&text);
		return sbx_print(&text);
	}
	/* With options it is about a run, which the host's policy holds; else about the texts. */
	if (failed == 0 && o.is_settled)
		failed = sbx_options_settle(&o, SBX_HOST_POLICY, &err);
	for (size_t i = 0; failed == 0 && !o.is_settled && i < o.n_ceilings; i++)
		failed = sbx_policy_restrict(&together, &o.ceilings[i].policy, &err);
	if (failed < 0) {
		fprintf(stderr, "sbx-provision: policy: %s\n", err.message);
		return sbx_code_exit_status(err.code);
	}
	sbx_policy_add_text(o.is_settled ? &o.policy : &together, &text);
	return sbx_print(&text);
}
