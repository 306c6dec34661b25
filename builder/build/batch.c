/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/batch.h"

#include <string.h>

/* The template's own lies in /run/sbx; that it is there counts as read. */
static const char command[] = "#!/bin/sh\n"
			      "set -e\n"
			      "test -x /" SBX_BATCH_PROGRAM "\n"
			      "exec /run/sbx/fc-cache -s -f\n";

/* As builder/build/fc-cache.sh. */
gboolean sbx_batch_takes(char **argv)
{
	static const char *const words[] = {"--force", "--system-only", "--verbose",
					    "--really-force", NULL};
	for (char **argument = argv + 1; *argument; argument++) {
		const char *letters = *argument + 1;
		gboolean is_option =
			**argument == '-' && *letters && strspn(letters, "fsvr") == strlen(letters);
		if (**argument != '/' && !is_option && !g_strv_contains(words, *argument))
			return FALSE;
	}
	return TRUE;
}

gboolean sbx_batch_step(const GPtrArray *units, struct sbx_step *out_step)
{
	for (guint i = 0; i < units->len; i++) {
		const struct sbx_unit *unit = units->pdata[i];
		if (!unit->list || !strstr(unit->list, "\n/" SBX_BATCH_PROGRAM "\n"))
			continue;
		*out_step = (struct sbx_step){.unit = unit,
					      .script = "batch",
					      .arguments = g_strdup("fonts"),
					      .command = command};
		return TRUE;
	}
	return FALSE;
}
