/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/ids.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/idmap.h"

#define SUBUID	 "/etc/subuid"
#define SUBGID	 "/etc/subgid"
#define NSSWITCH "/etc/nsswitch.conf"

static gboolean read_id(const char *text, guint32 *out)
{
	guint64 n;
	if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32, &n, NULL))
		return FALSE;
	*out = (guint32)n;
	return TRUE;
}

/* Where ranges of one kind of id are to be had from. */
struct kind {
	const char *path;	/* subuid(5), subgid(5) */
	const char *add_option; /* of usermod(8) */
	const char *query;	/* of getsubids(1), NULL: none */
};
static const struct kind kinds[] = {{SUBUID, "--add-subuids", NULL},
				    {SUBGID, "--add-subgids", "-g"}};

/* Is it long enough? Then it is taken. */
static gboolean take_range(const char *first_text, const char *count_text, guint32 *out_first)
{
	guint32 first, count;
	if (!read_id(first_text, &first) || !read_id(count_text, &count) ||
	    count < SBX_IDMAP_COUNT || first > G_MAXUINT32 - SBX_IDMAP_COUNT)
		return FALSE;
	*out_first = first;
	return TRUE;
}

/* Lines are name:first:count, the name a login name or a number. The first that is long enough. */
static gboolean find_in_file(const char *path, const char *name, const char *number,
			     guint32 *out_first)
{
	g_autofree char *text = NULL;
	if (!g_file_get_contents(path, &text, NULL, NULL))
		return FALSE;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	gboolean found = FALSE;
	for (char **line = lines; *line && !found; line++) {
		g_auto(GStrv) fields = g_strsplit(*line, ":", -1);
		found = g_strv_length(fields) == 3 &&
			(g_str_equal(fields[0], name) || g_str_equal(fields[0], number)) &&
			take_range(fields[1], fields[2], out_first);
	}
	return found;
}

/* "subid: sss": ranges come from a service, and the files are not asked (nsswitch.conf(5)). */
static gboolean is_service(void)
{
	g_autofree char *text = NULL;
	if (!g_file_get_contents(NSSWITCH, &text, NULL, NULL))
		return FALSE;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		(*line)[strcspn(*line, "#")] = '\0';
		char *words = g_strstrip(*line);
		if (g_str_has_prefix(words, "subid:"))
			return !g_str_equal(g_strstrip(words + strlen("subid:")), "files");
	}
	return FALSE;
}

/* getsubids asks it for us; its lines are "0: name first count". */
static gboolean find_in_service(const struct kind *kind, const char *name, guint32 *out_first)
{
	const char *argv[] = {"getsubids", kind->query ? kind->query : name,
			      kind->query ? name : NULL, NULL};
	g_autofree char *text = NULL;
	const GSpawnFlags flags = G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL;
	if (!g_spawn_sync(NULL, (char **)argv, NULL, flags, NULL, NULL, &text, NULL, NULL, NULL))
		return FALSE;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	gboolean found = FALSE;
	for (char **line = lines; *line && !found; line++) {
		g_auto(GStrv) words = g_strsplit(*line, " ", -1);
		found = g_strv_length(words) == 4 && g_str_equal(words[1], name) &&
			take_range(words[2], words[3], out_first);
	}
	return found;
}

static gboolean find_range(const struct kind *kind, guint32 *out_first, GError **error)
{
	uid_t uid = geteuid();
	const struct passwd *user = getpwuid(uid);
	g_autofree char *number = g_strdup_printf("%u", uid);
	g_autofree char *name = g_strdup(user ? user->pw_name : number);
	if (is_service())
		return find_in_service(kind, name, out_first) ||
		       sbx_set_error(error, SBX_E_UNSUPPORTED,
				     "getsubids %s%s%s: no range of at least %d ids, and " NSSWITCH
				     " says (subid) that others are not asked; have that service "
				     "give one, with package uidmap installed",
				     kind->query ? kind->query : "", kind->query ? " " : "", name,
				     SBX_IDMAP_COUNT);
	return find_in_file(kind->path, name, number, out_first) ||
	       sbx_set_error(error, SBX_E_UNSUPPORTED,
			     "%s has no range of at least %d ids for %s; root gives one with "
			     "usermod %s FIRST-LAST %s",
			     kind->path, SBX_IDMAP_COUNT, name, kind->add_option, name);
}

static gboolean enter(const struct sbx_idmap *map, GError **error)
{
	struct sbx_error err = SBX_ERROR_INIT;
	return sbx_idmap_enter(map, &err) == 0 || sbx_set_error_from(error, &err);
}

static gboolean enter_new(GError **error)
{
	struct sbx_idmap map = {.uid = geteuid(), .gid = getegid(), .count = SBX_IDMAP_COUNT};
	return find_range(&kinds[0], &map.first_uid, error) &&
	       find_range(&kinds[1], &map.first_gid, error) && enter(&map, error);
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
