/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/triggers.h"

#include <string.h>

static void interest_clear(gpointer data)
{
	g_free(((struct sbx_interest *)data)->trigger);
}

/* Call for each "<directive> <trigger>" of a triggers file. */
typedef void (*directive_func)(const char *directive, const char *trigger, gpointer data);

static void each_directive(const char *text, directive_func func, gpointer data)
{
	if (!text)
		return;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		char *line = g_strstrip(lines[i]);
		gsize n = strcspn(line, " \t");
		if (*line == '#' || !line[n])
			continue;
		line[n] = '\0';
		func(line, g_strstrip(line + n + 1), data);
	}
}

struct collect {
	GArray *interests;
	guint unit;
};

static void collect_interest(const char *directive, const char *trigger, gpointer data)
{
	struct collect *c = data;
	if (!g_str_has_prefix(directive, "interest"))
		return;
	struct sbx_interest interest = {g_strdup(trigger), c->unit,
					g_str_equal(directive, "interest-noawait")};
	g_array_append_val(c->interests, interest);
}

GArray *sbx_triggers_interests(const GPtrArray *units)
{
	struct collect c = {g_array_new(FALSE, FALSE, sizeof(struct sbx_interest)), 0};
	g_array_set_clear_func(c.interests, interest_clear);
	for (c.unit = 0; c.unit < units->len; c.unit++)
		each_directive(((struct sbx_unit *)units->pdata[c.unit])->triggers,
			       collect_interest, &c);
	return c.interests;
}

void sbx_triggers_interests_free(GArray *interests)
{
	if (interests)
		g_array_unref(interests);
}

static void set_pending(GHashTable **pending, const struct sbx_interest *interest)
{
	if (!pending[interest->unit])
		pending[interest->unit] = g_hash_table_new(g_str_hash, g_str_equal);
	g_hash_table_add(pending[interest->unit], interest->trigger);
}

struct activate {
	const GArray *interests;
	GHashTable **pending;
};

static void activate_named(const char *directive, const char *trigger, gpointer data)
{
	struct activate *a = data;
	if (!g_str_has_prefix(directive, "activate"))
		return;
	for (guint i = 0; i < a->interests->len; i++) {
		const struct sbx_interest *interest =
			&g_array_index(a->interests, struct sbx_interest, i);
		if (g_str_equal(interest->trigger, trigger))
			set_pending(a->pending, interest);
	}
}

/* Does a .list hold a path at or below the trigger's? */
static gboolean ships_below(const char *list, const char *path)
{
	gsize n = strlen(path);
	for (const char *at = list; (at = strstr(at, path)) != NULL; at += n)
		if ((at == list || at[-1] == '\n') && (at[n] == '/' || at[n] == '\n'))
			return TRUE;
	return FALSE;
}

GHashTable **sbx_triggers_pending(const GPtrArray *units, const GArray *interests, guint first)
{
	GHashTable **pending = g_new0(GHashTable *, units->len + 1);
	for (guint u = first; u < units->len; u++) {
		const struct sbx_unit *unit = units->pdata[u];
		for (guint i = 0; i < interests->len; i++) {
			const struct sbx_interest *interest =
				&g_array_index(interests, struct sbx_interest, i);
			if (interest->trigger[0] == '/' &&
			    ships_below(unit->list, interest->trigger))
				set_pending(pending, interest);
		}
		struct activate a = {interests, pending};
		each_directive(unit->triggers, activate_named, &a);
	}
	return pending;
}

void sbx_triggers_pending_free(GHashTable **pending, guint n)
{
	for (guint i = 0; pending && i < n; i++)
		g_clear_pointer(&pending[i], g_hash_table_unref);
	g_free(pending);
}
