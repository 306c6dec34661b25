/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/fetch/apt_config.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"

GHashTable *sbx_apt_config_parse(const char *dump)
{
	GHashTable *settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_auto(GStrv) lines = g_strsplit(dump, "\n", -1);
	for (char **line = lines; *line; line++) {
		/* Name "value"; - the value is printed as it is, quotes and all. */
		char *open = strstr(*line, " \"");
		if (!open || !g_str_has_suffix(open + 2, "\";"))
			continue;
		*open = '\0';
		char *value = open + 2;
		value[strlen(value) - 2] = '\0';
		if (*value)
			g_hash_table_insert(settings, g_ascii_strdown(*line, -1), g_strdup(value));
	}
	return settings;
}

/* apt reads the file named by APT_CONFIG before it looks for its folder. */
static void redirect_folder(GSubprocessLauncher *launcher, const char *folder)
{
	SBX_CLEANUP_FD int fd = memfd_create("apt.conf", 0);
	if (fd < 0)
		return;
	g_autofree char *text = g_strdup_printf("Dir::Etc \"%s\";\n", folder);
	if (sbx_write_all(fd, text, strlen(text)) < 0)
		return;
	g_subprocess_launcher_setenv(launcher, "APT_CONFIG", "/proc/self/fd/3", TRUE);
	g_subprocess_launcher_take_fd(launcher, sbx_steal_fd(&fd), 3);
}

static GHashTable *ask_apt(void)
{
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
	const char *folder = g_getenv("SBX_APT_DIR");
	if (folder && *folder)
		redirect_folder(launcher, folder);
	g_autoptr(GSubprocess) process =
		g_subprocess_launcher_spawn(launcher, NULL, "apt-config", "dump", NULL);
	g_autofree char *dump = NULL;
	if (!process || !g_subprocess_communicate_utf8(process, NULL, NULL, &dump, NULL, NULL))
		return sbx_apt_config_parse("");
	return sbx_apt_config_parse(dump);
}

const char *sbx_apt_config(const char *name)
{
	static GHashTable *settings;
	static gsize once;
	if (g_once_init_enter(&once)) {
		settings = ask_apt();
		g_once_init_leave(&once, 1);
	}
	g_autofree char *key = g_ascii_strdown(name, -1);
	return g_hash_table_lookup(settings, key);
}

long sbx_apt_config_long(const char *name, long fallback)
{
	const char *text = sbx_apt_config(name);
	gint64 value;
	if (!text || !g_ascii_string_to_signed(text, 10, 0, G_MAXINT32, &value, NULL))
		return fallback;
	return (long)value;
}

gboolean sbx_apt_config_flag(const char *name, gboolean fallback)
{
	static const char *const yes[] = {"yes", "true", "with", "on", "enable", "1", NULL};
	static const char *const no[] = {"no", "false", "without", "off", "disable", "0", NULL};
	const char *text = sbx_apt_config(name);
	if (!text)
		return fallback;
	g_autofree char *value = g_ascii_strdown(text, -1);
	if (g_strv_contains(yes, value))
		return TRUE;
	return g_strv_contains(no, value) ? FALSE : fallback;
}

char *sbx_apt_config_folder(void)
{
	const char *folder = g_getenv("SBX_APT_DIR");
	if (folder && *folder)
		return g_canonicalize_filename(folder, NULL);
	/* Asking apt takes longer than `sbx-build run` has: only where it could matter. */
	const char *given = g_getenv("APT_CONFIG");
	if (!given || !*given)
		return g_strdup("/etc/apt");
	const char *top = sbx_apt_config("Dir"), *etc = sbx_apt_config("Dir::Etc");
	g_autofree char *base = g_canonicalize_filename(top ? top : "/", "/");
	return g_canonicalize_filename(etc ? etc : "etc/apt", base);
}
