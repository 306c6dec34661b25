/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "provisioner/policy.h"
#include "provisioner/run.h"

static int add(const char *name, struct sbx_policy *all, struct sbx_policy_keys *keys,
	       struct sbx_error *err)
{
	size_t n_bytes = 0;
	struct sbx_policy one = {0};
	SBX_CLEANUP_FREE char *text = sbx_policy_find(name, &n_bytes, err);
	if (!text || sbx_policy_parse(&one, text, n_bytes, name, keys, err) < 0)
		return -1;
	return sbx_policy_restrict(all, &one, err);
}

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
	SBX_CLEANUP_POLICY_KEYS struct sbx_policy_keys keys = {0};
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	struct sbx_policy all = {0};
	struct sbx_error err = SBX_ERROR_INIT;
	if (argc < 2)
		return list_postures();
	for (int i = 1; i < argc; i++)
		if (add(argv[i], &all, &keys, &err) < 0) {
			fprintf(stderr, "sbx-provision: policy: %s\n", err.message);
			return sbx_code_exit_status(err.code);
		}
	sbx_policy_add_text(&all, &text);
	return !text.failed && fputs(text.data, stdout) >= 0 && fflush(stdout) == 0 ? 0 : 1;
}
