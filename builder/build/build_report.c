/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/build_report.h"
#include "builder/build/import.h"

#include <string.h>

#include "builder/build/build_report_data.h"
#include "builder/output.h"

static void package_clear(gpointer data)
{
	struct sbx_report_package *package = data;
	g_free(package->name);
	g_free(package->version);
	g_free(package);
}

static void script_clear(gpointer data)
{
	struct sbx_report_script *script = data;
	g_free(script->package);
	g_free(script->script);
	g_free(script->arguments);
	g_free(script->reason);
	g_free(script);
}

struct sbx_build_report *sbx_build_report_new(void)
{
	struct sbx_build_report *report = g_new0(struct sbx_build_report, 1);
	g_mutex_init(&report->mutex);
	report->packages = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, package_clear);
	report->scripts = g_ptr_array_new_with_free_func(script_clear);
	report->lost = g_ptr_array_new_with_free_func(g_free);
	return report;
}

void sbx_build_report_free(struct sbx_build_report *report)
{
	if (!report)
		return;
	g_hash_table_unref(report->packages);
	g_ptr_array_unref(report->scripts);
	g_ptr_array_unref(report->lost);
	g_mutex_clear(&report->mutex);
	g_free(report);
}

void sbx_build_report_stage(struct sbx_build_report *report, enum sbx_stage stage, gint64 usec)
{
	if (!report)
		return;
	g_mutex_lock(&report->mutex);
	report->stage_usec[stage] += usec;
	g_mutex_unlock(&report->mutex);
}

static struct sbx_report_package *package_of(struct sbx_build_report *report, const char *name)
{
	struct sbx_report_package *package = g_hash_table_lookup(report->packages, name);
	if (package)
		return package;
	package = g_new0(struct sbx_report_package, 1);
	package->name = g_strdup(name);
	g_hash_table_insert(report->packages, package->name, package);
	return package;
}

void sbx_build_report_import(struct sbx_build_report *report, const char *name, gint64 inflate_usec,
			     gint64 store_usec)
{
	if (!report)
		return;
	g_mutex_lock(&report->mutex);
	package_of(report, name)->import_usec += inflate_usec + store_usec;
	report->stage_usec[SBX_STAGE_INFLATE] += inflate_usec;
	report->stage_usec[SBX_STAGE_STORE] += store_usec;
	g_mutex_unlock(&report->mutex);
}

void sbx_build_report_compile(struct sbx_build_report *report, const char *name, gint64 usec)
{
	if (!report)
		return;
	g_mutex_lock(&report->mutex);
	package_of(report, name)->compile_usec += usec;
	g_mutex_unlock(&report->mutex);
}

void sbx_build_report_script(struct sbx_build_report *report, const struct sbx_step *step,
			     enum sbx_script_fate fate, gint64 usec, guint64 n_bytes,
			     const char *reason)
{
	if (!report)
		return;
	struct sbx_report_script *script = g_new0(struct sbx_report_script, 1);
	script->package = g_strdup(step->unit->lock->name);
	script->script = g_strdup(step->script);
	script->arguments = g_strdup(step->arguments);
	g_strdelimit(script->arguments, "\t", ' ');
	script->fate = fate;
	script->usec = usec;
	script->n_bytes = n_bytes;
	script->reason = g_strdup(reason);
	g_mutex_lock(&report->mutex);
	g_ptr_array_add(report->scripts, script);
	if (fate == SBX_SCRIPT_RAN)
		package_of(report, script->package)->script_usec += usec;
	g_mutex_unlock(&report->mutex);
}

void sbx_build_report_units(struct sbx_build_report *report, const GPtrArray *units,
			    gboolean rootless)
{
	if (!report)
		return;
	g_mutex_lock(&report->mutex);
	for (guint i = 0; i < units->len; i++) {
		const struct sbx_unit *unit = units->pdata[i];
		struct sbx_report_package *package = package_of(report, unit->lock->name);
		g_free(package->version);
		package->version = g_strdup(unit->lock->version);
		package->n_bytes = unit->n_bytes;
		package->n_download_bytes = unit->lock->size;
		if (rootless)
			sbx_import_read_special(unit->metadata, unit->lock->name, report->lost);
	}
	g_mutex_unlock(&report->mutex);
}

const char *sbx_report_stage_name(enum sbx_stage stage)
{
	static const char *const names[SBX_N_STAGES] = {
		[SBX_STAGE_DOWNLOAD] = "download", [SBX_STAGE_INFLATE] = "inflate",
		[SBX_STAGE_STORE] = "store",	   [SBX_STAGE_COMPOSE] = "compose",
		[SBX_STAGE_SCRIPTS] = "scripts",   [SBX_STAGE_COMPILE] = "byte-compile",
		[SBX_STAGE_COMMIT] = "commit",	   [SBX_STAGE_CHECKOUT] = "checkout",
	};
	return names[stage];
}

const char *sbx_report_fate_name(enum sbx_script_fate fate)
{
	static const char *const names[] = {"ran", "replayed", "native", "skipped"};
	return names[fate];
}

static gint larger_package(gconstpointer a, gconstpointer b)
{
	const struct sbx_report_package *x = *(struct sbx_report_package *const *)a;
	const struct sbx_report_package *y = *(struct sbx_report_package *const *)b;
	return x->n_bytes != y->n_bytes ? (x->n_bytes < y->n_bytes ? 1 : -1)
					: strcmp(x->name, y->name);
}

GPtrArray *sbx_report_packages(const struct sbx_build_report *report)
{
	GPtrArray *packages = g_ptr_array_new();
	GHashTableIter iter;
	gpointer package;
	g_hash_table_iter_init(&iter, report->packages);
	while (g_hash_table_iter_next(&iter, NULL, &package))
		g_ptr_array_add(packages, package);
	g_ptr_array_sort(packages, larger_package);
	return packages;
}

gboolean sbx_build_report_save(const struct sbx_build_report *report,
			       const struct sbx_build_report_head *head, const char *path,
			       GError **error)
{
	g_autofree char *text = g_str_has_suffix(path, ".json") ? sbx_report_to_json(report, head)
				: g_str_has_suffix(path, ".html")
					? sbx_report_to_html(report, head)
					: sbx_report_to_text(report, head);
	if (g_str_equal(path, "-")) {
		fputs(text, stderr);
		return TRUE;
	}
	return sbx_output_write(path, text, "the report", error);
}
