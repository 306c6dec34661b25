/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/native/commands.h"

#include "builder/build/batch.h"

#include <string.h>

/* As builder/build/configure.sh sets it. */
static const char *const path_folders[] = {
	"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", NULL};

char *sbx_native_program(struct sbx_native *n, const char *name)
{
	if (strchr(name, '/')) {
		sbx_view_fail(n->view, "it looks for a program by its path");
		return NULL;
	}
	for (const char *const *folder = path_folders; *folder; folder++) {
		g_autofree char *path = g_strdup_printf("%s/%s", *folder, name);
		if (sbx_view_kind(n->view, path, SBX_VIEW_FOLLOW) == SBX_VIEW_FILE &&
		    sbx_view_is_executable(n->view, path))
			return g_steal_pointer(&path);
	}
	return NULL;
}

static int run_true(struct sbx_native *n, char **argv)
{
	(void)n, (void)argv;
	return 0;
}

static int run_false(struct sbx_native *n, char **argv)
{
	(void)n, (void)argv;
	return 1;
}

static int run_exit(struct sbx_native *n, char **argv)
{
	n->has_exited = TRUE;
	if (!argv[1] || !g_str_equal(argv[1], "0"))
		sbx_view_fail(n->view, "it fails");
	return 0;
}

static int run_set(struct sbx_native *n, char **argv)
{
	if (!argv[1] || argv[2] || !g_str_equal(argv[1], "-e"))
		sbx_view_fail(n->view, "it sets an option of the shell");
	return 0;
}

/* command -v NAME, which NAME: what is not on the PATH is no builtin either, for these names. */
static int find_program(struct sbx_native *n, const char *name)
{
	static const char *const builtins[] = {"test",	  "true", "false", "echo", "printf",
					       "command", "kill", "pwd",   NULL};
	if (!name || *name == '-' || g_strv_contains(builtins, name)) {
		sbx_view_fail(n->view, "it looks for a command of the shell");
		return 1;
	}
	g_autofree char *found = sbx_native_program(n, name);
	return found ? 0 : 1;
}

static int run_command(struct sbx_native *n, char **argv)
{
	if (g_strv_length(argv) != 3 || !g_str_equal(argv[1], "-v")) {
		sbx_view_fail(n->view, "it calls a command by another one");
		return 1;
	}
	return find_program(n, argv[2]);
}

static int run_which(struct sbx_native *n, char **argv)
{
	g_autofree char *which = sbx_native_program(n, "which");
	if (!which || g_strv_length(argv) != 2) {
		sbx_view_fail(n->view, "it calls which(1)");
		return 1;
	}
	return find_program(n, argv[1]);
}

/* A stand-in that succeeds, wherever it is there (builder/build/script.c). */
static int run_compiler(struct sbx_native *n, char **argv)
{
	g_autofree char *program = sbx_native_program(n, argv[0]);
	if (!program || !g_str_has_prefix(program, "/usr/bin/")) {
		sbx_view_fail(n->view, "it has no byte compiler");
		return 1;
	}
	return 0;
}

/* dpkg-trigger [--no-await] NAME: a line for dpkg, and here for configure.c. */
static int run_trigger(struct sbx_native *n, char **argv)
{
	gboolean no_await = argv[1] && g_str_equal(argv[1], "--no-await");
	const char *name = argv[no_await ? 2 : 1];
	g_autofree char *program = sbx_native_program(n, argv[0]);
	if (!program || !name || argv[no_await ? 3 : 2] || *name == '-' || !g_str_is_ascii(name) ||
	    strpbrk(name, " \t\n")) {
		sbx_view_fail(n->view, "it sets off a trigger in another way");
		return 1;
	}
	g_ptr_array_add(n->triggers, g_strdup(name));
	return 0;
}

/* Once for all packages, as what stands before it would have it (builder/build/batch.h). */
static int run_fc_cache(struct sbx_native *n, char **argv)
{
	g_autofree char *program = sbx_native_program(n, argv[0]);
	if (!program || !g_str_has_prefix(program, "/usr/bin/") || !sbx_batch_takes(argv))
		sbx_view_fail(n->view, "it makes font caches in another way");
	else
		g_ptr_array_add(n->triggers, g_strdup(SBX_BATCH_FONTS));
	return 0;
}

/* mkdir -p */
static int run_mkdir(struct sbx_native *n, char **argv)
{
	gboolean is_plain = argv[1] && g_str_equal(argv[1], "-p") && argv[2];
	for (char **path = argv + 2; is_plain && *path; path++) {
		is_plain = **path == '/';
		if (is_plain)
			sbx_view_make_folders(n->view, *path);
	}
	if (!is_plain)
		sbx_view_fail(n->view, "it makes folders in another way");
	return 0;
}

/* rm -f of what is not there. */
static int run_rm(struct sbx_native *n, char **argv)
{
	gboolean is_quiet = argv[1] && g_str_equal(argv[1], "-f") && argv[2];
	for (char **path = argv + 2; is_quiet && *path; path++)
		is_quiet = **path == '/' &&
			   sbx_view_kind(n->view, *path, SBX_VIEW_NOFOLLOW) == SBX_VIEW_ABSENT;
	if (!is_quiet)
		sbx_view_fail(n->view, "it removes a file");
	return 0;
}

/* As dpkg takes them; of one that it would not take the script fails. */
static gboolean is_version(const char *text)
{
	static const char upstream[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+~-";
	const char *colon = strchr(text, ':');
	if (colon && (strspn(text, "0123456789") != (gsize)(colon - text) || colon - text > 4 ||
		      colon == text))
		return FALSE;
	const char *rest = colon ? colon + 1 : text;
	gsize n = strspn(rest, upstream);
	return g_ascii_isdigit(*rest) && rest[n] == '\0' && rest[n - 1] != '-';
}

/*
 * Obsolete conffiles and folders that become links concern upgrades (dpkg-maintscript-helper(1)):
 * where nothing was installed before, and no upgrade was interrupted, it does nothing.
 */
int sbx_native_maintscript_helper(struct sbx_native *n, char **argv)
{
	static const struct {
		const char *verb;
		guint n_paths;
		gboolean has_backup; /* a backup would be dealt with whatever the version */
	} verbs[] = {{"rm_conffile", 1, FALSE},
		     {"mv_conffile", 2, FALSE},
		     {"symlink_to_dir", 2, TRUE},
		     {"dir_to_symlink", 2, TRUE}};
	guint length = g_strv_length(argv), at = 0;
	while (at < length && !g_str_equal(argv[at], "--"))
		at++;
	gboolean is_fresh = at + 2 == length || (at + 3 == length && !*argv[at + 2]);
	g_autofree char *program = sbx_native_program(n, argv[0]);
	for (guint i = 0; program && is_fresh && at > 2 && i < G_N_ELEMENTS(verbs); i++) {
		guint n_words = at - 2, n_paths = verbs[i].n_paths;
		if (!g_str_equal(argv[1], verbs[i].verb))
			continue;
		if (n_words < n_paths || n_words > n_paths + 2 || argv[2][0] != '/' ||
		    (n_words > n_paths && !is_version(argv[2 + n_paths])))
			break;
		g_autofree char *backup = g_strconcat(argv[2], ".dpkg-backup", NULL);
		if (verbs[i].has_backup &&
		    sbx_view_kind(n->view, backup, SBX_VIEW_NOFOLLOW) != SBX_VIEW_ABSENT)
			break;
		return 0;
	}
	sbx_view_fail(n->view, "dpkg-maintscript-helper has something to do");
	return 1;
}

/* Lines for /etc/shells: each as it is called, and where it really is. */
int sbx_native_add_shell(struct sbx_native *n, char **argv)
{
	static const char file[] = "/etc/shells";
	g_autofree char *program = sbx_native_program(n, argv[0]);
	g_autofree char *before = sbx_view_read(n->view, file);
	gboolean is_plain = program && before && argv[1] && g_str_has_suffix(before, "\n");
	g_autoptr(GString) text = g_string_new("\n");
	g_string_append(text, before ? before : "");
	for (char **shell = argv + 1; is_plain && *shell; shell++) {
		const char *name = strrchr(*shell, '/');
		g_autofree char *folder = g_path_get_dirname(*shell);
		g_autofree char *below = g_strconcat(folder, "/.", NULL);
		g_autofree char *real = sbx_view_real_path(n->view, below);
		is_plain = real && name && name[1] && **shell == '/' &&
			   (*shell)[strspn(*shell, "/-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQR"
						   "STUVWXYZ0123456789")] == '\0';
		g_autofree char *as_real = real ? g_strconcat(real, name, NULL) : NULL;
		const char *const lines[] = {*shell, as_real};
		for (guint i = 0; is_plain && i < 2; i++) {
			g_autofree char *line = g_strconcat("\n", lines[i], "\n", NULL);
			if (!strstr(text->str, line))
				g_string_append(text, line + 1);
		}
	}
	if (!is_plain)
		sbx_view_fail(n->view, "add-shell is not plain");
	else if (!g_str_equal(text->str + 1, before))
		sbx_view_put_file(n->view, file, text->str + 1, SBX_VIEW_KEEP);
	return 0;
}

sbx_native_command sbx_native_find(const char *name)
{
	static const struct {
		const char *name;
		sbx_native_command command;
	} commands[] = {
		{":", run_true},
		{"true", run_true},
		{"echo", run_true}, /* what a script says is not of the tree */
		{"printf", run_true},
		{"fc-cache", run_fc_cache},
		{"mkdir", run_mkdir},
		{"false", run_false},
		{"exit", run_exit},
		{"set", run_set},
		{"[", sbx_native_test},
		{"test", sbx_native_test},
		{"command", run_command},
		{"which", run_which},
		{"rm", run_rm},
		{"py3compile", run_compiler},
		{"py3clean", run_compiler},
		{"dpkg-trigger", run_trigger},
		{"dpkg-maintscript-helper", sbx_native_maintscript_helper},
		{"update-alternatives", sbx_native_alternatives},
		{"deb-systemd-helper", sbx_native_systemd_helper},
		{"add-shell", sbx_native_add_shell},
	};
	for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
		if (g_str_equal(commands[i].name, name))
			return commands[i].command;
	return NULL;
}
