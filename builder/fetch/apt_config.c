/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/fetch/apt_config.h"

#include <glib.h>
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

/*
 * apt reads the file named by APT_CONFIG before it looks for its folder. Returns a descriptor of
 * such a file that a child inherits, -1 when there is none to be had.
 */
static int redirect_folder(char ***env, const char *folder)
{
	SBX_CLEANUP_FD int fd = memfd_create("apt.conf", 0);
	if (fd < 0)
		return -1;
	g_autofree char *text = g_strdup_printf("Dir::Etc \"%s\";\n", folder);
	if (sbx_write_all(fd, text, strlen(text)) < 0)
		return -1;
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	*env = g_environ_setenv(*env, "APT_CONFIG", path, TRUE);
	return sbx_steal_fd(&fd);
}

static GHashTable *ask_apt(void)
{
	char *argv[] = {(char *)"apt-config", (char *)"dump", NULL};
	g_auto(GStrv) env = g_get_environ();
	const char *folder = g_getenv("SBX_APT_DIR");
	SBX_CLEANUP_FD int fd = folder && *folder ? redirect_folder(&env, folder) : -1;
	g_autofree char *dump = NULL;
	int status;
	/* Sandboxes are started meanwhile, and must not hold the pipe that is read to its end. */
	if (!g_spawn_sync(NULL, argv, env,
			  G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL | G_SPAWN_CLOEXEC_PIPES |
				  G_SPAWN_LEAVE_DESCRIPTORS_OPEN,
			  NULL, NULL, &dump, NULL, &status, NULL))
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
