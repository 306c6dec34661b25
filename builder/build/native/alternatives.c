/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "builder/build/native/commands.h"

/*
 * update-alternatives --install (update-alternatives(1)): a group of alternatives is a name, a
 * generic link to /etc/alternatives/NAME, further ("slave") links that go with it, and choices.
 * The choice with the highest priority is what the links lead to. The group's file, below
 * /var/lib/dpkg/alternatives: "auto", the link, pairs of lines for the slaves, an empty line; then
 * for each choice its file, priority and a line for each slave; an empty line. All sorted.
 */
#define LINKS  "/etc/alternatives"
#define GROUPS "/var/lib/dpkg/alternatives"

struct slave {
	char *name, *link;
};

struct choice {
	char *file;
	int priority;
	char **slaves; /* a file for each of the group's, "" for none */
};

struct group {
	const char *name;
	char *link;
	GPtrArray *slaves;  /* struct slave * */
	GPtrArray *choices; /* struct choice * */
};

static void slave_free(gpointer data)
{
	struct slave *slave = data;
	g_free(slave->name);
	g_free(slave->link);
	g_free(slave);
}

static void choice_free(gpointer data)
{
	struct choice *choice = data;
	g_free(choice->file);
	g_strfreev(choice->slaves);
	g_free(choice);
}

static void group_release(struct group *group)
{
	g_free(group->link);
	g_clear_pointer(&group->slaves, g_ptr_array_unref);
	g_clear_pointer(&group->choices, g_ptr_array_unref);
}
#define AUTO_GROUP __attribute__((cleanup(group_release))) struct group

static void group_init(struct group *group, const char *name)
{
	*group = (struct group){.name = name,
				.slaves = g_ptr_array_new_with_free_func(slave_free),
				.choices = g_ptr_array_new_with_free_func(choice_free)};
}

static void add_slave(struct group *group, const char *name, const char *link)
{
	struct slave *slave = g_new0(struct slave, 1);
	slave->name = g_strdup(name);
	slave->link = g_strdup(link);
	g_ptr_array_add(group->slaves, slave);
}

static gboolean parse_priority(const char *text, int *out)
{
	char *end;
	long value = strtol(text, &end, 10);
	if (end == text || *end || value < -100000000 || value > 100000000 ||
	    g_ascii_isspace(*text))
		return FALSE;
	*out = (int)value;
	return TRUE;
}

/* A group's file that is in order, and whose choice is automatic. */
static gboolean parse(struct group *group, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	guint n = g_strv_length(lines), i = 2;
	if (n < 5 || !g_str_equal(lines[0], "auto") || *lines[n - 1])
		return FALSE;
	group->link = g_strdup(lines[1]);
	for (; i + 1 < n && *lines[i]; i += 2)
		add_slave(group, lines[i], lines[i + 1]);
	for (i++; i < n && *lines[i]; i += 2 + group->slaves->len) {
		if (i + 2 + group->slaves->len >= n)
			return FALSE;
		struct choice *choice = g_new0(struct choice, 1);
		choice->file = g_strdup(lines[i]);
		choice->slaves = g_new0(char *, group->slaves->len + 1);
		for (guint k = 0; k < group->slaves->len; k++)
			choice->slaves[k] = g_strdup(lines[i + 2 + k]);
		g_ptr_array_add(group->choices, choice);
		if (!parse_priority(lines[i + 1], &choice->priority))
			return FALSE;
	}
	return i + 2 == n && group->choices->len > 0;
}

static gboolean is_name(const char *text)
{
	return *text && !strpbrk(text, "/ \t\n");
}

static gboolean is_path(const char *text)
{
	return *text == '/' && !strpbrk(text, " \t\n") && !g_str_has_suffix(text, "/");
}

/* --install LINK NAME FILE PRIORITY [--slave LINK NAME FILE]...: a group of one choice. */
static gboolean parse_arguments(struct group *group, char **argv)
{
	guint n = g_strv_length(argv);
	gsize i = argv[1] && g_str_equal(argv[1], "--quiet") ? 2 : 1;
	if (i + 5 > n || !g_str_equal(argv[i], "--install") || (n - i - 5) % 4)
		return FALSE;
	char **a = argv + i + 1;
	guint n_slaves = (n - (guint)i - 5) / 4;
	struct choice *choice = g_new0(struct choice, 1);
	group_init(group, a[1]);
	g_ptr_array_add(group->choices, choice);
	group->link = g_strdup(a[0]);
	choice->file = g_strdup(a[2]);
	choice->slaves = g_new0(char *, n_slaves + 1);
	gboolean fine = is_path(a[0]) && is_name(a[1]) && is_path(a[2]) &&
			parse_priority(a[3], &choice->priority);
	a += 4;
	for (guint k = 0; k < n_slaves; k++, a += 4) {
		fine = fine && g_str_equal(a[0], "--slave") && is_path(a[1]) && is_name(a[2]) &&
		       is_path(a[3]) && !g_str_equal(a[2], group->name);
		add_slave(group, a[2], a[1]);
		choice->slaves[k] = g_strdup(a[3]);
	}
	return fine;
}

static gint find_slave(const struct group *group, const char *name)
{
	for (guint i = 0; i < group->slaves->len; i++)
		if (g_str_equal(((struct slave *)group->slaves->pdata[i])->name, name))
			return (gint)i;
	return -1;
}

static gboolean has_link(const struct group *group, const char *link)
{
	for (guint i = 0; i < group->slaves->len; i++)
		if (g_str_equal(((struct slave *)group->slaves->pdata[i])->link, link))
			return TRUE;
	return g_str_equal(group->link, link);
}

/* No link and no name of the group's is another one's: that would be refused. */
static gboolean is_alone(struct sbx_native *n, const struct group *group)
{
	g_autoptr(GPtrArray) names = sbx_view_names(n->view, GROUPS);
	for (guint i = 0; i < names->len; i++) {
		AUTO_GROUP other = {0};
		const char *name = names->pdata[i];
		g_autofree char *path = g_strconcat(GROUPS "/", name, NULL);
		if (g_str_equal(name, group->name))
			continue;
		g_autofree char *text = sbx_view_read(n->view, path);
		group_init(&other, name);
		if (!text || !parse(&other, text) || has_link(&other, group->link) ||
		    find_slave(&other, group->name) >= 0 || find_slave(group, name) >= 0)
			return FALSE;
		for (guint k = 0; k < group->slaves->len; k++) {
			const struct slave *slave = group->slaves->pdata[k];
			if (has_link(&other, slave->link) || find_slave(&other, slave->name) >= 0)
				return FALSE;
		}
	}
	return TRUE;
}

/* The same slave twice, or a link twice. */
static gboolean has_doubles(const struct group *group)
{
	for (guint i = 0; i < group->slaves->len; i++) {
		const struct slave *a = group->slaves->pdata[i];
		if (g_str_equal(a->link, group->link))
			return TRUE;
		for (guint k = 0; k < i; k++) {
			const struct slave *b = group->slaves->pdata[k];
			if (g_str_equal(a->name, b->name) || g_str_equal(a->link, b->link))
				return TRUE;
		}
	}
	return FALSE;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp((*(struct slave *const *)a)->name, (*(struct slave *const *)b)->name);
}

static gint by_file(gconstpointer a, gconstpointer b)
{
	return strcmp((*(struct choice *const *)a)->file, (*(struct choice *const *)b)->file);
}

/* A choice's files in the order of the group's slaves. */
static char **in_order(const struct group *from, const struct choice *choice,
		       const struct group *group)
{
	char **files = g_new0(char *, group->slaves->len + 1);
	for (guint i = 0; i < group->slaves->len; i++) {
		gint k = find_slave(from, ((struct slave *)group->slaves->pdata[i])->name);
		files[i] = g_strdup(k < 0 ? "" : choice->slaves[k]);
	}
	return files;
}

static void add_choice(struct group *group, const struct group *from, const struct choice *choice)
{
	struct choice *copy = g_new0(struct choice, 1);
	copy->file = g_strdup(choice->file);
	copy->priority = choice->priority;
	copy->slaves = in_order(from, choice, group);
	g_ptr_array_add(group->choices, copy);
}

/* What there was, and what comes, as a new group; FALSE when one contradicts the other. */
static gboolean merge(const struct group *old, const struct group *coming, struct group *out)
{
	const struct choice *new = coming->choices->pdata[0];
	const struct group *both[] = {old, coming};
	group_init(out, coming->name);
	out->link = g_strdup(coming->link);
	for (guint i = 0; i < 2; i++) {
		if (!g_str_equal(both[i]->link, out->link))
			return FALSE;
		for (guint k = 0; k < both[i]->slaves->len; k++) {
			const struct slave *slave = both[i]->slaves->pdata[k];
			gint at = find_slave(out, slave->name);
			if (at < 0)
				add_slave(out, slave->name, slave->link);
			else if (!g_str_equal(((struct slave *)out->slaves->pdata[at])->link,
					      slave->link))
				return FALSE;
		}
	}
	g_ptr_array_sort(out->slaves, by_name);
	for (guint i = 0; i < old->choices->len; i++) {
		const struct choice *choice = old->choices->pdata[i];
		if (g_str_equal(choice->file, new->file))
			return FALSE; /* it is replaced, and what was its own goes */
		add_choice(out, old, choice);
	}
	add_choice(out, coming, new);
	g_ptr_array_sort(out->choices, by_file);
	return !has_doubles(out);
}

/* The one with the highest priority; NULL when there are several of it. */
static const struct choice *best_of(const struct group *group)
{
	const struct choice *best = group->choices->pdata[0];
	guint n = 0;
	for (guint i = 1; i < group->choices->len; i++) {
		const struct choice *choice = group->choices->pdata[i];
		best = choice->priority > best->priority ? choice : best;
	}
	for (guint i = 0; i < group->choices->len; i++)
		n += ((struct choice *)group->choices->pdata[i])->priority == best->priority;
	return n == 1 ? best : NULL;
}

static gboolean leads_to(struct sbx_native *n, const char *path, const char *target)
{
	g_autofree char *is = sbx_view_target(n->view, path);
	return g_strcmp0(is, target) == 0;
}

/* LINK -> /etc/alternatives/NAME -> file; no file: neither of them. */
static gboolean point(struct sbx_native *n, const char *link, const char *name, const char *file)
{
	g_autofree char *between = g_strconcat(LINKS "/", name, NULL);
	enum sbx_view_kind kind = sbx_view_kind(n->view, link, SBX_VIEW_NOFOLLOW);
	enum sbx_view_kind kind_between = sbx_view_kind(n->view, between, SBX_VIEW_NOFOLLOW);
	gboolean is_link = kind == SBX_VIEW_LINK || kind == SBX_VIEW_ABSENT;
	if (!is_link || (kind_between != SBX_VIEW_LINK && kind_between != SBX_VIEW_ABSENT))
		return FALSE;
	if (file) {
		sbx_view_put_link(n->view, between, file);
		if (!leads_to(n, link, between))
			sbx_view_put_link(n->view, link, between);
		return TRUE;
	}
	if (kind == SBX_VIEW_LINK && !leads_to(n, link, between))
		return FALSE;
	sbx_view_remove(n->view, link);
	sbx_view_remove(n->view, between);
	return TRUE;
}

static gboolean exists(struct sbx_native *n, const char *path)
{
	return sbx_view_kind(n->view, path, SBX_VIEW_FOLLOW) != SBX_VIEW_ABSENT;
}

/* All links lead to the choice. A slave whose file is missing (left out, perhaps) has none. */
static gboolean choose(struct sbx_native *n, const struct group *group, const struct choice *choice)
{
	gboolean fine = point(n, group->link, group->name, choice->file);
	for (guint i = 0; fine && i < group->slaves->len; i++) {
		const struct slave *slave = group->slaves->pdata[i];
		const char *file = choice->slaves[i];
		fine = point(n, slave->link, slave->name, *file && exists(n, file) ? file : NULL);
	}
	return fine;
}

static void save(struct sbx_native *n, const struct group *group)
{
	g_autofree char *path = g_strconcat(GROUPS "/", group->name, NULL);
	g_autoptr(GString) text = g_string_new("auto\n");
	g_string_append_printf(text, "%s\n", group->link);
	for (guint i = 0; i < group->slaves->len; i++) {
		const struct slave *slave = group->slaves->pdata[i];
		g_string_append_printf(text, "%s\n%s\n", slave->name, slave->link);
	}
	g_string_append_c(text, '\n');
	for (guint i = 0; i < group->choices->len; i++) {
		const struct choice *choice = group->choices->pdata[i];
		g_string_append_printf(text, "%s\n%d\n", choice->file, choice->priority);
		for (char **file = choice->slaves; *file; file++)
			g_string_append_printf(text, "%s\n", *file);
	}
	g_string_append_c(text, '\n');
	sbx_view_put_file(n->view, path, text->str, SBX_VIEW_FRESH);
}

/* The group as it is, if it is in order: its choices are there, and its link leads to the best. */
static gboolean load(struct sbx_native *n, struct group *old, const struct group *coming)
{
	g_autofree char *path = g_strconcat(GROUPS "/", coming->name, NULL);
	g_autofree char *between = g_strconcat(LINKS "/", coming->name, NULL);
	g_autofree char *text = sbx_view_read(n->view, path);
	group_init(old, coming->name);
	if (!text) {
		old->link = g_strdup(coming->link);
		return sbx_view_kind(n->view, path, SBX_VIEW_NOFOLLOW) == SBX_VIEW_ABSENT &&
		       sbx_view_kind(n->view, between, SBX_VIEW_NOFOLLOW) == SBX_VIEW_ABSENT;
	}
	const struct choice *best = parse(old, text) ? best_of(old) : NULL;
	gboolean fine = best && leads_to(n, between, best->file);
	for (guint i = 0; fine && i < old->choices->len; i++)
		fine = exists(n, ((struct choice *)old->choices->pdata[i])->file);
	return fine;
}

int sbx_native_alternatives(struct sbx_native *n, char **argv)
{
	AUTO_GROUP coming = {0}, old = {0}, merged = {0};
	g_autofree char *program = sbx_native_program(n, argv[0]);
	const struct choice *best = NULL;
	if (program && parse_arguments(&coming, argv) &&
	    exists(n, ((struct choice *)coming.choices->pdata[0])->file) && is_alone(n, &coming) &&
	    load(n, &old, &coming) && merge(&old, &coming, &merged))
		best = best_of(&merged);
	/* Of the choice that stays only what is new is missing: no slave, or it would be repaired.
	 */
	if (!best || !choose(n, &merged, best))
		sbx_view_fail(n->view, "its alternatives are not plain");
	else
		save(n, &merged);
	return 0;
}
