/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/configure.h"

#include <string.h>

#include "builder/build/batch.h"
#include "builder/build/build_report.h"
#include "builder/build/debconf.h"
#include "builder/build/native/native.h"
#include "builder/build/script.h"
#include "builder/build/triggers.h"

#define MAX_ROUNDS 20 /* of triggers: dpkg itself stops at loops too */

struct run {
	struct sbx_configure *c;
	struct sbx_script_runner *runner;
	GArray *steps;	      /* struct sbx_step */
	GPtrArray *activated; /* names of triggers that scripts have set off */
	gboolean has_fonts;   /* font caches are to be made (batch.h) */
};

static void step_clear(gpointer data)
{
	g_free(((struct sbx_step *)data)->arguments);
}

static void add_step(struct run *run, const struct sbx_unit *unit, const char *script,
		     const char *arguments)
{
	if (!sbx_tree_lookup(unit->control, script, NULL))
		return;
	struct sbx_step step = {.unit = unit, .script = script, .arguments = g_strdup(arguments)};
	if (!sbx_content_skips(&run->c->lock->content, unit->lock->name)) {
		g_array_append_val(run->steps, step);
		return;
	}
	sbx_build_report_script(run->c->report, &step, SBX_SCRIPT_SKIPPED, 0, 0, "--skip-script");
	step_clear(&step);
}

static void add_triggers(struct run *run, char **lines)
{
	for (; *lines; lines++) {
		if (g_str_equal(*lines, SBX_BATCH_FONTS))
			run->has_fonts = TRUE;
		else if (**lines)
			g_ptr_array_add(run->activated, g_strndup(*lines, strcspn(*lines, " ")));
	}
}

static gboolean replay(struct run *run, const struct sbx_step *step, struct sbx_trace *trace,
		       GError **error)
{
	struct sbx_configure *c = run->c;
	c->n_replayed++;
	add_triggers(run, trace->triggers);
	if (c->refs)
		g_ptr_array_add(c->refs, g_strdup(trace->ref));
	sbx_build_report_script(c->report, step, SBX_SCRIPT_REPLAYED, (gint64)trace->usec,
				trace->n_bytes, NULL);
	return sbx_workroot_replay(c->root, trace, error);
}

static gboolean runs_all(const struct sbx_configure *c)
{
	return c->options && c->options->run_all;
}

/* *out_done: it was; else it has to be run or replayed. */
static gboolean do_natively(struct run *run, const struct sbx_step *step, gboolean *out_done,
			    GError **error)
{
	struct sbx_configure *c = run->c;
	struct sbx_trace *trace = NULL;
	const char *reason = NULL;
	*out_done = FALSE;
	if (step->command || runs_all(c))
		return TRUE;
	if (!sbx_native_run(c->store, c->root->tree, step, &trace, &reason, c->ctx->cancellable,
			    error))
		return FALSE;
	g_debug("%s %s: %s", step->unit->lock->name, step->script, trace ? "native" : reason);
	if (!trace)
		return TRUE;
	*out_done = TRUE;
	c->n_native++;
	add_triggers(run, trace->triggers);
	sbx_build_report_script(c->report, step, SBX_SCRIPT_NATIVE, (gint64)trace->usec,
				trace->n_bytes, NULL);
	return sbx_workroot_replay(c->root, trace, error);
}

static gboolean run_step(struct run *run, const struct sbx_step *step, GError **error)
{
	struct sbx_configure *c = run->c;
	struct sbx_trace *trace = NULL;
	gboolean done = FALSE;
	if (!do_natively(run, step, &done, error) || done)
		return done;
	g_autofree char *reason = NULL;
	g_autofree char *key = sbx_trace_key(step, sbx_script_runner_how(run->runner));
	if (g_cancellable_set_error_if_cancelled(c->ctx->cancellable, error) ||
	    !sbx_trace_find(c->store, key, c->root->tree, &trace, &reason, error))
		return FALSE;
	if (trace)
		return replay(run, step, trace, error);
	g_auto(GStrv) triggers = NULL;
	if (!sbx_script_run(run->runner, step, key, reason, &triggers, error))
		return FALSE;
	c->n_run++;
	add_triggers(run, triggers);
	return TRUE;
}

static gboolean run_steps(struct run *run, GError **error)
{
	struct sbx_configure *c = run->c;
	for (guint i = 0; i < run->steps->len; i++) {
		const struct sbx_step *step = &g_array_index(run->steps, struct sbx_step, i);
		if (!run_step(run, step, error))
			return FALSE;
		sbx_progress_add(c->ctx->progress, c->phase, 1, step->unit->lock->name);
	}
	return TRUE;
}

/* Who is interested in what scripts have set off. */
static void add_activated(struct run *run, const GArray *interests, GHashTable **pending)
{
	for (guint i = 0; i < run->activated->len; i++) {
		const char *name = run->activated->pdata[i];
		for (guint k = 0; k < interests->len; k++) {
			const struct sbx_interest *interest =
				&g_array_index(interests, struct sbx_interest, k);
			/* A file trigger may be activated with a path below it. */
			gsize n = strlen(interest->trigger);
			gboolean hit = strncmp(name, interest->trigger, n) == 0 &&
				       (name[n] == '\0' ||
					(interest->trigger[0] == '/' && name[n] == '/'));
			if (!hit)
				continue;
			if (!pending[interest->unit])
				pending[interest->unit] = g_hash_table_new(g_str_hash, g_str_equal);
			g_hash_table_add(pending[interest->unit], interest->trigger);
		}
	}
	g_ptr_array_set_size(run->activated, 0);
}

static gint compare_strings(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * The linker's cache last, where dpkg mostly has it too: every program reads it, so after it
 * nothing is replayed that was recorded among other libraries.
 */
static gboolean makes_linker_cache(const struct sbx_unit *unit)
{
	return g_str_equal(unit->lock->name, "libc-bin");
}

/* These are pending no longer. */
static void add_trigger_steps(struct run *run, GHashTable **pending, gboolean linker_cache)
{
	for (guint u = 0; u < run->c->units->len; u++) {
		if (!pending[u] || makes_linker_cache(run->c->units->pdata[u]) != linker_cache)
			continue;
		g_autoptr(GPtrArray) names = g_ptr_array_new();
		GHashTableIter iter;
		gpointer name;
		g_hash_table_iter_init(&iter, pending[u]);
		while (g_hash_table_iter_next(&iter, &name, NULL))
			g_ptr_array_add(names, name);
		g_ptr_array_sort(names, compare_strings);
		g_ptr_array_add(names, NULL);
		g_autofree char *joined = g_strjoinv(" ", (char **)names->pdata);
		g_autofree char *arguments = g_strconcat("triggered\t", joined, NULL);
		add_step(run, run->c->units->pdata[u], "postinst", arguments);
		g_clear_pointer(&pending[u], g_hash_table_unref);
	}
}

static void add_batch_step(struct run *run)
{
	struct sbx_step step;
	if (run->has_fonts && sbx_batch_step(run->c->units, &step))
		g_array_append_val(run->steps, step);
	run->has_fonts = FALSE;
}

/*
 * What comes next: triggers, then what they or scripts left to be done once, then the linker's
 * cache. libc-bin makes that of the base packages when it is configured; its triggers are of
 * interest when all libraries are there.
 */
static void add_next_steps(struct run *run, GHashTable **pending)
{
	g_array_set_size(run->steps, 0);
	add_trigger_steps(run, pending, FALSE);
	if (run->steps->len == 0)
		add_batch_step(run);
	if (run->steps->len == 0 && !run->c->is_base)
		add_trigger_steps(run, pending, TRUE);
}

static gboolean run_triggers(struct run *run, GError **error)
{
	GArray *interests = sbx_triggers_interests(run->c->units);
	guint n = run->c->units->len;
	GHashTable **pending = sbx_triggers_pending(run->c->units, interests, run->c->first);
	gboolean fine = TRUE;
	for (guint round = 0; fine; round++) {
		add_activated(run, interests, pending);
		add_next_steps(run, pending);
		if (run->steps->len == 0)
			break;
		const char *last = g_array_index(run->steps, struct sbx_step, 0).unit->lock->name;
		if (round == MAX_ROUNDS)
			fine = sbx_set_error(
				error, SBX_E_SCRIPT,
				"%s: its triggers and others' set off one another without end; "
				"nothing was committed. Go on with --skip-script %s",
				last, last);
		fine = fine && run_steps(run, error);
	}
	sbx_triggers_pending_free(pending, n);
	sbx_triggers_interests_free(interests);
	return fine;
}

/* Does a field of relations name the unit, or what it provides? Versions were the solver's. */
static gboolean names_unit(const char *field, const struct sbx_unit *unit)
{
	g_auto(GStrv) words = g_strsplit_set(field, " ,|:()\n\t", -1);
	g_auto(GStrv) provided = g_strsplit_set(unit->provides, " ,()\n\t", -1);
	for (char **word = words; *word; word++)
		if (**word && (g_str_equal(*word, unit->lock->name) ||
			       g_strv_contains((const char *const *)provided, *word)))
			return TRUE;
	return FALSE;
}

/* Behind the last unit that `unit`, number i, needs configured before it is unpacked. */
static guint end_of_pre_depends(const struct sbx_configure *c, guint i, guint begin)
{
	const struct sbx_unit *unit = c->units->pdata[i];
	if (!*unit->pre_depends || !sbx_tree_lookup(unit->control, "preinst", NULL))
		return begin;
	for (guint k = i; k-- > begin;)
		if (names_unit(unit->pre_depends, c->units->pdata[k]))
			return k + 1;
	return begin;
}

/*
 * Everything is unpacked at once, but what a preinst may rely on is that its package's Pre-Depends
 * are configured (policy 7.2): then these postinsts, and those that come before them, come first.
 */
static void add_install_steps(struct run *run)
{
	const struct sbx_configure *c = run->c;
	guint n_configured = c->first;
	for (guint i = c->first; i < c->units->len; i++) {
		guint end = c->only_preinst ? n_configured : end_of_pre_depends(c, i, n_configured);
		for (; n_configured < end; n_configured++)
			add_step(run, c->units->pdata[n_configured], "postinst", "configure");
		add_step(run, c->units->pdata[i], "preinst", "install");
	}
	for (; n_configured < c->units->len && !c->only_preinst; n_configured++)
		add_step(run, c->units->pdata[n_configured], "postinst", "configure");
}

/* What is done once, when all scripts have run. */
static gboolean finish(struct run *run, GError **error)
{
	const struct sbx_configure *c = run->c;
	return sbx_debconf_end(c->root, c->is_base ? SBX_DEBCONF_KEEP : SBX_DEBCONF_REMOVE, error);
}

gboolean sbx_configure_run(struct sbx_configure *c, GError **error)
{
	SBX_AUTO(sbx_script_runner) runner = sbx_script_runner_new(c);
	g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(struct sbx_step));
	g_autoptr(GPtrArray) activated = g_ptr_array_new_with_free_func(g_free);
	struct run run = {.c = c, .runner = runner, .steps = steps, .activated = activated};
	g_array_set_clear_func(steps, step_clear);
	if (!runs_all(c) && !sbx_debconf_begin(c->root, error))
		return FALSE;
	add_install_steps(&run);
	sbx_progress_set_total(c->ctx->progress, c->phase, steps->len);
	if (!run_steps(&run, error))
		return FALSE;
	return c->only_preinst || (run_triggers(&run, error) && finish(&run, error));
}
