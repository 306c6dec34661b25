/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/configure.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "builder/build/embedded.h"
#include "builder/build/sandbox.h"
#include "builder/build/triggers.h"

#define SILENCE_SECONDS 300
#define MAX_ROUNDS	20 /* of triggers: dpkg itself stops at loops too */
#define SHOWN_LOG_BYTES 400

/*
 * Commands that do the same for every package: what they would do is done once, natively, for all
 * packages (builder/build/compile.c). Scripts find something that succeeds.
 */
static const char *const stand_ins[] = {"usr/bin/py3compile", "usr/bin/py3clean", NULL};

static const char *const mount_points[] = {"usr/sbin/policy-rc.d", NULL};

const char *const *sbx_configure_mount_points(void)
{
	return mount_points;
}

struct step {
	const struct sbx_unit *unit;
	const char *script; /* "postinst" */
	char *arguments;    /* "triggered\tname name" */
};

struct run {
	struct sbx_configure *c;
	struct sbx_context *ctx;
	const char *phase;
	GArray *steps; /* struct step */
	GPtrArray *binds;
	guint running; /* index of the step that began last */
	gboolean finished;
	int failed_status; /* of `running`, 0: fine */
};

static void step_clear(gpointer data)
{
	g_free(((struct step *)data)->arguments);
}

static void add_step(struct run *run, const struct sbx_unit *unit, const char *script,
		     const char *arguments)
{
	if (!sbx_tree_lookup(unit->control, script, NULL))
		return;
	struct step step = {unit, script, g_strdup(arguments)};
	g_array_append_val(run->steps, step);
}

static gboolean exists_in_root(struct run *run, const char *path)
{
	SBX_CLEANUP_FD int root = open(run->c->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	SBX_CLEANUP_FD int fd = sbx_open_in_root(root, path, O_PATH, 0, NULL);
	return fd >= 0;
}

static void add_bind(struct run *run, const char *source, const char *path)
{
	g_ptr_array_add(run->binds, g_strdup_printf("%s/%s:/%s", run->c->work, source, path));
}

/* The folder bound at /run/sbx: the driver, its logs, and what is mounted over the tree's files. */
static gboolean prepare_work(struct run *run, GError **error)
{
	static const char succeed[] = "#!/bin/sh\nexit 0\n";
	static const char refuse[] = "#!/bin/sh\nexit 101\n"; /* invoke-rc.d(8): do nothing */
	g_autofree char *log = g_build_filename(run->c->work, "log", NULL);
	g_mkdir(log, 0755);
	if (!sbx_sandbox_write_file(run->c->work, "driver", sbx_configure_sh, sbx_configure_sh_size,
				    0755, error) ||
	    !sbx_sandbox_write_file(run->c->work, "succeed", succeed, strlen(succeed), 0755,
				    error) ||
	    !sbx_sandbox_write_file(run->c->work, "policy-rc.d", refuse, strlen(refuse), 0755,
				    error) ||
	    !sbx_sandbox_write_file(run->c->work, "empty.py", "", 0, 0644, error))
		return FALSE;
	run->binds = g_ptr_array_new_with_free_func(g_free);
	add_bind(run, "policy-rc.d", mount_points[0]);
	for (guint i = 0; stand_ins[i]; i++)
		if (exists_in_root(run, stand_ins[i]))
			add_bind(run, "succeed", stand_ins[i]);
	/* The interpreter's own packages compile their modules with this one. */
	g_autofree char *lib = g_build_filename(run->c->root, "usr/lib", NULL);
	g_autoptr(GDir) dir = g_dir_open(lib, 0, NULL);
	for (const char *name; dir && (name = g_dir_read_name(dir));) {
		g_autofree char *module = g_strdup_printf("usr/lib/%s/py_compile.py", name);
		if (g_str_has_prefix(name, "python3.") && exists_in_root(run, module))
			add_bind(run, "empty.py", module);
	}
	g_ptr_array_add(run->binds, NULL);
	return TRUE;
}

static gboolean write_steps(struct run *run, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	for (guint i = 0; i < run->steps->len; i++) {
		const struct step *step = &g_array_index(run->steps, struct step, i);
		g_string_append_printf(text, "%u\t%s\t%s\t%s\t/var/lib/dpkg/info/%s.%s\t%s\n", i,
				       step->unit->lock->name, step->unit->lock->architecture,
				       step->script, step->unit->info_name, step->script,
				       step->arguments);
	}
	return sbx_sandbox_write_file(run->c->work, "steps", text->str, text->len, 0644, error);
}

static void on_line(const char *line, gpointer data)
{
	struct run *run = data;
	guint number;
	int status;
	if (sscanf(line, "begin %u", &number) == 1 && number < run->steps->len) {
		run->running = number;
	} else if (sscanf(line, "end %u %d", &number, &status) == 2) {
		const struct step *step = &g_array_index(run->steps, struct step, run->running);
		run->failed_status = status;
		run->c->n_scripts_run++;
		sbx_progress_add(run->ctx->progress, run->phase, 1, step->unit->lock->name);
	} else if (g_str_equal(line, "finished")) {
		run->finished = TRUE;
	}
}

/* The end of the failed script's output, on one line. */
static char *log_tail(struct run *run)
{
	g_autofree char *path = g_strdup_printf("%s/log/%u", run->c->work, run->running);
	g_autofree char *text = NULL;
	gsize n = 0;
	if (!g_file_get_contents(path, &text, &n, NULL) || n == 0)
		return g_strdup("it printed nothing");
	g_strchomp(text);
	n = strlen(text);
	char *tail = g_utf8_make_valid(n > SHOWN_LOG_BYTES ? text + n - SHOWN_LOG_BYTES : text, -1);
	g_strdelimit(tail, "\n\r\t", ' ');
	return tail;
}

static gboolean fail_script(struct run *run, const char *how, GError **error)
{
	const struct step *step = &g_array_index(run->steps, struct step, run->running);
	g_autofree char *tail = log_tail(run);
	return sbx_set_error(error, SBX_E_SCRIPT,
			     "%s %s: its %s (%.40s) %s; nothing was committed. Its output ends: %s",
			     step->unit->lock->name, step->unit->lock->version, step->script,
			     step->arguments, how, tail);
}

static gboolean run_steps(struct run *run, GError **error)
{
	if (run->steps->len == 0)
		return TRUE;
	if (!write_steps(run, error))
		return FALSE;
	const char *argv[] = {"/bin/sh", "/run/sbx/driver", NULL};
	struct sbx_sandbox sandbox = {
		.provisioner = run->c->provisioner,
		.root = run->c->root,
		.layer = run->c->layer,
		.work = run->c->work,
		.ro_binds = (const char *const *)run->binds->pdata,
		.argv = argv,
		.silence_seconds = SILENCE_SECONDS,
		.line = on_line,
		.data = run,
	};
	int status = 0;
	gboolean silent = FALSE;
	g_autofree char *errors = NULL;
	run->finished = FALSE;
	if (!sbx_sandbox_run(&sandbox, &status, &silent, &errors, run->ctx->cancellable, error))
		return FALSE;
	if (silent)
		return fail_script(run, "said nothing for five minutes and was ended", error);
	if (run->failed_status) {
		g_autofree char *how = g_strdup_printf("failed with status %d", run->failed_status);
		return fail_script(run, how, error);
	}
	if (!run->finished || status)
		return sbx_set_error(error, SBX_E_SANDBOX,
				     "running maintainer scripts: sbx-provision ended with %d: %s",
				     status, *errors ? errors : "no message");
	return TRUE;
}

/* Triggers that scripts set off with dpkg-trigger: "trigger package..." lines. */
static void add_unincorporated(struct run *run, const GArray *interests, GHashTable **pending)
{
	g_autofree char *path =
		g_build_filename(run->c->layer, "upper/var/lib/dpkg/triggers/Unincorp", NULL);
	g_autofree char *text = NULL;
	if (!g_file_get_contents(path, &text, NULL, NULL))
		return;
	truncate(path, 0);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		lines[i][strcspn(lines[i], " ")] = '\0';
		for (guint k = 0; *lines[i] && k < interests->len; k++) {
			const struct sbx_interest *interest =
				&g_array_index(interests, struct sbx_interest, k);
			/* A file trigger may be activated with a path below it. */
			gsize n = strlen(interest->trigger);
			gboolean hit = strncmp(lines[i], interest->trigger, n) == 0 &&
				       (lines[i][n] == '\0' ||
					(interest->trigger[0] == '/' && lines[i][n] == '/'));
			if (!hit)
				continue;
			if (!pending[interest->unit])
				pending[interest->unit] = g_hash_table_new(g_str_hash, g_str_equal);
			g_hash_table_add(pending[interest->unit], interest->trigger);
		}
	}
}

static gint compare_strings(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_trigger_steps(struct run *run, GHashTable **pending)
{
	for (guint u = 0; u < run->c->units->len; u++) {
		if (!pending[u])
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
	}
}

static gboolean run_triggers(struct run *run, GError **error)
{
	GArray *interests = sbx_triggers_interests(run->c->units);
	guint n = run->c->units->len;
	GHashTable **pending = sbx_triggers_pending(run->c->units, interests, run->c->first);
	gboolean fine = TRUE;
	for (guint round = 0; fine; round++) {
		add_unincorporated(run, interests, pending);
		g_array_set_size(run->steps, 0);
		add_trigger_steps(run, pending);
		sbx_triggers_pending_free(pending, n);
		pending = g_new0(GHashTable *, n + 1);
		if (run->steps->len == 0)
			break;
		if (round == MAX_ROUNDS)
			fine = sbx_set_error(
				error, SBX_E_SCRIPT,
				"triggers set off one another without end, %s the last",
				g_array_index(run->steps, struct step, 0).unit->lock->name);
		fine = fine && run_steps(run, error);
	}
	sbx_triggers_pending_free(pending, n);
	sbx_triggers_interests_free(interests);
	return fine;
}

gboolean sbx_configure_run(struct sbx_configure *c, struct sbx_context *ctx, const char *phase,
			   GError **error)
{
	struct run run = {.c = c, .ctx = ctx, .phase = phase};
	g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(struct step));
	g_array_set_clear_func(steps, step_clear);
	run.steps = steps;
	if (!prepare_work(&run, error)) {
		g_clear_pointer(&run.binds, g_ptr_array_unref);
		return FALSE;
	}
	g_autoptr(GPtrArray) binds = run.binds;
	for (guint i = c->first; i < c->units->len; i++)
		add_step(&run, c->units->pdata[i], "preinst", "install");
	for (guint i = c->first; i < c->units->len && !c->only_preinst; i++)
		add_step(&run, c->units->pdata[i], "postinst", "configure");
	sbx_progress_set_total(ctx->progress, phase, steps->len);
	return run_steps(&run, error) && (c->only_preinst || run_triggers(&run, error));
}
