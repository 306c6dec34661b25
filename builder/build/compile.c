/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/compile.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "builder/build/delta.h"

/* More modules than that take longer than an interpreter's start, which laying them out saves. */
#define MOST_LAID_OUT 500
#define MODULE_BYTES  (8 * 1024 * 1024)

struct job {
	char *ref;
	const char *package; /* the lock's */
	GString *sources;    /* absolute paths, each with a tab before it */
	gboolean missing;
	guint8 contents[SBX_CHECKSUM_BYTES], dirmeta[SBX_CHECKSUM_BYTES]; /* once imported */
};

struct sbx_compile {
	struct sbx_store *store;
	char *interpreter; /* "python3.11" */
	GPtrArray *jobs;   /* struct job * */
	guint n_missing;
	/* while running */
	struct sbx_context *ctx;
	struct sbx_build_report *report;
	GString *failed;
};

static void job_free(gpointer data)
{
	struct job *job = data;
	g_free(job->ref);
	g_string_free(job->sources, TRUE);
	g_free(job);
}

void sbx_compile_free(struct sbx_compile *compile)
{
	if (!compile)
		return;
	g_ptr_array_unref(compile->jobs);
	g_string_free(compile->failed, TRUE);
	g_free(compile->interpreter);
	g_free(compile);
}

char *sbx_compile_interpreter(struct sbx_tree *root)
{
	struct sbx_entry *bin = sbx_tree_find(root, "usr/bin", NULL);
	if (!bin || bin->kind != SBX_ENTRY_FOLDER)
		return NULL;
	g_autoptr(GPtrArray) names = sbx_tree_names(bin->folder, NULL);
	for (guint i = 0; names && i < names->len; i++) {
		const char *name = names->pdata[i];
		const char *minor = name + strlen("python3.");
		if (g_str_has_prefix(name, "python3.") && *minor &&
		    strspn(minor, "0123456789") == strlen(minor))
			return g_strdup(name);
	}
	return NULL;
}

static char *script_text(struct sbx_store *store, struct sbx_unit *unit)
{
	struct sbx_entry *entry = sbx_tree_lookup(unit->control, "postinst", NULL);
	return entry ? sbx_object_read(store, entry->checksum, 1 << 20, NULL, NULL) : NULL;
}

/* Folders outside the public ones that its postinst hands to `py3compile -p PACKAGE FOLDER`. */
static GPtrArray *private_folders(struct sbx_store *store, struct sbx_unit *unit)
{
	GPtrArray *folders = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *text = script_text(store, unit);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		char *command = g_strstrip(lines[i]);
		if (!g_str_has_prefix(command, "py3compile "))
			continue;
		g_auto(GStrv) words = g_strsplit(command, " ", -1);
		for (guint k = 1; words[k]; k++)
			if (words[k][0] == '/')
				g_ptr_array_add(folders, g_strconcat(words[k], "/", NULL));
	}
	return folders;
}

static gboolean is_compiled(const char *path, const char *library, const GPtrArray *folders)
{
	if (!g_str_has_suffix(path, ".py"))
		return FALSE;
	if (g_str_has_prefix(path, "/usr/lib/python3/dist-packages/"))
		return TRUE;
	/* Left out as by Debian's scripts: test data of lib2to3, wrong on purpose, and what the
	 * interpreter was configured with, which is no module. */
	if (g_str_has_prefix(path, library))
		return !strstr(path, "/lib2to3/tests/data") && !strstr(path, "/config-");
	for (guint i = 0; i < folders->len; i++)
		if (g_str_has_prefix(path, folders->pdata[i]))
			return TRUE;
	return FALSE;
}

static gboolean plan_unit(struct sbx_compile *compile, struct sbx_unit *unit, GError **error)
{
	if (!strstr(unit->list, ".py\n"))
		return TRUE;
	g_autoptr(GPtrArray) folders = private_folders(compile->store, unit);
	g_autofree char *library = g_strdup_printf("/usr/lib/%s/", compile->interpreter);
	g_autoptr(GString) sources = g_string_new(NULL);
	g_auto(GStrv) paths = g_strsplit(unit->list, "\n", -1);
	for (guint i = 0; paths[i]; i++)
		if (is_compiled(paths[i], library, folders) && !strchr(paths[i], '\t'))
			g_string_append_printf(sources, "\t%s", paths[i]);
	if (sources->len == 0)
		return TRUE;
	g_autofree char *name = sbx_store_ref_part(unit->lock->name);
	g_autofree char *version = sbx_store_ref_part(unit->lock->version);
	struct job *job = g_new0(struct job, 1);
	job->package = unit->lock->name;
	job->ref = g_strdup_printf("pyc/%s/%s/%s/%s", name, version, unit->lock->architecture,
				   compile->interpreter);
	job->sources = g_steal_pointer(&sources);
	g_ptr_array_add(compile->jobs, job);
	g_autofree char *commit = NULL;
	if (!sbx_tree_load_ref(compile->store, job->ref, 0, NULL, NULL, &commit, error))
		return FALSE;
	job->missing = commit == NULL;
	compile->n_missing += job->missing;
	return TRUE;
}

struct sbx_compile *sbx_compile_plan(struct sbx_store *store, GPtrArray *units,
				     struct sbx_tree *root, GError **error)
{
	SBX_AUTO(sbx_compile) compile = g_new0(struct sbx_compile, 1);
	compile->store = store;
	compile->jobs = g_ptr_array_new_with_free_func(job_free);
	compile->failed = g_string_new(NULL);
	compile->interpreter = root ? sbx_compile_interpreter(root) : NULL;
	for (guint i = 0; compile->interpreter && i < units->len; i++)
		if (!plan_unit(compile, units->pdata[i], error))
			return NULL;
	return g_steal_pointer(&compile);
}

guint sbx_compile_n_missing(const struct sbx_compile *compile)
{
	return compile->n_missing;
}

static gint larger_first(gconstpointer a, gconstpointer b)
{
	const struct job *x = *(struct job *const *)a, *y = *(struct job *const *)b;
	return x->sources->len == y->sources->len  ? strcmp(x->ref, y->ref)
	       : x->sources->len > y->sources->len ? -1
						   : 1;
}

static void on_line(const char *line, gpointer data)
{
	struct sbx_compile *compile = data;
	guint number;
	gint64 usec = 0;
	if (sscanf(line, "done %u %" G_GINT64_FORMAT, &number, &usec) >= 1 &&
	    number < compile->jobs->len) {
		const struct job *job = compile->jobs->pdata[number];
		sbx_progress_add(compile->ctx->progress, "compile", 1, job->ref);
		sbx_build_report_compile(compile->report, job->package, usec);
	} else if (sscanf(line, "failed %u", &number) == 1 && number < compile->jobs->len) {
		const struct job *job = compile->jobs->pdata[number];
		g_string_append_printf(compile->failed, " %s", job->ref);
	}
}

static gboolean same_interpreter(const struct sbx_compile *compile, struct sbx_tree *root,
				 struct sbx_tree *other)
{
	g_autofree char *path = g_build_filename("usr/bin", compile->interpreter, NULL);
	const struct sbx_entry *ours = sbx_tree_find(root, path, NULL);
	const struct sbx_entry *theirs = sbx_tree_find(other, path, NULL);
	return ours && theirs && ours->kind == SBX_ENTRY_FILE && theirs->kind == SBX_ENTRY_FILE &&
	       memcmp(ours->checksum, theirs->checksum, SBX_CHECKSUM_BYTES) == 0;
}

/* A copy: links would let what runs inside write to the store's objects. *out_can: it is a file. */
static gboolean lay_out(struct sbx_compile *compile, struct sbx_tree *root, const char *path,
			const char *folder, gboolean *out_can, GError **error)
{
	gsize n_bytes = 0;
	const struct sbx_entry *entry = sbx_tree_find(root, path + 1, NULL);
	/* A link leads to what is not there. */
	g_autofree char *text = entry && entry->kind == SBX_ENTRY_FILE
					? sbx_object_read(compile->store, entry->checksum,
							  MODULE_BYTES, &n_bytes, NULL)
					: NULL;
	g_autofree char *target = g_strconcat(folder, path, NULL);
	g_autofree char *parent = g_path_get_dirname(target);
	*out_can = text != NULL;
	if (!text)
		return TRUE;
	if (g_mkdir_with_parents(parent, 0755) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", parent);
	return g_file_set_contents(target, text, (gssize)n_bytes, error);
}

gboolean sbx_compile_lay_out(struct sbx_compile *compile, struct sbx_tree *root,
			     struct sbx_tree *other, const char *sources, gboolean *out_can,
			     GError **error)
{
	gboolean can = same_interpreter(compile, root, other);
	guint n = 0;
	for (guint i = 0; can && i < compile->jobs->len; i++) {
		const struct job *job = compile->jobs->pdata[i];
		g_auto(GStrv) paths = g_strsplit(job->sources->str, "\t", -1);
		/* The first is what stands before the first tab. */
		for (guint k = 1; job->missing && can && paths[0] && paths[k]; k++)
			if (++n > MOST_LAID_OUT)
				can = FALSE;
			else if (!lay_out(compile, root, paths[k], sources, &can, error))
				return FALSE;
	}
	*out_can = can;
	return TRUE;
}

static GString *describe_work(struct sbx_compile *compile)
{
	GString *text = g_string_new(NULL);
	/* The largest first, so that no core idles at the end. */
	g_ptr_array_sort(compile->jobs, larger_first);
	for (guint i = 0; i < compile->jobs->len; i++) {
		const struct job *job = compile->jobs->pdata[i];
		if (job->missing)
			g_string_append_printf(text, "%u%s\n", i, job->sources->str);
	}
	return text;
}

gboolean sbx_compile_run(struct sbx_compile *compile, struct sbx_context *ctx,
			 struct sbx_compiler *compiler, struct sbx_build_report *report,
			 GError **error)
{
	compile->ctx = ctx;
	compile->report = report;
	g_autoptr(GString) work = describe_work(compile);
	g_autofree char *errors = NULL;
	int status = 0;
	sbx_progress_begin(ctx->progress, "compile", SBX_UNIT_ITEMS, compile->n_missing);
	if (!sbx_compiler_finish(compiler, work, on_line, compile, &status, &errors, error))
		return FALSE;
	if (status != 0 || compile->failed->len)
		return sbx_set_error(
			error, SBX_E_SCRIPT, "compiling Python modules: %s ended with %d%s%s: %s",
			compile->interpreter, status, compile->failed->len ? " on" : "",
			compile->failed->str, errors);
	sbx_progress_end(ctx->progress, "compile", "%u packages' Python modules",
			 compile->n_missing);
	return TRUE;
}

struct importing {
	struct sbx_compile *compile;
	const char *out;
	GCancellable *cancellable;
	gint next;
	GMutex mutex;
	GError *failure; /* the first */
};

static gboolean import_job(struct importing *in, guint number, GError **error)
{
	struct job *job = in->compile->jobs->pdata[number];
	if (!job->missing)
		return TRUE;
	g_autofree char *path = g_strdup_printf("%s/%u", in->out, number);
	/* A package none of whose modules compiles has no folder; it is not tried again. */
	g_mkdir_with_parents(path, 0755);
	SBX_AUTO(sbx_delta)
	delta = sbx_delta_read(in->compile->store, path, NULL, in->cancellable, error);
	if (!delta || !sbx_delta_commit(delta, job->ref, in->cancellable, error) ||
	    !sbx_tree_write(delta->tree, job->contents, in->cancellable, error))
		return FALSE;
	memcpy(job->dirmeta, sbx_tree_dirmeta(delta->tree), SBX_CHECKSUM_BYTES);
	return TRUE;
}

static gpointer import_thread(gpointer data)
{
	struct importing *in = data;
	gint number;
	while ((number = g_atomic_int_add(&in->next, 1)) < (gint)in->compile->jobs->len) {
		GError *error = NULL;
		if (import_job(in, (guint)number, &error))
			continue;
		g_mutex_lock(&in->mutex);
		if (in->failure)
			g_error_free(error);
		else
			in->failure = error;
		g_mutex_unlock(&in->mutex);
	}
	return NULL;
}

gboolean sbx_compile_import(struct sbx_compile *compile, const char *out, GCancellable *cancellable,
			    GError **error)
{
	struct importing in = {.compile = compile, .out = out, .cancellable = cancellable};
	guint n = MIN(g_get_num_processors(), MAX(1, compile->n_missing));
	g_autofree GThread **threads = g_new0(GThread *, n);
	g_mutex_init(&in.mutex);
	for (guint i = 0; i < n; i++)
		threads[i] = g_thread_new("import", import_thread, &in);
	for (guint i = 0; i < n; i++)
		g_thread_join(threads[i]);
	g_mutex_clear(&in.mutex);
	if (!in.failure)
		return TRUE;
	g_propagate_error(error, in.failure);
	return FALSE;
}

static gboolean apply(struct sbx_compile *compile, gboolean missing, struct sbx_tree *root,
		      GError **error)
{
	for (guint i = 0; i < compile->jobs->len; i++) {
		const struct job *job = compile->jobs->pdata[i];
		SBX_AUTO(sbx_tree) tree = NULL;
		if (job->missing != missing)
			continue;
		/* What this build compiled has no ref yet: the transaction is still running. */
		if (missing)
			tree = sbx_tree_new_stored(compile->store, job->contents, job->dirmeta, 0);
		else if (!sbx_tree_load_ref(compile->store, job->ref, 0, &tree, NULL, NULL, error))
			return FALSE;
		g_autoptr(GPtrArray) none = g_ptr_array_new();
		struct sbx_delta delta = {.tree = tree, .removed = none};
		if (tree && !sbx_delta_apply(&delta, root, error))
			return FALSE;
	}
	return TRUE;
}

gboolean sbx_compile_apply(struct sbx_compile *compile, struct sbx_tree *root, GError **error)
{
	return apply(compile, FALSE, root, error);
}

gboolean sbx_compile_apply_new(struct sbx_compile *compile, struct sbx_tree *root, GError **error)
{
	return apply(compile, TRUE, root, error);
}

void sbx_compile_add_refs(const struct sbx_compile *compile, GPtrArray *refs)
{
	for (guint i = 0; i < compile->jobs->len; i++)
		g_ptr_array_add(refs, g_strdup(((struct job *)compile->jobs->pdata[i])->ref));
}
