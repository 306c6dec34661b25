/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "provisioner/options.h"

#define SUMMARY "run a command isolated and limited on a template"
#define COLUMN	28
#define WIDTH	80

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

/* roff: a leading dot or quote would be a request, a backslash an escape, a '-' a hyphen. */
static void add_roff(struct sbx_buffer *out, const char *text)
{
	bool line_start = true;
	for (const char *p = text; *p; p++) {
		if (line_start && (*p == '.' || *p == '\''))
			sbx_buffer_add_string(out, "\\&");
		if (*p == '\\')
			sbx_buffer_add_string(out, "\\e");
		else if (*p == '-')
			sbx_buffer_add_string(out, "\\-");
		else
			sbx_buffer_add(out, p, 1);
		line_start = *p == '\n';
	}
}

static const struct {
	const char *status, *meaning;
} statuses[] = {
	{"0-123", "the command's own exit status, passed on; so are all others that it ends with"},
	{"2", "the command line makes no sense; nothing was started"},
	{"124", "--timeout was reached"},
	{"125",
	 "the sandbox could not be made, or a failure of our own; one line on stderr says why"},
	{"126", "the command was found but cannot be executed"},
	{"127", "the command was not found inside"},
	{"128+n", "signal n ended the command"},
	{"137", "it was killed: also for exceeding --memory or --output-limit, which a line on "
		"stderr and the record of --status-fd tell apart"},
};

void sbx_help_add_man_page(struct sbx_buffer *out)
{
	sbx_buffer_add_string(out, ".TH SBX\\-PROVISION 1 \"\" \"sbx " SBX_VERSION
				   "\" \"sbx manual\"\n.SH NAME\nsbx\\-provision \\- " SUMMARY "\n"
				   ".SH SYNOPSIS\n.B sbx\\-provision run\n[\\fIOPTIONS\\fP] "
				   "\\fITEMPLATE\\fP \\-\\- \\fICOMMAND\\fP [\\fIARG\\fP...]\n.br\n"
				   ".B sbx\\-provision\n\\-\\-help | \\-\\-version | "
				   "\\-\\-classes\n.br\n.B sbx\\-provision policy\n"
				   "[\\fINAME\\fP|\\fIFILE\\fP]...\n.SH DESCRIPTION\n");
	add_roff(out,
		 "Makes a sandbox of namespaces over TEMPLATE, runs COMMAND in it and takes it "
		 "down again. TEMPLATE is a template's id, an unambiguous prefix of one, or a "
		 "name; with a '/' in it, the path of a root file system. It is never written "
		 "to: what the sandbox writes goes to a layer of its own, which ends with it.\n");
	sbx_buffer_add_string(out, ".PP\n");
	add_roff(out, "Works as root and as an ordinary user. What cannot be enforced for an "
		      "ordinary user is refused by name, or with --best-effort announced in one "
		      "line.\n");
	const char *group = "";
	for (const struct sbx_option *row = sbx_option_table; row->name; row++) {
		if (strcmp(row->group, group) != 0)
			sbx_buffer_printf(out, ".SH OPTIONS: %s\n", row->group);
		group = row->group;
		sbx_buffer_add_string(out, ".TP\n.B ");
		add_roff(out, "--");
		add_roff(out, row->name);
		if (row->arg)
			sbx_buffer_printf(out, " \\fI%s\\fP", row->arg);
		sbx_buffer_add_string(out, "\n");
		add_roff(out, row->help);
		sbx_buffer_add_string(out, ".\n");
	}
	sbx_buffer_add_string(out, ".SH EXIT STATUS\n");
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		sbx_buffer_add_string(out, ".TP\n.B ");
		add_roff(out, statuses[i].status);
		sbx_buffer_add_string(out, "\n");
		add_roff(out, statuses[i].meaning);
		sbx_buffer_add_string(out, ".\n");
	}
	sbx_buffer_add_string(
		out,
		".SH ENVIRONMENT\n.TP\n.B SBX_ROOT\nwhere templates/ is, as \\-\\-root.\n"
		".SH SIGNALS\nSIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 and SIGWINCH "
		"are passed on to the command's process group. SIGTSTP stops the whole sandbox, "
		"SIGCONT lets it go on. SIGKILL takes everything inside with it.\n"
		".SH SEE ALSO\n.BR sbx\\-build (1)\n");
}

void sbx_help_add_completion(struct sbx_buffer *out)
{
	sbx_buffer_add_string(
		out, "# bash completion for sbx-provision, made from its table of options\n"
		     "_sbx_provision()\n{\n"
		     "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
		     "\tcase $before in\n");
	for (const struct sbx_option *row = sbx_option_table; row->name; row++) {
		if (!row->arg)
			continue;
		const char *bar = strchr(row->arg, '|');
		if (bar)
			sbx_buffer_printf(out,
					  "\t--%s) COMPREPLY=($(compgen -W '%.*s %s' -- "
					  "\"$word\")); return ;;\n",
					  row->name, (int)(bar - row->arg), row->arg, bar + 1);
		else if (strcmp(row->arg, "DIR") == 0)
			sbx_buffer_printf(
				out, "\t--%s) COMPREPLY=($(compgen -d -- \"$word\")); return ;;\n",
				row->name);
	}
	sbx_buffer_add_string(out, "\tesac\n\tcase $word in\n\t-*) COMPREPLY=($(compgen -W '");
	for (const struct sbx_option *row = sbx_option_table; row->name; row++)
		sbx_buffer_printf(out, "%s--%s", row == sbx_option_table ? "" : " ", row->name);
	sbx_buffer_add_string(
		out,
		"' -- \"$word\")) ;;\n"
		"\t*) [[ $COMP_CWORD == 1 ]] && COMPREPLY=($(compgen -W 'run' -- \"$word\")) ||\n"
		"\t\tCOMPREPLY=($(compgen -f -- \"$word\")) ;;\n\tesac\n}\n"
		"complete -F _sbx_provision sbx-provision\n");
}
