/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "provisioner/options.h"
#include "provisioner/run.h"

/* The description is the one line of a posture that is for people alone. */
static int list_postures(void)
{
	for (const struct sbx_posture *p = sbx_postures; p->name; p++) {
		struct sbx_error err = SBX_ERROR_INIT;
		SBX_CLEANUP_KEYFILE struct sbx_keyfile *keys =
			sbx_keyfile_parse(p->text, *p->n_bytes, p->name, &err);
		const char *what = keys ? sbx_keyfile_get(keys, "policy", "description") : NULL;
		printf("%-9s  %s\n", p->name, what ? what : "");
	}
	return fflush(stdout) == 0 ? 0 : 1;
}

int sbx_verb_policy(int argc, char **argv)
{
	SBX_CLEANUP_OPTIONS struct sbx_options o = SBX_OPTIONS_INIT;
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	struct sbx_policy together = {0};
	struct sbx_error err = SBX_ERROR_INIT;
	if (argc < 2)
		return list_postures();
	int failed = sbx_options_parse_policies(&o, argc - 1, argv + 1, &err);
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
	return !text.failed && fputs(text.data, stdout) >= 0 && fflush(stdout) == 0 ? 0 : 1;
}
