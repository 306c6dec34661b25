/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/build/native/commands.h"

/*
 * deb-systemd-helper(1p), where systemd is not installed: `enable` makes the links that a unit's
 * [Install] section asks for, and notes each in two files below /var/lib/systemd, so that a link
 * that an administrator removes is not made again.
 */
#define MAX_ALSO 20

struct helper {
	struct sbx_native *n;
	const char *instance; /* "system" or "user" */
	const char *state;    /* where is noted what was enabled */
	gboolean knows_lib;   /* looks for units below /lib, before /usr/lib */
};

struct link {
	char *path, *unit; /* of the link, and of the unit's file that it leads to */
};

static void link_clear(gpointer data)
{
	struct link *link = data;
	g_free(link->path);
	g_free(link->unit);
}

/* The file of a unit, NULL when there is none. */
static char *find_unit(struct helper *h, const char *name)
{
	static const char *const folders[] = {"/etc", "/lib", "/usr/lib", NULL};
	for (const char *const *folder = folders; *folder; folder++) {
		if (g_str_equal(*folder, "/lib") && !h->knows_lib)
			continue;
		g_autofree char *path =
			g_strdup_printf("%s/systemd/%s/%s", *folder, h->instance, name);
		if (sbx_view_kind(h->n->view, path, SBX_VIEW_FOLLOW) == SBX_VIEW_FILE)
			return g_steal_pointer(&path);
	}
	return NULL;
}

static gboolean is_unit_name(const char *text)
{
	return *text && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789@._:-")] == '\0';
}

/* The value of "Key=unit unit" if the line is of that key; what else it may be is not plain. */
static char **values_of(struct helper *h, const char *line, const char *key)
{
	gsize n = strlen(key);
	const char *at = line + strspn(line, " \t");
	if (g_ascii_strncasecmp(at, key, n) != 0 || at[n] != '=' || !at[n + 1])
		return NULL;
	g_auto(GStrv) values = g_strsplit(at + n + 1, " ", -1);
	gboolean fine = strncmp(at, key, n) == 0;
	for (char **value = values; *value; value++)
		fine = fine && is_unit_name(*value);
	if (!fine)
		sbx_view_fail(h->n->view, "a unit's [Install] section is not plain");
	return g_steal_pointer(&values);
}

static void add_link(GArray *links, char *path, const char *unit)
{
	struct link link = {path, g_strdup(unit)};
	g_array_append_val(links, link);
}

static void collect(struct helper *h, const char *name, GPtrArray *visited, GArray *links);

/* `visited` is the caller's as it is now: what is found below does not count beside it. */
static void collect_also(struct helper *h, const char *name, char **also, GPtrArray *visited,
			 GArray *links)
{
	for (; also && *also; also++) {
		if (g_str_equal(*also, name) ||
		    g_ptr_array_find_with_equal_func(visited, *also, g_str_equal, NULL))
			continue;
		g_ptr_array_add(visited, g_strdup(*also));
		g_autoptr(GPtrArray) below = g_ptr_array_new_with_free_func(g_free);
		for (guint i = 0; i < visited->len; i++)
			g_ptr_array_add(below, g_strdup(visited->pdata[i]));
		if (visited->len > MAX_ALSO || sbx_view_failed(h->n->view, NULL))
			sbx_view_fail(h->n->view, "units name each other");
		else
			collect(h, *also, below, links);
	}
}

static void collect_wanted(struct helper *h, const char *line, const char *key, const char *suffix,
			   GPtrArray *folders)
{
	g_auto(GStrv) targets = values_of(h, line, key);
	for (char **target = targets; target && *target; target++)
		g_ptr_array_add(folders, g_strdup_printf("/etc/systemd/%s/%s.%s", h->instance,
							 *target, suffix));
}

/* All links that enabling a unit makes: those of other units and names first. */
static void collect(struct helper *h, const char *name, GPtrArray *visited, GArray *links)
{
	g_autofree char *unit = find_unit(h, name);
	g_autofree char *text = unit ? sbx_view_read(h->n->view, unit) : NULL;
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func(g_free);
	if (!text)
		sbx_view_fail(h->n->view, "a unit is missing");
	for (char **line = lines; *line; line++) {
		collect_wanted(h, *line, "WantedBy", "wants", folders);
		collect_wanted(h, *line, "RequiredBy", "requires", folders);
		g_auto(GStrv) also = values_of(h, *line, "Also");
		collect_also(h, name, also, visited, links);
		g_auto(GStrv) aliases = values_of(h, *line, "Alias");
		g_auto(GStrv) instance = values_of(h, *line, "DefaultInstance");
		g_auto(GStrv) upheld = values_of(h, *line, "UpheldBy");
		if (instance || upheld || (aliases && aliases[0] && aliases[1]))
			sbx_view_fail(h->n->view, "a unit's [Install] section is not plain");
		else if (aliases && !g_str_equal(aliases[0], name))
			add_link(links,
				 g_strdup_printf("/etc/systemd/%s/%s", h->instance, aliases[0]),
				 unit);
	}
	for (guint i = 0; i < folders->len; i++)
		add_link(links, g_strdup_printf("%s/%s", (char *)folders->pdata[i], name), unit);
}

/* The note of all links of a unit: a line for each. */
static void note(struct helper *h, const char *name, const char *link)
{
	g_autofree char *path = g_strdup_printf("%s/%s.dsh-also", h->state, name);
	g_autofree char *before = sbx_view_read(h->n->view, path);
	g_autofree char *all = g_strconcat("\n", before ? before : "", NULL);
	g_autofree char *line = g_strconcat("\n", link, "\n", NULL);
	g_autofree char *after = g_strconcat(before ? before : "", link, "\n", NULL);
	sbx_view_make_folders(h->n->view, h->state);
	if (!strstr(all, line))
		sbx_view_put_file(h->n->view, path, after, SBX_VIEW_FRESH);
}

static void make_link(struct helper *h, const char *name, const struct link *link)
{
	struct sbx_view *view = h->n->view;
	g_autofree char *base = g_strdup_printf("/etc/systemd/%s", h->instance);
	g_autofree char *state = g_strconcat(h->state, link->path + strlen(base), NULL);
	g_autofree char *state_folder = g_path_get_dirname(state);
	g_autofree char *link_folder = g_path_get_dirname(link->path);
	note(h, name, link->path);
	if (sbx_view_kind(view, state, SBX_VIEW_FOLLOW) != SBX_VIEW_ABSENT)
		return;
	enum sbx_view_kind kind = sbx_view_kind(view, link->path, SBX_VIEW_NOFOLLOW);
	if (kind == SBX_VIEW_ABSENT) {
		sbx_view_make_folders(view, link_folder);
		sbx_view_put_link(view, link->path, link->unit);
	} else if (kind != SBX_VIEW_LINK) {
		sbx_view_fail(view, "something is in a unit's way");
	}
	sbx_view_make_folders(view, state_folder);
	sbx_view_put_file(view, state, "", SBX_VIEW_FRESH);
}

static void enable(struct helper *h, const char *name)
{
	g_autoptr(GArray) links = g_array_new(FALSE, FALSE, sizeof(struct link));
	g_autoptr(GPtrArray) visited = g_ptr_array_new_with_free_func(g_free);
	g_array_set_clear_func(links, link_clear);
	collect(h, name, visited, links);
	for (guint i = 0; i < links->len; i++)
		make_link(h, name, &g_array_index(links, struct link, i));
}

/* Are all links there that were noted? Of a unit that was never enabled none was. */
static int was_enabled(struct helper *h, const char *name)
{
	g_autofree char *path = g_strdup_printf("%s/%s.dsh-also", h->state, name);
	g_autofree char *text = sbx_view_read(h->n->view, path);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	for (char **line = lines; *line; line++)
		if (**line && sbx_view_kind(h->n->view, *line, SBX_VIEW_NOFOLLOW) != SBX_VIEW_LINK)
			return 1;
	return 0;
}

/* Nothing is masked, nor ever was. */
static void unmask(struct helper *h, const char *name)
{
	static const char *const masked[] = {"/var/lib/systemd/deb-systemd-helper-masked",
					     "/var/lib/systemd/deb-systemd-user-helper-masked"};
	g_autofree char *link = g_strdup_printf("/etc/systemd/%s/%s", h->instance, name);
	gboolean is_plain = TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(masked); i++)
		is_plain = is_plain && sbx_view_kind(h->n->view, masked[i], SBX_VIEW_NOFOLLOW) ==
					       SBX_VIEW_ABSENT;
	if (!is_plain || sbx_view_kind(h->n->view, link, SBX_VIEW_NOFOLLOW) != SBX_VIEW_ABSENT)
		sbx_view_fail(h->n->view, "a unit is masked");
}

/* Newer ones do without /lib, which shows in where links lead. FALSE: it is one not known here. */
static gboolean know_helper(struct helper *h)
{
	g_autofree char *path = sbx_native_program(h->n, "deb-systemd-helper");
	g_autofree char *perl = sbx_native_program(h->n, "perl");
	g_autofree char *text = path && perl ? sbx_view_read(h->n->view, path) : NULL;
	const char *lib = text ? strstr(text, "\"/lib/systemd/$instance/") : NULL;
	const char *usr_lib = text ? strstr(text, "\"/usr/lib/systemd/$instance/") : NULL;
	h->knows_lib = lib != NULL;
	return usr_lib && lib < usr_lib && strstr(text, "deb-systemd-helper-enabled");
}

int sbx_native_systemd_helper(struct sbx_native *n, char **argv)
{
	struct helper h = {n, "system", "/var/lib/systemd/deb-systemd-helper-enabled", FALSE};
	for (argv++; *argv && g_str_has_prefix(*argv, "--"); argv++) {
		if (g_str_equal(*argv, "--user")) {
			h.instance = "user";
			h.state = "/var/lib/systemd/deb-systemd-user-helper-enabled";
		} else if (!g_str_equal(*argv, "--quiet")) {
			sbx_view_fail(n->view, "deb-systemd-helper has another option");
		}
	}
	/* Where systemctl is there, presets decide. */
	g_autofree char *systemctl = sbx_native_program(n, "systemctl");
	if (!know_helper(&h) || systemctl || g_strv_length(argv) != 2 || !is_unit_name(argv[1]))
		sbx_view_fail(n->view, "deb-systemd-helper has presets, or is not known");
	else if (g_str_equal(argv[0], "enable"))
		enable(&h, argv[1]);
	else if (g_str_equal(argv[0], "was-enabled"))
		return was_enabled(&h, argv[1]);
	else if (g_str_equal(argv[0], "unmask"))
		unmask(&h, argv[1]);
	else
		sbx_view_fail(n->view, "deb-systemd-helper has something else to do");
	return 0;
}
