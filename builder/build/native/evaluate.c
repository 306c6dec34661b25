/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/build/native/commands.h"
#include "builder/build/native/native.h"
#include "builder/build/native/shell.h"

#define MAX_SCRIPT_BYTES (256 * 1024)

/* A failure ends the script, unless something asks for the status (`set -e`). */
enum asked { NOT_ASKED, ASKED };

static int run_node(struct sbx_native *n, const struct sbx_sh_node *node, enum asked asked);

/* NULL: not known. */
static const char *variable(struct sbx_native *n, const char *name)
{
	guint n_arguments = g_strv_length((char **)n->arguments);
	if (g_ascii_isdigit(*name) && !name[1]) {
		guint i = (guint)(*name - '0');
		return i <= n_arguments ? n->arguments[i - 1] : "";
	}
	if (g_str_equal(name, "DPKG_ROOT"))
		return "";
	if (g_str_equal(name, "DPKG_MAINTSCRIPT_PACKAGE"))
		return n->step->unit->lock->name;
	if (g_str_equal(name, "DPKG_MAINTSCRIPT_NAME"))
		return n->step->script;
	return NULL;
}

static gboolean is_all_arguments(const GArray *word)
{
	gboolean any = FALSE;
	for (guint i = 0; i < word->len; i++) {
		const struct sbx_sh_piece *piece = &g_array_index(word, struct sbx_sh_piece, i);
		if (piece->kind == SBX_SH_VARIABLE && piece->is_quoted &&
		    g_str_equal(piece->text, "@"))
			any = TRUE;
		else if (piece->kind != SBX_SH_TEXT || *piece->text)
			return FALSE;
	}
	return any;
}

/* A word's text; *out_vanishes when it is not even an empty argument. */
static char *expand(struct sbx_native *n, const GArray *word, gboolean *out_vanishes)
{
	g_autoptr(GString) text = g_string_new(NULL);
	*out_vanishes = TRUE;
	for (guint i = 0; i < word->len; i++) {
		const struct sbx_sh_piece *piece = &g_array_index(word, struct sbx_sh_piece, i);
		g_autofree char *found = NULL;
		const char *value = piece->text;
		if (piece->kind == SBX_SH_VARIABLE)
			value = variable(n, piece->text);
		else if (piece->kind == SBX_SH_FOUND)
			value = found = sbx_native_program(n, piece->text);
		if (piece->kind == SBX_SH_UNKNOWN || (piece->kind == SBX_SH_VARIABLE && !value))
			sbx_view_fail(n->view, "it uses an expansion of another kind");
		/* A value without quotes is split, and is a pattern. */
		if (value && piece->kind != SBX_SH_TEXT && !piece->is_quoted &&
		    strpbrk(value, " \t\n*?[\\"))
			sbx_view_fail(n->view, "it splits a value");
		if (piece->is_quoted || (value && *value))
			*out_vanishes = FALSE;
		g_string_append(text, value ? value : "");
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static int run_command(struct sbx_native *n, const struct sbx_sh_node *node)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	if (node->is_unknown)
		sbx_view_fail(n->view, "it writes to a file or sets a variable");
	if (node->is_logged &&
	    sbx_view_kind(n->view, "/var/log", SBX_VIEW_FOLLOW) != SBX_VIEW_FOLDER)
		sbx_view_fail(n->view, "there is no folder for its log");
	for (guint i = 0; i < node->words->len; i++) {
		const GArray *word = node->words->pdata[i];
		gboolean vanishes = FALSE;
		if (is_all_arguments(word)) {
			for (const char *const *a = n->arguments; *a; a++)
				g_ptr_array_add(argv, g_strdup(*a));
			continue;
		}
		g_autofree char *text = expand(n, word, &vanishes);
		if (!vanishes)
			g_ptr_array_add(argv, g_steal_pointer(&text));
	}
	g_ptr_array_add(argv, NULL);
	sbx_native_command command = argv->pdata[0] ? sbx_native_find(argv->pdata[0]) : NULL;
	if (!command)
		sbx_view_fail(n->view, "it calls a command of another kind");
	return sbx_view_failed(n->view, NULL) ? 1 : command(n, (char **)argv->pdata);
}

static int run_if(struct sbx_native *n, const struct sbx_sh_node *node, enum asked asked)
{
	guint i = 0;
	for (; i + 1 < node->children->len; i += 2) {
		int status = run_node(n, node->children->pdata[i], ASKED);
		if (n->has_exited || sbx_view_failed(n->view, NULL))
			return status;
		if (status == 0)
			return run_node(n, node->children->pdata[i + 1], asked);
	}
	return i < node->children->len ? run_node(n, node->children->pdata[i], asked) : 0;
}

static int run_case(struct sbx_native *n, const struct sbx_sh_node *node, enum asked asked)
{
	gboolean vanishes;
	g_autofree char *text = expand(n, node->words->pdata[0], &vanishes);
	for (guint i = 0; i < node->children->len; i++)
		for (char **pattern = node->patterns->pdata[i]; *pattern; pattern++)
			if (g_str_equal(*pattern, "*") || g_str_equal(*pattern, text))
				return run_node(n, node->children->pdata[i], asked);
	return 0;
}

static int run_node(struct sbx_native *n, const struct sbx_sh_node *node, enum asked asked)
{
	struct sbx_sh_node **children = (struct sbx_sh_node **)node->children->pdata;
	int status = 0;
	if (n->has_exited || sbx_view_failed(n->view, NULL))
		return 0;
	switch (node->kind) {
	case SBX_SH_LIST:
		for (guint i = 0; i < node->children->len && !n->has_exited; i++)
			status = run_node(n, children[i], asked);
		return status;
	case SBX_SH_AND:
	case SBX_SH_OR:
		status = run_node(n, children[0], ASKED);
		if ((status == 0) == (node->kind == SBX_SH_AND) && !n->has_exited)
			status = run_node(n, children[1], asked);
		return status;
	case SBX_SH_NOT:
		return !run_node(n, children[0], ASKED);
	case SBX_SH_IF:
		return run_if(n, node, asked);
	case SBX_SH_CASE:
		return run_case(n, node, asked);
	case SBX_SH_COMMAND:
		status = run_command(n, node);
		if (status != 0 && asked == NOT_ASKED)
			sbx_view_fail(n->view, "it fails");
		return status;
	case SBX_SH_SUBSHELL:
		sbx_view_fail(n->view, "it has a subshell");
		return 1;
	}
	return status;
}

/* The text behind the first line, which names the shell; "-e" is what is taken for granted. */
static const char *body(const char *script)
{
	static const char *const heads[] = {"#!/bin/sh\n", "#! /bin/sh\n", "#!/bin/sh -e\n",
					    "#! /bin/sh -e\n"};
	for (guint i = 0; i < G_N_ELEMENTS(heads); i++)
		if (g_str_has_prefix(script, heads[i]))
			return script + strlen(heads[i]);
	return NULL;
}

static gboolean carry_out(struct sbx_native *n, const char *script)
{
	const char *text = body(script), *reason = "it is not a script of /bin/sh";
	struct sbx_sh_node *node = text ? sbx_sh_parse(text, &reason) : NULL;
	if (!node) {
		sbx_view_fail(n->view, reason);
		return FALSE;
	}
	if (!sbx_view_is_executable(n->view, "/bin/sh"))
		sbx_view_fail(n->view, "there is no shell");
	if (run_node(n, node, NOT_ASKED) != 0)
		sbx_view_fail(n->view, "it fails");
	sbx_sh_free(node);
	return sbx_view_failed(n->view, NULL) == NULL;
}

/* As builder/build/configure.sh gives them: nothing was configured before. */
static char **arguments_of(const struct sbx_step *step)
{
	gboolean is_configure =
		g_str_equal(step->script, "postinst") && g_str_equal(step->arguments, "configure");
	return g_strsplit(is_configure ? "configure\t" : step->arguments, "\t", -1);
}

gboolean sbx_native_run(struct sbx_store *store, struct sbx_tree *tree, const struct sbx_step *step,
			struct sbx_trace **out_trace, const char **out_reason,
			GCancellable *cancellable, GError **error)
{
	gint64 began = g_get_monotonic_time();
	*out_trace = NULL;
	*out_reason = "it is no file, or too large";
	struct sbx_entry *entry = sbx_tree_lookup(step->unit->control, step->script, NULL);
	gsize n_bytes = 0;
	g_autofree char *script =
		entry && entry->kind == SBX_ENTRY_FILE
			? sbx_object_read(store, entry->checksum, MAX_SCRIPT_BYTES, &n_bytes, NULL)
			: NULL;
	g_autoptr(GFileInfo) info = script ? sbx_object_info(store, entry->checksum, error) : NULL;
	if (!script || strlen(script) != n_bytes)
		return TRUE;
	if (!info)
		return FALSE;
	SBX_AUTO(sbx_view) view = sbx_view_new(store, tree, cancellable);
	g_auto(GStrv) arguments = arguments_of(step);
	g_autoptr(GPtrArray) triggers = g_ptr_array_new_with_free_func(g_free);
	struct sbx_native native = {.view = view,
				    .step = step,
				    .arguments = (const char *const *)arguments,
				    .triggers = triggers};
	g_autoptr(GError) failed = NULL;
	if (!(g_file_info_get_attribute_uint32(info, "unix::mode") & 0100))
		sbx_view_fail(view, "it can't be executed");
	if (!carry_out(&native, script)) {
		*out_reason = sbx_view_failed(view, &failed);
		if (failed)
			g_propagate_error(error, g_steal_pointer(&failed));
		return !(error && *error);
	}
	struct sbx_trace *trace = sbx_view_to_trace(view, error);
	if (!trace)
		return FALSE;
	g_ptr_array_add(triggers, NULL);
	trace->triggers = g_strdupv((char **)triggers->pdata);
	trace->usec = (guint64)(g_get_monotonic_time() - began);
	*out_trace = trace;
	return TRUE;
}
