/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/build/native/commands.h"

/* The sandbox's own folders: what a script asks there, and what is so in every build. */
static gboolean is_known_absent(const char *path)
{
	return g_str_equal(path, "/run/systemd/system") || g_str_equal(path, "/run/systemd") ||
	       g_str_equal(path, "/run/udev");
}

static int test_path(struct sbx_native *n, char operator, const char * path)
{
	if (*path == '\0' || is_known_absent(path))
		return 1;
	gboolean is_link = operator== 'L' || operator== 'h';
	enum sbx_view_kind kind =
		sbx_view_kind(n->view, path, is_link ? SBX_VIEW_NOFOLLOW : SBX_VIEW_FOLLOW);
	switch (operator) {
	case 'e':
		return kind == SBX_VIEW_ABSENT;
	case 'f':
		return kind != SBX_VIEW_FILE;
	case 'd':
		return kind != SBX_VIEW_FOLDER;
	case 'x':
		return !sbx_view_is_executable(n->view, path);
	case 's':
		if (kind == SBX_VIEW_FOLDER)
			sbx_view_fail(n->view, "it asks for a folder's size");
		return kind != SBX_VIEW_FILE || sbx_view_is_empty(n->view, path);
	default:
		return kind != SBX_VIEW_LINK;
	}
}

/* test(1) with up to three arguments, as POSIX defines it by their number. */
int sbx_native_test(struct sbx_native *n, char **argv)
{
	guint length = g_strv_length(argv);
	gboolean is_not = FALSE;
	if (g_str_equal(argv[0], "[") && !g_str_equal(argv[--length], "]"))
		length = 100;
	char **a = argv + 1;
	guint n_left = length - 1;
	if (n_left > 1 && n_left < 5 && g_str_equal(a[0], "!")) {
		is_not = TRUE;
		a++;
		n_left--;
	}
	int status = 2;
	if (n_left == 1 && a[0][0] != '-' && a[0][0] != '!')
		status = *a[0] == '\0';
	else if (n_left == 2 && strlen(a[0]) == 2 && a[0][0] == '-' && strchr("nz", a[0][1]))
		status = (*a[1] == '\0') == (a[0][1] == 'n');
	else if (n_left == 2 && strlen(a[0]) == 2 && a[0][0] == '-' && strchr("efdxsLh", a[0][1]))
		status = test_path(n, a[0][1], a[1]);
	else if (n_left == 3 && g_str_equal(a[1], "="))
		status = !g_str_equal(a[0], a[2]);
	else if (n_left == 3 && g_str_equal(a[1], "!="))
		status = g_str_equal(a[0], a[2]);
	else
		sbx_view_fail(n->view, "it tests something of another kind");
	return status == 2 || !is_not ? status : !status;
}
