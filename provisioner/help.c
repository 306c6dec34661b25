/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "provisioner/options.h"

#define COLUMN 28
#define WIDTH  80

/* Text broken at blanks, the lines after the first indented. */
static void add_wrapped(struct sbx_buffer *out, const char *text)
{
	size_t column = COLUMN;
	while (*text) {
		size_t n = strcspn(text, " ");
		if (column > COLUMN && column + 1 + n > WIDTH) {
			sbx_buffer_printf(out, "\n%*s", COLUMN, "");
			column = COLUMN;
		} else if (column > COLUMN) {
			sbx_buffer_add(out, " ", 1);
			column++;
		}
		sbx_buffer_add(out, text, n);
		column += n;
		text += n + strspn(text + n, " ");
	}
	sbx_buffer_add(out, "\n", 1);
}

void sbx_help_add_usage(struct sbx_buffer *out)
{
	sbx_buffer_add_string(
		out,
		"Usage: sbx-provision run [OPTIONS] TEMPLATE -- COMMAND [ARG...]\n"
		"       sbx-provision policy [OPTIONS] [NAME|FILE]...   what they come to\n"
		"       sbx-provision serve|ctl ...   many on request; each has its --help\n"
		"Run a command isolated and limited on a template.\n\n"
		"TEMPLATE is a template's id, an unambiguous prefix of one, or a name; with a '/'\n"
		"in it, the path of a root file system. It is never written to.\n");
	const char *group = "";
	for (const struct sbx_option *row = sbx_option_table; row->name; row++) {
		if (strcmp(row->group, group) != 0)
			sbx_buffer_printf(out, "\n%s\n", row->group);
		group = row->group;
		char left[64];
		int n = snprintf(left, sizeof(left), "  --%s%s%s", row->name, row->arg ? " " : "",
				 row->arg ? row->arg : "");
		if (n > COLUMN - 2)
			sbx_buffer_printf(out, "%s\n%*s", left, COLUMN, "");
		else
			sbx_buffer_printf(out, "%-*s", COLUMN, left);
		add_wrapped(out, row->help);
	}
	sbx_buffer_add_string(
		out,
		"\nThe exit status is the command's own; 124 after --timeout, 125 when the "
		"sandbox\n"
		"could not be made, 126 and 127 when the command cannot be executed or is not\n"
		"there, 128+n when signal n ended it (137 also for memory and output limits), 2\n"
		"for a wrong command line.\n");
}
