/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/command.h"

#include <string.h>

#define LEFT_COLUMNS 22 /* of the overview */

const struct sbx_command *sbx_command_find(const char *name)
{
	for (const struct sbx_command *c = sbx_commands; c->name; c++)
		if (g_str_equal(c->name, name))
			return c;
	return NULL;
}

static GOptionContext *context_for(const struct sbx_command *command)
{
	GOptionContext *options = g_option_context_new(command->synopsis);
	g_autofree char *summary = g_strdup_printf("%s.", command->help);
	g_option_context_set_summary(options, summary);
	if (command->details)
		g_option_context_set_description(options, command->details);
	if (command->flags & SBX_COMMAND_OPTIONS_FIRST)
		g_option_context_set_strict_posix(options, TRUE);
	return options;
}

/*
 * GOption takes "--" out of the arguments it leaves; a verb that is given a command must still see
 * it. So what begins at the first "--" is kept away from the parser and put back.
 */
static int count_before_dashes(const struct sbx_command *command, int argc, char **argv)
{
	if (command->flags & SBX_COMMAND_OPTIONS_FIRST)
		return argc;
	for (int i = 1; i < argc; i++)
		if (g_str_equal(argv[i], "--"))
			return i;
	return argc;
}

gboolean sbx_command_parse(struct sbx_context *ctx, const char *verb, const GOptionEntry *entries,
			   int *argc, char ***argv, GError **error)
{
	const struct sbx_command *command = sbx_command_find(verb);
	g_return_val_if_fail(command != NULL, FALSE);
	g_autoptr(GOptionContext) options = context_for(command);
	g_autofree char *program = g_strdup_printf("sbx-build %s", verb);
	gboolean quiet = FALSE;
	int progress_fd = -1;
	const GOptionEntry common[] = {
		SBX_COMMON_OPTIONS(&ctx->json, &ctx->verbose, &quiet, &progress_fd, &ctx->root,
				   &ctx->suite, &ctx->architecture, &ctx->mirrors, &ctx->keyring,
				   &ctx->trusted, &ctx->ids),
		G_OPTION_ENTRY_NULL,
	};
	if (entries)
		g_option_context_add_main_entries(options, entries, NULL);
	GOptionGroup *group = g_option_group_new(
		"common", "Options of every verb:", "Show the options of every verb", NULL, NULL);
	g_option_group_add_entries(group, common);
	g_option_context_add_group(options, group);

	int n_before = count_before_dashes(command, *argc, *argv);
	int n_after = *argc - n_before;
	char **before = g_new0(char *, (gsize)*argc + 1);
	memcpy(before, *argv, (gsize)n_before * sizeof(char *));
	before[0] = program; /* --help prints it */
	int n_left = n_before;
	if (!g_option_context_parse(options, &n_left, &before, error)) {
		g_prefix_error(error, "%s: ", verb);
		g_free(before);
		return FALSE;
	}
	for (int i = 0; i < n_after; i++)
		before[n_left + i] = (*argv)[n_before + i];
	before[0] = (*argv)[0];
	before[n_left + n_after] = NULL;
	*argc = n_left + n_after;
	g_free(ctx->arguments);
	*argv = ctx->arguments = before;
	return sbx_context_finish(ctx, quiet, progress_fd, error);
}

char *sbx_command_overview(void)
{
	GString *text = g_string_new("Usage: sbx-build VERB [OPTIONS] ...\n"
				     "Fit a sandbox to a task before the task is run.\n");
	const char *group = "";
	for (const struct sbx_command *c = sbx_commands; c->name; c++) {
		if (!g_str_equal(c->group, group))
			g_string_append_printf(text, "\n%s\n", c->group);
		group = c->group;
		g_autofree char *left = g_strdup_printf("%s %s", c->name, c->synopsis);
		if (strlen(left) > LEFT_COLUMNS)
			g_string_append_printf(text, "  %s\n  %-*s  %s\n", left, LEFT_COLUMNS, "",
					       c->help);
		else
			g_string_append_printf(text, "  %-*s  %s\n", LEFT_COLUMNS, left, c->help);
	}
	g_string_append(
		text,
		"\nsbx-build VERB --help tells the options of a verb; man sbx-build tells all,\n"
		"exit statuses included. State is kept in $SBX_ROOT (as root /var/lib/sbx, else\n"
		"$XDG_DATA_HOME/sbx).\n");
	return g_string_free(text, FALSE);
}

/* roff: a leading dot or quote would be a request, a backslash an escape, a '-' a hyphen. */
static void roff_add(GString *out, const char *text)
{
	gboolean line_start = TRUE;
	for (const char *p = text; *p; p++) {
		if (line_start && (*p == '.' || *p == '\''))
			g_string_append(out, "\\&");
		if (*p == '\\')
			g_string_append(out, "\\e");
		else if (*p == '-')
			g_string_append(out, "\\-");
		else if (*p == '\n' && p[1] == '\n') {
			g_string_append(out, "\n.PP");
		} else
			g_string_append_c(out, *p);
		line_start = *p == '\n';
	}
}

static void roff_add_options(GString *out, const GOptionEntry *entries)
{
	for (const GOptionEntry *e = entries; e && e->long_name; e++) {
		if (e->flags & G_OPTION_FLAG_HIDDEN)
			continue;
		g_string_append(out, ".TP\n.B ");
		if (e->short_name)
			g_string_append_printf(out, "\\-%c, ", e->short_name);
		roff_add(out, "--");
		roff_add(out, e->long_name);
		if (e->arg_description)
			g_string_append_printf(out, " \\fI%s\\fP", e->arg_description);
		g_string_append_c(out, '\n');
		roff_add(out, e->description);
		g_string_append(out, ".\n");
	}
}

static const struct {
	const char *name, *means;
} variables[] = {
	{"SBX_ROOT", "Where state is kept, as --root"},
	{"SBX_IDS", "As --ids, for a store that is made anew"},
	{"SBX_PROVISION", "The sbx-provision to use"},
	{"SBX_RECIPES", "The folder of recipes that came with the program"},
	{"SBX_APT_DIR", "apt's settings, instead of those in /etc/apt"},
	{"SBX_KEEP_DEBS", "Keep .debs after their import, this many bytes of them (0: none)"},
	{"SBX_MAX_PACKAGE_BYTES", "Refuse a package whose files are more bytes (32 GiB)"},
	{"SBX_MAX_PACKAGE_FILES", "Refuse a package of more files and folders (2000000)"},
	{"SBX_MAX_PACKAGE_RATIO",
	 "Refuse a package of more than 64 MiB that is so many times its packed size (1000)"},
};

char *sbx_command_man_page(void)
{
	GString *out =
		g_string_new(".TH SBX\\-BUILD 1 \"\" \"sbx " SBX_VERSION "\" \"sbx manual\"\n"
			     ".SH NAME\nsbx\\-build \\- fit a sandbox to a task\n"
			     ".SH SYNOPSIS\n.B sbx\\-build\n.I VERB\n[OPTIONS] ...\n"
			     ".SH VERBS\n");
	for (const struct sbx_command *c = sbx_commands; c->name; c++) {
		g_string_append_printf(out, ".SS %s ", c->name);
		roff_add(out, c->synopsis);
		g_string_append_c(out, '\n');
		roff_add(out, c->help);
		g_string_append(out, ".\n");
		if (c->details) {
			g_string_append(out, ".PP\n");
			roff_add(out, c->details);
			g_string_append_c(out, '\n');
		}
		roff_add_options(out, c->options);
	}
	const GOptionEntry common[] = {
		SBX_COMMON_OPTIONS(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
				   NULL),
		G_OPTION_ENTRY_NULL,
	};
	g_string_append(out, ".SH OPTIONS OF EVERY VERB\n");
	roff_add_options(out, common);
	g_string_append(out,
			".SH EXIT STATUS\n"
			"0 when it worked; else the row of what went wrong. The verb run passes "
			"the task's own status on and uses 125 for every failure of ours.\n");
	for (int code = 1; code < SBX_N_CODES; code++) {
		g_string_append_printf(out, ".TP\n.B %d\n", sbx_code_exit_status(code));
		roff_add(out, sbx_code_name(code));
		g_string_append(out, ": ");
		roff_add(out, sbx_code_meaning(code));
		g_string_append(out, ".\n");
	}
	g_string_append(out, ".SH ENVIRONMENT\n");
	for (guint i = 0; i < G_N_ELEMENTS(variables); i++) {
		g_string_append_printf(out, ".TP\n.B %s\n", variables[i].name);
		roff_add(out, variables[i].means);
		g_string_append(out, ".\n");
	}
	g_string_append(out, ".SH SEE ALSO\n.BR sbx\\-provision (1)\n");
	return g_string_free(out, FALSE);
}
