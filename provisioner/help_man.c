/* SPDX-License-Identifier: Apache-2.0 */
/* The manual page, made from the tables that the program itself reads. */
#include <stdio.h>
#include <string.h>

#include "provisioner/options.h"
#include "provisioner/serve.h"

#define SUMMARY "run a command isolated and limited on a template"

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

void sbx_help_add_item(struct sbx_buffer *out, const char *name, const char *arguments,
		       const char *help)
{
	sbx_buffer_add_string(out, ".TP\n.B ");
	add_roff(out, name);
	if (arguments && *arguments) {
		sbx_buffer_add_string(out, " \\fI");
		add_roff(out, arguments);
		sbx_buffer_add_string(out, "\\fP");
	}
	sbx_buffer_add_string(out, "\n");
	add_roff(out, help);
	sbx_buffer_add_string(out, ".\n");
}

static void add_head(struct sbx_buffer *out)
{
	sbx_buffer_add_string(out, ".TH SBX\\-PROVISION 1 \"\" \"sbx " SBX_VERSION
				   "\" \"sbx manual\"\n.SH NAME\nsbx\\-provision \\- " SUMMARY "\n"
				   ".SH SYNOPSIS\n.B sbx\\-provision run\n[\\fIOPTIONS\\fP] "
				   "\\fITEMPLATE\\fP \\-\\- \\fICOMMAND\\fP [\\fIARG\\fP...]\n.br\n"
				   ".B sbx\\-provision\n\\-\\-help | \\-\\-version | "
				   "\\-\\-classes\n.br\n.B sbx\\-provision policy\n"
				   "[\\fIOPTIONS\\fP] [\\fINAME\\fP|\\fIFILE\\fP]...\n.br\n"
				   ".B sbx\\-provision serve\n\\-\\-socket \\fIPATH\\fP "
				   "[\\fIOPTION\\fP...]\n.br\n.B sbx\\-provision ctl\n"
				   "\\-\\-socket \\fIPATH\\fP \\fIVERB\\fP ...\n.SH DESCRIPTION\n");
	add_roff(out,
		 "Makes a sandbox of namespaces over TEMPLATE, runs COMMAND in it and takes it "
		 "down again. TEMPLATE is a template's id, an unambiguous prefix of one, or a "
		 "name; with a '/' in it, the path of a root file system. It is never written "
		 "to: what the sandbox writes goes to a layer of its own, which ends with it.\n");
	sbx_buffer_add_string(out, ".PP\n");
	add_roff(out, "Works as root and as an ordinary user. What cannot be enforced for an "
		      "ordinary user is refused by name, or with --best-effort announced in one "
		      "line.\n");
}

static void add_options(struct sbx_buffer *out)
{
	const char *group = "";
	for (const struct sbx_option *row = sbx_option_table; row->name; row++) {
		if (strcmp(row->group, group) != 0)
			sbx_buffer_printf(out, ".SH OPTIONS: %s\n", row->group);
		group = row->group;
		char name[32];
		snprintf(name, sizeof(name), "--%s", row->name);
		sbx_help_add_item(out, name, row->arg, row->help);
	}
}

void sbx_help_add_man_page(struct sbx_buffer *out)
{
	add_head(out);
	add_options(out);
	sbx_buffer_add_string(out,
			      ".SH SERVE\nMakes sandboxes on request, in the foreground, until "
			      "SIGTERM.\n");
	sbx_serve_add_manual(out);
	sbx_buffer_add_string(out, ".SH CTL\nDrives a server from a terminal. \\-\\-socket, or "
				   "SBX_SOCKET, names its socket.\n");
	sbx_ctl_add_manual(out);
	sbx_buffer_add_string(out, ".SH EXIT STATUS\n");
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		sbx_help_add_item(out, statuses[i].status, NULL, statuses[i].meaning);
	sbx_buffer_add_string(
		out,
		".SH ENVIRONMENT\n.TP\n.B SBX_ROOT\nwhere templates/ is, as \\-\\-root. "
		"Without both it is /var/lib/sbx for root; for others XDG_DATA_HOME/sbx, or "
		"HOME/.local/share/sbx.\n"
		".TP\n.B SBX_SOCKET\nthe socket of ctl, as its \\-\\-socket.\n"
		".SH FILES\n.TP\n.B /etc/sbx/host.policy\nholds down every sandbox but those of "
		"\\-\\-profile build; root's alone to write.\n"
		".TP\n.B /etc/sbx/policies/NAME.policy\nwhat NAME means for \\-\\-policy and "
		"\\-\\-defaults.\n"
		".SH SIGNALS\nSIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 and SIGWINCH "
		"are passed on to the command's process group. SIGTSTP stops the whole sandbox, "
		"SIGCONT lets it go on. SIGKILL takes everything inside with it.\n"
		".SH SEE ALSO\n.BR sbx\\-build (1)\n");
}
