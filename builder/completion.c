/* SPDX-License-Identifier: Apache-2.0 */
/* Bash's completion, made from the table of verbs. */
#include <stdlib.h>

#include "base/completion.h"
#include "builder/command.h"

static void add_options(struct sbx_completion *c, const GOptionEntry *entries)
{
	for (const GOptionEntry *e = entries; e && e->long_name; e++)
		if (!(e->flags & G_OPTION_FLAG_HIDDEN))
			sbx_completion_option(c, e->short_name, e->long_name, e->arg_description,
					      NULL);
}

char *sbx_command_completion(void)
{
	const GOptionEntry common[] = {
		SBX_COMMON_OPTIONS(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
				   NULL),
		G_OPTION_ENTRY_NULL,
	};
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	struct sbx_completion c;
	sbx_completion_begin(&c, "sbx-build", &text);
	for (const struct sbx_command *row = sbx_commands; row->name; row++) {
		sbx_completion_verb(&c, row->name);
		add_options(&c, row->options);
		add_options(&c, common);
		sbx_completion_option(&c, 0, "help", NULL, NULL);
		sbx_completion_option(&c, 0, "help-all", NULL, NULL);
	}
	sbx_completion_verb(&c, "help");
	sbx_completion_option(&c, 0, "man", NULL, NULL);
	sbx_completion_option(&c, 0, "completion", NULL, NULL);
	for (const struct sbx_command *row = sbx_commands; row->name; row++)
		sbx_completion_word(&c, row->name);
	sbx_completion_end(&c, "--help --version");
	return g_strdup(text.data);
}
