/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/script.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "builder/build/embedded.h"
#include "builder/build/sandbox.h"
#include "builder/build/stand_ins.h"

#define SHOWN_LOG_BYTES 400
#define FULL_DISK_BYTES (256 * 1024)

static const char *const mount_points[] = {SBX_STAND_INS_POLICY, NULL};

struct sbx_script_runner {
	struct sbx_configure *c;
	char *how;
	GPtrArray *binds; /* once there is a work folder */
	guint n_run;
	/* of the script that runs */
	gboolean has_ended;
	int status;
};

static enum sbx_stand_ins which_stand_ins(const struct sbx_configure *c)
{
	return c->options && c->options->run_all ? SBX_STAND_INS_NEEDED : SBX_STAND_INS_ALL;
}

struct sbx_script_runner *sbx_script_runner_new(struct sbx_configure *c)
{
	struct sbx_script_runner *r = g_new0(struct sbx_script_runner, 1);
	r->c = c;
	g_autofree char *text = g_strconcat(sbx_configure_sh, sbx_dpkg_query_sh, sbx_debconf_conf,
					    sbx_fc_cache_sh, NULL);
	g_autofree char *driver = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
	r->how = g_strdup_printf("driver %.16s, %s, %s", driver,
				 c->store->rootless ? "rootless" : "as root",
				 sbx_stand_ins_describe(which_stand_ins(c)));
	return r;
}

void sbx_script_runner_free(struct sbx_script_runner *r)
{
	if (!r)
		return;
	g_clear_pointer(&r->binds, g_ptr_array_unref);
	g_free(r->how);
	g_free(r);
}

const char *sbx_script_runner_how(const struct sbx_script_runner *r)
{
	return r->how;
}

/* The folder bound at /run/sbx: observer, driver, logs, and what is mounted over the tree's files.
 */
static gboolean prepare(struct sbx_script_runner *r, GError **error)
{
	const char *work = r->c->work;
	if (r->binds)
		return TRUE;
	g_autofree char *bin = g_build_filename(work, "bin", NULL); /* first in the driver's PATH */
	g_mkdir(bin, 0755);
	if (!sbx_sandbox_write_file(work, "observe", sbx_observe_program,
				    (gsize)(sbx_observe_program_end - sbx_observe_program), 0755,
				    error) ||
	    !sbx_sandbox_write_file(work, "driver", sbx_configure_sh, sbx_configure_sh_size, 0755,
				    error) ||
	    !sbx_sandbox_write_file(bin, "dpkg-query", sbx_dpkg_query_sh, sbx_dpkg_query_sh_size,
				    0755, error))
		return FALSE;
	g_autoptr(GPtrArray) binds = sbx_stand_ins_make(r->c->store, r->c->root->tree, work,
							which_stand_ins(r->c), error);
	r->binds = g_steal_pointer(&binds);
	return r->binds != NULL;
}

/* The control files that a preinst finds beside it; the list of files is dpkg's own. */
static char *control_members(const struct sbx_unit *unit, GError **error)
{
	g_autoptr(GPtrArray) names = sbx_tree_names(unit->control, error);
	g_autoptr(GString) text = g_string_new(NULL);
	for (guint i = 0; names && i < names->len; i++) {
		const char *name = names->pdata[i];
		if (!g_str_equal(name, "list") && !strpbrk(name, " \t\n*?["))
			g_string_append_printf(text, "%s%s", text->len ? " " : "", name);
	}
	return names ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

/* One line for configure.sh, which tells its fields. */
static gboolean write_step(struct sbx_script_runner *r, const struct sbx_step *step, GError **error)
{
	g_autofree char *members = control_members(step->unit, error);
	if (!members)
		return FALSE;
	g_autofree char *path = step->command
					? g_strdup("/run/sbx/batch")
					: g_strdup_printf("/var/lib/dpkg/info/%s.%s",
							  step->unit->info_name, step->script);
	g_autofree char *text = g_strdup_printf("%s\t%s\t%s\t%s\t%s\t%s\n", step->unit->lock->name,
						step->unit->lock->architecture, step->script, path,
						members, step->arguments);
	return (!step->command || sbx_sandbox_write_file(r->c->work, "batch", step->command,
							 strlen(step->command), 0755, error)) &&
	       sbx_sandbox_write_file(r->c->work, "step", text, strlen(text), 0644, error);
}

static void on_line(const char *line, gpointer data)
{
	struct sbx_script_runner *r = data;
	if (sscanf(line, "end %d", &r->status) == 1)
		r->has_ended = TRUE;
}

/* The end of the script's output, on one line. */
static char *last_words(const struct sbx_script_runner *r)
{
	g_autofree char *path = g_build_filename(r->c->work, "log", NULL);
	g_autofree char *text = NULL;
	gsize n = 0;
	if (!g_file_get_contents(path, &text, &n, NULL) || n == 0)
		return g_strdup("It printed nothing");
	g_strchomp(text);
	n = strlen(text);
	g_autofree char *tail =
		g_utf8_make_valid(n > SHOWN_LOG_BYTES ? text + n - SHOWN_LOG_BYTES : text, -1);
	for (char *p = tail; *p; p++)
		if ((guchar)*p < ' ' || *p == 0x7f)
			*p = ' ';
	return g_strconcat("Its output ends: ", tail, NULL);
}

/* What a script says then is not worth much: that its files can't be written. */
static gboolean is_disk_full(const struct sbx_script_runner *r)
{
	struct statvfs st;
	return statvfs(r->c->work, &st) == 0 &&
	       (guint64)st.f_bavail * st.f_frsize < FULL_DISK_BYTES;
}

static gboolean fail(struct sbx_script_runner *r, const struct sbx_step *step, const char *how,
		     GError **error)
{
	const struct sbx_lock_package *p = step->unit->lock;
	gboolean keep = r->c->options && r->c->options->keep_failed;
	if (is_disk_full(r))
		return sbx_set_error_os(error, SBX_E_NO_SPACE, ENOSPC,
					"%s %s: its %s (%.40s) %s, and the disk of %s is full",
					p->name, p->version, step->script, step->arguments, how,
					r->c->work);
	if (keep && !sbx_workroot_show(r->c->root, error))
		return FALSE;
	g_autofree char *said = last_words(r);
	g_autofree char *inside =
		keep ? g_strdup_printf("; the tree is kept at %s: `sbx-provision run --profile "
				       "build %s -- sh`",
				       r->c->root->path, r->c->root->path)
		     : g_strdup(", look inside with --keep-failed");
	return sbx_set_error(error, SBX_E_SCRIPT,
			     "%s %s: its %s (%.40s) %s; nothing was committed. Go on with "
			     "--skip-script %s%s. %s",
			     p->name, p->version, step->script, step->arguments, how, p->name,
			     inside, said);
}

static gboolean run_sandbox(struct sbx_script_runner *r, const struct sbx_step *step,
			    const char *layer, GError **error)
{
	const char *hurried[] = {"/run/sbx/observe", "--no-sleep",	"/run/sbx/reads",
				 "/bin/sh",	     "/run/sbx/driver", NULL};
	const char *argv[] = {hurried[0], hurried[2], hurried[3], hurried[4], NULL};
	guint seconds = r->c->options && r->c->options->seconds ? r->c->options->seconds
								: SBX_SCRIPT_SECONDS;
	struct sbx_sandbox sandbox = {
		.provisioner = r->c->provisioner,
		.root = r->c->root->path,
		.base = r->c->root->stack ? r->c->root->stack->root : NULL,
		.layer = layer,
		.work = r->c->work,
		.ro_binds = (const char *const *)r->binds->pdata,
		.argv = step->command ? hurried : argv,
		.silence_seconds = seconds,
		.line = on_line,
		.data = r,
	};
	int status = 0;
	gboolean silent = FALSE;
	g_autofree char *errors = NULL;
	r->has_ended = FALSE;
	r->status = 0;
	g_mkdir(layer, 0755);
	if (!write_step(r, step, error) ||
	    !sbx_sandbox_run(&sandbox, &status, &silent, &errors, r->c->ctx->cancellable, error))
		return FALSE;
	g_autofree char *how =
		silent ? g_strdup_printf("did not end within %u seconds (--script-timeout; does "
					 "it wait for an answer?)",
					 seconds)
		: r->status ? g_strdup_printf("failed with status %d", r->status)
			    : NULL;
	if (how)
		return fail(r, step, how, error);
	if ((!r->has_ended || status) && is_disk_full(r))
		return fail(r, step, "could not be run", error);
	if (!r->has_ended || status)
		return sbx_set_error(error, SBX_E_SANDBOX,
				     "%s: running its %s: sbx-provision ended with %d: %s",
				     step->unit->lock->name, step->script, status,
				     *errors ? errors : "no message");
	return TRUE;
}

/* Triggers that the script set off with dpkg-trigger: "trigger package..." lines. */
static char **read_triggers(const char *upper)
{
	g_autofree char *path = g_build_filename(upper, "var/lib/dpkg/triggers/Unincorp", NULL);
	g_autofree char *text = NULL;
	if (!g_file_get_contents(path, &text, NULL, NULL))
		return g_new0(char *, 1);
	g_autofree char *valid = g_utf8_make_valid(g_strchomp(text), -1);
	return g_strsplit(valid, "\n", -1);
}

/* What it read and changed, before that is part of the tree. */
static gboolean keep_trace(struct sbx_script_runner *r, const struct sbx_step *step,
			   const char *key, struct sbx_trace *trace, GError **error)
{
	g_autofree char *file = g_build_filename(r->c->work, "reads", NULL);
	g_autofree char *unclear = NULL;
	SBX_AUTO(sbx_reads) reads = sbx_reads_new(r->c->store, r->c->root->tree);
	if (!sbx_reads_add_observed(reads, file, &unclear, error))
		return FALSE;
	if (unclear)
		return TRUE; /* it will be run again */
	return sbx_reads_add_folders(reads, trace->tree, error) &&
	       sbx_trace_keep(key, step, reads, trace, r->c->ctx->cancellable, error);
}

gboolean sbx_script_run(struct sbx_script_runner *r, const struct sbx_step *step, const char *key,
			const char *reason, char ***out_triggers, GError **error)
{
	g_autofree char *layer = g_strdup_printf("%s/layer-%u", r->c->work, r->n_run++);
	g_autofree char *upper = g_build_filename(layer, "upper", NULL);
	if (!prepare(r, error) || !sbx_workroot_require(r->c->root, error))
		return FALSE;
	gint64 began = g_get_monotonic_time();
	if (!run_sandbox(r, step, layer, error))
		return FALSE;
	g_mkdir(upper, 0755);
	SBX_AUTO(sbx_delta)
	delta = sbx_delta_read(r->c->store, upper, mount_points, r->c->ctx->cancellable, error);
	if (!delta)
		return FALSE;
	SBX_AUTO(sbx_trace) trace = g_new0(struct sbx_trace, 1);
	trace->tree = g_steal_pointer(&delta->tree);
	trace->removed = g_steal_pointer(&delta->removed);
	trace->triggers = read_triggers(upper);
	trace->usec = (guint64)(g_get_monotonic_time() - began);
	trace->n_bytes = delta->n_bytes;
	if (!keep_trace(r, step, key, trace, error) || !sbx_workroot_take(r->c->root, trace, error))
		return FALSE;
	if (r->c->refs && trace->ref)
		g_ptr_array_add(r->c->refs, g_strdup(trace->ref));
	sbx_build_report_script(r->c->report, step, SBX_SCRIPT_RAN, (gint64)trace->usec,
				trace->n_bytes, trace->ref ? reason : "kept no trace");
	*out_triggers = g_steal_pointer(&trace->triggers);
	return TRUE;
}
