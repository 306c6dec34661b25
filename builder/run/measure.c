/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/run/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "builder/run/record.h"

#define KEPT_STDERR 4096

static const char *const status_names[SBX_N_MEASURE_STATUSES] = {
#define X(id, name) [SBX_MEASURE_##id] = name,
	SBX_MEASURE_TABLE(X)
#undef X
};

const char *sbx_measure_status_name(enum sbx_measure_status status)
{
	return status_names[status];
}

void sbx_measure_item_free(struct sbx_measure_item *item)
{
	if (!item)
		return;
	g_free(item->module);
	g_free(item->package);
	g_free(item->version);
	g_free(item->why);
	g_free(item);
}

gboolean sbx_measure_is_plain(const char *module)
{
	for (const char *p = module; *p; p++)
		if (!g_ascii_isalnum(*p) && !strchr("._-/:@+", *p))
			return FALSE;
	return *module && *module != '-';
}

/* One command's cost; `bare` is the same language's without a module. */
struct cost {
	gint64 peak_bytes, wall_usec;
};

struct session {
	struct sbx_context *ctx;
	const struct sbx_measure *measure;
	char *provisioner;
	int null_fd, stderr_fd; /* stderr is a file without a name: its end tells why */
	GHashTable *bare; /* struct sbx_language * to struct cost *, NULL: it does not start */
};

static void session_clear(struct session *s)
{
	g_free(s->provisioner);
	sbx_close(&s->null_fd);
	sbx_close(&s->stderr_fd);
	g_clear_pointer(&s->bare, g_hash_table_unref);
}

static gboolean session_open(struct session *s, GError **error)
{
	s->bare = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	s->provisioner = sbx_context_provisioner(s->ctx, error);
	if (!s->provisioner)
		return FALSE;
	s->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	s->stderr_fd = memfd_create("stderr", MFD_CLOEXEC);
	return (s->null_fd >= 0 && s->stderr_fd >= 0) ||
	       sbx_set_error_os(error, SBX_E_FAILED, errno, "/dev/null");
}

/* Everything behind `sbx-provision run`: a module is a stranger's code like any other. */
static GPtrArray *arguments_of(const struct session *s, const char *const *command,
			       const char *module)
{
	const char *options[] = {"--root",  s->ctx->root, "--memory",	    "4G",
				 "--pids",  "512",	  "--timeout",	    "120",
				 "--disk",  "256M",	  "--output-limit", "16M",
				 "--grace", "0",	  "--best-effort",  s->measure->template_id,
				 "--"};
	GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < G_N_ELEMENTS(options); i++)
		g_ptr_array_add(arguments, g_strdup(options[i]));
	for (; *command; command++) {
		GString *word = g_string_new(*command);
		g_string_replace(word, "{module}", module, 0);
		g_ptr_array_add(arguments, g_string_free(word, FALSE));
	}
	return arguments;
}

/* The last line that it wrote to stderr, or how it ended. */
static char *tell_why(const struct session *s, const struct sbx_run_record *record)
{
	char text[KEPT_STDERR + 1];
	off_t size = lseek(s->stderr_fd, 0, SEEK_END);
	ssize_t n = pread(s->stderr_fd, text, KEPT_STDERR, MAX(0, size - KEPT_STDERR));
	g_autofree char *valid = g_utf8_make_valid(text, MAX(0, n));
	g_strchomp(valid);
	const char *newline = strrchr(valid, '\n');
	if (record->message)
		return g_strdup(record->message);
	return *valid ? g_strdup(newline ? newline + 1 : valid)
		      : g_strdup_printf("exit status %d", record->status);
}

/* FALSE with *out_why: it ran and failed; FALSE with *error: it could not be tried. */
static gboolean run_once(struct session *s, const GPtrArray *arguments, struct cost *out,
			 char **out_why, GError **error)
{
	__attribute__((cleanup(sbx_run_record_release))) struct sbx_run_record record = {0};
	if (ftruncate(s->stderr_fd, 0) < 0 || lseek(s->stderr_fd, 0, SEEK_SET) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "stderr");
	if (!sbx_run_record_spawn(s->provisioner, arguments, s->null_fd, s->null_fd, s->stderr_fd,
				  &record, error) ||
	    g_cancellable_set_error_if_cancelled(s->ctx->cancellable, error))
		return FALSE;
	*out = (struct cost){record.peak_bytes, record.wall_usec};
	if (record.status == 0)
		return TRUE;
	*out_why = tell_why(s, &record);
	return FALSE;
}

static int compare_numbers(gconstpointer a, gconstpointer b)
{
	gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
	return (x > y) - (x < y);
}

static gint64 median(GArray *values)
{
	g_array_sort(values, compare_numbers);
	return g_array_index(values, gint64, values->len / 2);
}

/* Several runs behind one that fills the caches: page cache, and what the task's first use makes.
 */
static gboolean run_often(struct session *s, const char *const *command, const char *module,
			  struct cost *out, char **out_why, GError **error)
{
	g_autoptr(GPtrArray) arguments = arguments_of(s, command, module);
	g_autoptr(GArray) peaks = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GArray) walls = g_array_new(FALSE, FALSE, sizeof(gint64));
	for (guint i = 0; i <= s->measure->n_runs; i++) {
		struct cost cost = {0};
		if (!run_once(s, arguments, &cost, out_why, error))
			return FALSE;
		if (i == 0)
			continue;
		g_array_append_val(peaks, cost.peak_bytes);
		g_array_append_val(walls, cost.wall_usec);
	}
	*out = (struct cost){median(peaks), median(walls)};
	return TRUE;
}

/* Once for each language; NULL without *error: it does not start, *out_why. */
static const struct cost *bare_cost(struct session *s, const struct sbx_language *language,
				    char **out_why, GError **error)
{
	struct cost *cost = g_hash_table_lookup(s->bare, language);
	if (cost)
		return cost;
	struct cost found;
	if (!run_often(s, language->measure_bare, "", &found, out_why, error))
		return NULL;
	cost = g_memdup2(&found, sizeof(found));
	g_hash_table_insert(s->bare, (gpointer)language, cost);
	return cost;
}

static gboolean measure_one(struct session *s, struct sbx_measure_item *item, GError **error)
{
	g_autoptr(GError) local = NULL;
	struct cost cost;
	const struct cost *bare = bare_cost(s, item->language, &item->why, &local);
	gboolean fine = bare && run_often(s, item->language->measure_import, item->module, &cost,
					  &item->why, &local);
	if (local) {
		g_propagate_error(error, g_steal_pointer(&local));
		return FALSE;
	}
	item->status = fine ? SBX_MEASURE_MEASURED : SBX_MEASURE_FAILED;
	if (!fine)
		return TRUE;
	item->footprint.peak_bytes = cost.peak_bytes;
	item->footprint.wall_usec = cost.wall_usec;
	item->footprint.bare_peak_bytes = bare->peak_bytes;
	item->footprint.bare_wall_usec = bare->wall_usec;
	item->footprint.n_runs = s->measure->n_runs;
	item->footprint.measured_usec = g_get_real_time();
	return TRUE;
}

static gboolean can_measure(struct sbx_measure_item *item)
{
	const struct sbx_language *language = item->language;
	if (language->measure_bare && *language->measure_bare && language->measure_import &&
	    *language->measure_import && sbx_measure_is_plain(item->module))
		return TRUE;
	item->status = SBX_MEASURE_FAILED;
	item->why = g_strdup(sbx_measure_is_plain(item->module)
				     ? "nothing says how imports of this language are measured"
				     : "its name has signs that no command should hold");
	return FALSE;
}

gboolean sbx_measure_items(struct sbx_context *ctx, struct sbx_store *catalog,
			   const struct sbx_measure *measure, GPtrArray *items, GError **error)
{
	__attribute__((cleanup(session_clear))) struct session s = {
		.ctx = ctx, .measure = measure, .null_fd = -1, .stderr_fd = -1};
	if (!session_open(&s, error))
		return FALSE;
	for (guint i = 0; i < items->len; i++) {
		struct sbx_measure_item *item = items->pdata[i];
		gboolean known = FALSE;
		item->footprint = (struct sbx_footprint){.package = item->package,
							 .version = item->version,
							 .architecture = measure->architecture,
							 .language = item->language->name,
							 .module = item->module};
		if (!measure->again &&
		    !sbx_catalog_find_footprint(catalog, &item->footprint, &known, error))
			return FALSE;
		item->status = SBX_MEASURE_KNOWN;
		if (known || !can_measure(item))
			continue;
		if (!measure_one(&s, item, error) ||
		    (item->status == SBX_MEASURE_MEASURED &&
		     !sbx_catalog_add_footprint(catalog, &item->footprint, error)))
			return FALSE;
	}
	return TRUE;
}
