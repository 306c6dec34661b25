/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/index/profile_text.h"

#include <string.h>

#include "builder/index/needs.h"

#define MAX_PLACES 3 /* a need names this many lines, and how many more there are */

struct printer {
	const struct sbx_profile *profile;
	enum sbx_profile_detail detail;
	GString *out;
	int width; /* of the column of package names */
};

/* Names and source lines are the task's: a terminal must not obey them. */
static void add_plain(GString *out, const char *text)
{
	while (*text) {
		gunichar c = g_utf8_get_char_validated(text, -1);
		gboolean valid = c != (gunichar)-1 && c != (gunichar)-2;
		if (!valid || g_unichar_iscntrl(c) || g_unichar_type(c) == G_UNICODE_FORMAT)
			g_string_append_c(out, '?');
		else
			g_string_append_unichar(out, c);
		text = valid ? g_utf8_next_char(text) : text + 1;
	}
}

/* Most names show of what they are; "zlib" alone does not. */
static void add_name(GString *out, const struct sbx_need *need)
{
	gboolean is_plain_library =
		need->kind == SBX_FACT_LIBRARY && *need->name != '-' && !strstr(need->name, ".so");
	if (is_plain_library || need->kind == SBX_FACT_PKG_CONFIG || need->kind == SBX_FACT_PACKAGE)
		g_string_append_printf(out, "%s ", sbx_fact_kind_name(need->kind));
	else if (need->ecosystem)
		g_string_append_printf(out, "%s of %s: ", sbx_fact_kind_name(need->kind),
				       need->ecosystem);
	add_plain(out, *need->name ? need->name : "a name known only when it runs");
}

static void add_places(GString *out, const GPtrArray *evidence)
{
	for (guint i = 0; i < evidence->len && i < MAX_PLACES; i++) {
		const struct sbx_evidence *seen = evidence->pdata[i];
		g_string_append(out, i ? ", " : "");
		add_plain(out, seen->file);
		g_string_append_printf(out, ":%u", seen->line);
	}
	if (evidence->len > MAX_PLACES)
		g_string_append_printf(out, " and %u more", evidence->len - MAX_PLACES);
}

static void add_candidates(const struct printer *p, const struct sbx_need *need)
{
	for (guint i = 0; i < need->candidates->len; i++) {
		const struct sbx_provider *c = need->candidates->pdata[i];
		g_string_append_printf(p->out, "        %c %-*s %7.1f  ", i ? ' ' : '*', p->width,
				       c->package, c->score);
		add_plain(p->out, *c->path ? c->path : "(compiled in or named by the language)");
		g_string_append_printf(p->out, "; needed by %u packages%s%s\n",
				       c->n_reverse_depends, c->in_base ? ", always there" : "",
				       c->in_interpreter ? ", part of the interpreter" : "");
		if (c->rule) {
			g_string_append_printf(p->out, "          %-*s          ", p->width, "");
			add_plain(p->out, c->rule);
			g_string_append_c(p->out, '\n');
		}
	}
}

/* "    yaml (app.py:3), hard 0.98" */
static void add_need(const struct printer *p, const struct sbx_need *need)
{
	add_name(p->out, need);
	g_string_append(p->out, " (");
	add_places(p->out, need->evidence);
	g_string_append_c(p->out, ')');
	if (need->grade != SBX_GRADE_HARD || p->detail == SBX_PROFILE_EXPLAIN)
		g_string_append_printf(p->out, ", %s", sbx_grade_name(need->grade));
	if (need->grade == SBX_GRADE_IMPLIED && need->why) {
		g_string_append(p->out, ": ");
		add_plain(p->out, need->why);
	}
	if (p->detail == SBX_PROFILE_EXPLAIN)
		g_string_append_printf(p->out, " %.2f", need->confidence);
	g_string_append_c(p->out, '\n');
	if (p->detail == SBX_PROFILE_EXPLAIN)
		add_candidates(p, need);
}

static void add_package(const struct printer *p, const char *package)
{
	gboolean first = TRUE;
	g_string_append_printf(p->out, "    %-*s  ", p->width, package);
	for (guint i = 0; i < p->profile->needs->len; i++) {
		const struct sbx_need *need = p->profile->needs->pdata[i];
		if (need->status != SBX_NEED_PACKAGE || !g_str_equal(need->provider, package))
			continue;
		if (!first)
			g_string_append_printf(p->out, "    %-*s  ", p->width, "");
		add_need(p, need);
		first = FALSE;
	}
	if (first)
		g_string_append(p->out, "runs it\n");
}

static void add_packages(const struct printer *p)
{
	if (!p->profile->packages || !*p->profile->packages) {
		g_string_append(p->out, "  Nothing to install\n");
		return;
	}
	g_string_append(p->out, "  To install\n");
	for (char **package = p->profile->packages; *package; package++)
		add_package(p, *package);
}

/* "  In the interpreter's packages: json, sys" */
static void add_summary(const struct printer *p, enum sbx_need_status status, const char *heading)
{
	gboolean first = TRUE, detailed = p->detail == SBX_PROFILE_EXPLAIN;
	for (guint i = 0; i < p->profile->needs->len; i++) {
		const struct sbx_need *need = p->profile->needs->pdata[i];
		if (need->status != status)
			continue;
		if (first)
			g_string_append_printf(p->out, "  %s%s", heading, detailed ? "\n" : ": ");
		if (detailed) {
			g_string_append(p->out, "    ");
			add_need(p, need);
		} else {
			g_string_append(p->out, first ? "" : ", ");
			add_name(p->out, need);
		}
		first = FALSE;
	}
	if (!first && !detailed)
		g_string_append_c(p->out, '\n');
}

static void add_section(const struct printer *p, enum sbx_need_status status, const char *heading)
{
	gboolean first = TRUE;
	for (guint i = 0; i < p->profile->needs->len; i++) {
		const struct sbx_need *need = p->profile->needs->pdata[i];
		if (need->status != status)
			continue;
		if (first)
			g_string_append_printf(p->out, "  %s\n", heading);
		first = FALSE;
		g_string_append_printf(p->out, "    %-*s  ", p->width,
				       need->provider ? need->provider : "-");
		add_need(p, need);
	}
}

#define MAX_DETAILS 8 /* of one class */

/* "    net.client  example.org:80 (app.py:3), elsewhere (app.py:9)", a line a class */
static void add_behaviours(const struct printer *p)
{
	const GPtrArray *all = p->profile->behaviours;
	gboolean detailed = p->detail == SBX_PROFILE_EXPLAIN;
	for (guint i = 0, n = 0; i < all->len; i++) {
		const struct sbx_behaviour *b = all->pdata[i];
		const struct sbx_behaviour *before = i ? all->pdata[i - 1] : NULL;
		gboolean is_new = !before || !g_str_equal(before->class, b->class);
		n = is_new ? 0 : n + 1;
		if (i == 0)
			g_string_append(p->out, "  What it does");
		if (is_new)
			g_string_append_printf(p->out, "\n    %-*s  ", p->width, b->class);
		if (n >= MAX_DETAILS && !detailed) {
			g_string_append(p->out, n == MAX_DETAILS ? ", ..." : "");
			continue;
		}
		g_string_append(p->out, is_new ? "" : ", ");
		if (b->detail)
			add_plain(p->out, b->detail);
		g_string_append(p->out, b->detail ? " (" : "(");
		add_places(p->out, b->evidence);
		g_string_append_c(p->out, ')');
		if (detailed)
			g_string_append_printf(p->out, " %.2f", b->confidence);
	}
	g_string_append(p->out, all->len ? "\n" : "");
}

char *sbx_plain_text(const char *text)
{
	GString *out = g_string_new(NULL);
	add_plain(out, text);
	return g_string_free(out, FALSE);
}

static int name_width(const struct sbx_profile *profile)
{
	gsize width = 8;
	for (char **package = profile->packages; package && *package; package++)
		width = MAX(width, strlen(*package));
	for (guint i = 0; i < profile->needs->len; i++) {
		const struct sbx_need *need = profile->needs->pdata[i];
		if (need->provider && need->status == SBX_NEED_OPTIONAL)
			width = MAX(width, strlen(need->provider));
	}
	return (int)MIN(width, 40);
}

static void add_heading(const struct printer *p)
{
	const struct sbx_profile *profile = p->profile;
	add_plain(p->out, profile->entry);
	g_string_append_printf(p->out, ": %s, %u %s", sbx_language_title(profile->language),
			       profile->n_files, profile->n_files == 1 ? "file" : "files");
	if (profile->n_files_with_errors)
		g_string_append_printf(p->out, ", %u of which could not be read as a whole",
				       profile->n_files_with_errors);
	g_string_append_printf(p->out, "; packages of %s %s\n", profile->suite,
			       profile->architecture);
}

/* Needs may be missing for these. */
static void add_unread(const struct printer *p)
{
	guint n = p->profile->unread->len;
	g_string_append(p->out, n ? "  NOT READ as a whole, so needs may be missing\n" : "");
	for (guint i = 0; i < n; i++) {
		const struct sbx_unread *unread = p->profile->unread->pdata[i];
		g_string_append(p->out, "    ");
		add_plain(p->out, unread->file);
		g_string_append_printf(p->out, " %s\n", sbx_problem_text(unread->problem));
	}
	if (n && n < p->profile->n_files_with_errors)
		g_string_append_printf(p->out, "    and %u more files\n",
				       p->profile->n_files_with_errors - n);
}

/* What a sandbox for it has to allow and to provide. */
static void add_predictions(const struct printer *p)
{
	g_string_append(p->out, "  Classes of system calls (sbx-provision --classes):");
	for (char **class = p->profile->classes; class && *class; class ++)
		g_string_append_printf(p->out, " %s", *class);
	g_string_append_printf(p->out, "; %u calls\n  Resources, as far as can be told\n",
			       p->profile->syscalls ? g_strv_length(p->profile->syscalls) : 0);
	sbx_resources_add_text(&p->profile->resources, p->out);
}

#define BOLD "\033[1m"
#define LOUD "\033[1;31m"
#define END  "\033[0m"

/* Headings are indented by two; those that begin in capitals, and what is below them, are loud. */
static char *colour(const char *text)
{
	GString *out = g_string_new(NULL);
	gboolean is_loud = FALSE;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line && (line[1] || **line); line++) {
		gboolean is_heading = g_str_has_prefix(*line, "  ") && (*line)[2] != ' ';
		if (is_heading)
			is_loud = g_ascii_isupper((*line)[2]) && g_ascii_isupper((*line)[3]);
		gsize n_bold = is_loud			     ? strlen(*line)
			       : is_heading || line == lines ? strcspn(*line, ":(")
							     : 0;
		g_string_append(out, is_loud ? LOUD : n_bold ? BOLD : "");
		g_string_append_len(out, *line, (gssize)n_bold);
		g_string_append(out, n_bold ? END : "");
		g_string_append_printf(out, "%s\n", *line + n_bold);
	}
	return g_string_free(out, FALSE);
}

char *sbx_profile_to_text(const struct sbx_profile *profile, enum sbx_profile_detail how)
{
	enum sbx_profile_detail detail = how & SBX_PROFILE_EXPLAIN;
	const struct printer p = {profile, detail, g_string_new(NULL), name_width(profile)};
	add_heading(&p);
	add_packages(&p);
	add_summary(&p, SBX_NEED_STANDARD, "In the interpreter's packages");
	add_summary(&p, SBX_NEED_BASE, "In every system");
	add_section(&p, SBX_NEED_OPTIONAL, "Optional, left out");
	add_section(&p, SBX_NEED_UNKNOWN, "Not to be seen before it runs");
	add_behaviours(&p);
	if (detail == SBX_PROFILE_EXPLAIN)
		add_predictions(&p);
	g_string_append(p.out, "  Runs as:");
	for (char **word = profile->run; word && *word; word++) {
		g_autofree char *quoted = strpbrk(*word, " \t\n\"'`$&|;<>()*?[]{}~#\\") || !**word
						  ? g_shell_quote(*word)
						  : g_strdup(*word);
		g_string_append_c(p.out, ' ');
		/* A whole program, such as the one that runs notebooks. */
		add_plain(p.out, strchr(*word, '\n') ? "..." : quoted);
	}
	g_string_append_c(p.out, '\n');
	add_unread(&p);
	add_section(&p, SBX_NEED_ECOSYSTEM, "DECLARED, and in no Debian package");
	add_section(&p, SBX_NEED_UNRESOLVED, "NOT FOUND: no package ships it");
	if (!(how & SBX_PROFILE_COLOUR))
		return g_string_free(p.out, FALSE);
	char *coloured = colour(p.out->str);
	g_string_free(p.out, TRUE);
	return coloured;
}

char *sbx_profile_to_requirements(const struct sbx_profile *profile)
{
	GString *out = g_string_new(NULL);
	for (char **package = profile->packages; package && *package; package++)
		g_string_append_printf(out, "%s\n", *package);
	return g_string_free(out, FALSE);
}
