/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/ids.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "base/idmap.h"

#define SUBUID "/etc/subuid"
#define SUBGID "/etc/subgid"

static gboolean read_id(const char *text, guint32 *out)
{
	guint64 n;
	if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32, &n, NULL))
		return FALSE;
	*out = (guint32)n;
	return TRUE;
}

/* Lines are name:first:count, the name a login name or a number. The first that is long enough. */
static gboolean find_range(const char *path, const char *add_option, guint32 *out_first,
			   GError **error)
{
	uid_t uid = geteuid();
	const struct passwd *user = getpwuid(uid);
	g_autofree char *number = g_strdup_printf("%u", uid);
	const char *name = user ? user->pw_name : number;
	g_autofree char *text = NULL;
	if (g_file_get_contents(path, &text, NULL, NULL)) {
		g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
		for (char **line = lines; *line; line++) {
			g_auto(GStrv) fields = g_strsplit(*line, ":", -1);
			guint32 first, count;
			if (g_strv_length(fields) == 3 &&
			    (g_str_equal(fields[0], name) || g_str_equal(fields[0], number)) &&
			    read_id(fields[1], &first) && read_id(fields[2], &count) &&
			    count >= SBX_IDMAP_COUNT && first <= G_MAXUINT32 - SBX_IDMAP_COUNT) {
				*out_first = first;
				return TRUE;
			}
		}
	}
	return sbx_set_error(error, SBX_E_UNSUPPORTED,
			     "%s has no range of at least %d ids for %s; root gives one with "
			     "usermod %s FIRST-LAST %s",
			     path, SBX_IDMAP_COUNT, name, add_option, name);
}

static gboolean enter(const struct sbx_idmap *map, GError **error)
{
	struct sbx_error err = SBX_ERROR_INIT;
	return sbx_idmap_enter(map, &err) == 0 || sbx_set_error_from(error, &err);
}

static gboolean enter_new(GError **error)
{
	struct sbx_idmap map = {.uid = geteuid(), .gid = getegid(), .count = SBX_IDMAP_COUNT};
	return find_range(SUBUID, "--add-subuids", &map.first_uid, error) &&
	       find_range(SUBGID, "--add-subgids", &map.first_gid, error) && enter(&map, error);
}

static gboolean use_range(const struct sbx_context *ctx, const char *asked,
			  const struct sbx_idmap *map, GError **error)
{
	if (ctx->ids && g_str_equal(asked, "single"))
		return sbx_set_error(error, SBX_E_DENIED,
				     "%s: keeps owners in a range of ids; leave --ids single out, "
				     "or name another folder with --root",
				     ctx->root);
	if (enter(map, error))
		return TRUE;
	g_prefix_error(error,
		       "%s: its owners are in the ids %u to %u, which this user needs: ", ctx->root,
		       map->first_uid, map->first_uid + map->count - 1);
	return FALSE;
}

static gboolean use_single(const struct sbx_context *ctx, const char *asked, GError **error)
{
	return !ctx->ids || !g_str_equal(asked, "range") ||
	       sbx_set_error(error, SBX_E_DENIED,
			     "%s: was made with a single id and holds no owners; leave --ids range "
			     "out, or name another folder with --root",
			     ctx->root);
}

static gboolean choose(const struct sbx_context *ctx, const char *asked, GError **error)
{
	g_autoptr(GError) reason = NULL;
	if (g_str_equal(asked, "single") || enter_new(&reason))
		return TRUE;
	if (g_str_equal(asked, "range")) {
		g_propagate_prefixed_error(error, g_steal_pointer(&reason), "--ids range: ");
		return FALSE;
	}
	if (ctx->verbose)
		fprintf(stderr, "%-10s single: %s\n", "ids", reason->message);
	return TRUE;
}

gboolean sbx_ids_settle(struct sbx_context *ctx, GError **error)
{
	const char *given = ctx->ids ? ctx->ids : g_getenv("SBX_IDS");
	const char *asked = given && *given ? given : "auto";
	static const char *const known[] = {"auto", "range", "single", NULL};
	if (!g_strv_contains(known, asked))
		return sbx_set_error(error, SBX_E_USAGE, "%s %s: it is auto, range or single",
				     ctx->ids ? "--ids" : "$SBX_IDS", asked);
	if (geteuid() == 0)
		return TRUE;
	struct sbx_idmap map;
	struct sbx_error err = SBX_ERROR_INIT;
	g_autofree char *path = g_build_filename(ctx->root, SBX_IDMAP_FILE, NULL);
	g_autofree char *repo = g_build_filename(ctx->root, "repo", NULL);
	int found = sbx_idmap_read(AT_FDCWD, path, &map, &err);
	if (found < 0)
		return sbx_set_error_from(error, &err);
	return found				       ? use_range(ctx, asked, &map, error)
	       : g_file_test(repo, G_FILE_TEST_EXISTS) ? use_single(ctx, asked, error)
						       : choose(ctx, asked, error);
}
