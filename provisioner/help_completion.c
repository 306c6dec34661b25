/* SPDX-License-Identifier: Apache-2.0 */
/* Bash's completion, made from the tables that the program itself reads. */
#include <string.h>

#include "provisioner/options.h"
#include "provisioner/serve.h"

/* A policy has a name, those that are built in first, or is a file. */
void sbx_help_add_completed(struct sbx_completion *c, const char *name, const char *arg)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer words = SBX_BUFFER_INIT;
	bool is_policy = arg && strcmp(arg, "NAME|FILE") == 0;
	for (const struct sbx_posture *p = sbx_postures; is_policy && p->name; p++)
		sbx_buffer_printf(&words, "%s%s", words.n_bytes ? " " : "", p->name);
	sbx_completion_option(c, 0, name, arg, words.data);
}

static void add_options_of_run(struct sbx_completion *c)
{
	for (const struct sbx_option *row = sbx_option_table; row->name; row++)
		sbx_help_add_completed(c, row->name, row->arg);
}

void sbx_help_add_completion(struct sbx_buffer *out)
{
	struct sbx_completion c;
	sbx_completion_begin(&c, "sbx-provision", out);
	sbx_completion_verb(&c, "run");
	add_options_of_run(&c);
	sbx_completion_verb(&c, "policy");
	add_options_of_run(&c);
	for (const struct sbx_posture *p = sbx_postures; p->name; p++)
		sbx_completion_word(&c, p->name);
	sbx_completion_verb(&c, "serve");
	sbx_serve_add_completion(&c);
	sbx_completion_verb(&c, "ctl");
	sbx_completion_option(&c, 0, "socket", "PATH", NULL);
	sbx_ctl_add_completion(&c);
	/* Those of create. */
	add_options_of_run(&c);
	sbx_completion_end(&c, "help --help --version --classes --man --completion");
}
