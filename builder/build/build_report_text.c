/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "builder/build/build_report_data.h"
#include "builder/report.h"

#define SHOWN_PACKAGES 20

static gint slower_script(gconstpointer a, gconstpointer b)
{
	const struct sbx_report_script *x = *(struct sbx_report_script *const *)a;
	const struct sbx_report_script *y = *(struct sbx_report_script *const *)b;
	return x->usec == y->usec ? 0 : x->usec < y->usec ? 1 : -1;
}

static void add_scripts(GString *out, const struct sbx_build_report *report)
{
	g_autoptr(GPtrArray) scripts = g_ptr_array_new();
	for (guint i = 0; i < report->scripts->len; i++)
		g_ptr_array_add(scripts, report->scripts->pdata[i]);
	g_ptr_array_sort(scripts, slower_script);
	g_string_append_printf(out, "\nscripts (%u)\n", scripts->len);
	for (guint i = 0; i < scripts->len; i++) {
		const struct sbx_report_script *s = scripts->pdata[i];
		g_autofree char *took = sbx_report_duration(s->usec);
		g_autofree char *bytes = sbx_report_bytes(s->n_bytes);
		g_string_append_printf(out, "  %9s  %-8s %9s  %s %s %.60s%s%s\n", took,
				       sbx_report_fate_name(s->fate), bytes, s->package, s->script,
				       s->arguments, s->reason ? "  # " : "",
				       s->reason ? s->reason : "");
	}
}

static void add_packages(GString *out, const struct sbx_build_report *report)
{
	g_autoptr(GPtrArray) packages = sbx_report_packages(report);
	g_string_append_printf(out, "\npackages (%u, the largest)\n", packages->len);
	for (guint i = 0; i < MIN(packages->len, SHOWN_PACKAGES); i++) {
		const struct sbx_report_package *p = packages->pdata[i];
		g_autofree char *bytes = sbx_report_bytes(p->n_bytes);
		g_autofree char *took =
			sbx_report_duration(p->import_usec + p->compile_usec + p->script_usec);
		g_string_append_printf(out, "  %9s  %9s  %s %s\n", bytes, took, p->name,
				       p->version ? p->version : "");
	}
}

char *sbx_report_to_text(const struct sbx_build_report *report,
			 const struct sbx_build_report_head *head)
{
	GString *out = g_string_new(NULL);
	g_autofree char *total = sbx_report_duration(head->total_usec);
	g_string_append_printf(out, "template %s\n%s, %s, %s\n", head->id, head->suite,
			       head->architecture, head->was_there ? "was there" : total);
	g_string_append(out, "\nstages (inflate, store: of all threads together)\n");
	for (int i = 0; i < SBX_N_STAGES; i++) {
		g_autofree char *took = sbx_report_duration(report->stage_usec[i]);
		g_string_append_printf(out, "  %9s  %s\n", took, sbx_report_stage_name(i));
	}
	add_scripts(out, report);
	add_packages(out, report);
	if (report->lost->len)
		g_string_append_printf(out,
				       "\nnot kept without root: owner, set-id bits or "
				       "capabilities of %u files\n",
				       report->lost->len);
	for (guint i = 0; i < report->lost->len; i++)
		g_string_append_printf(out, "  %s\n", (char *)report->lost->pdata[i]);
	return g_string_free(out, FALSE);
}

static void json_scripts(struct sbx_json *json, const struct sbx_build_report *report)
{
	sbx_json_begin_array(json, "scripts");
	for (guint i = 0; i < report->scripts->len; i++) {
		const struct sbx_report_script *s = report->scripts->pdata[i];
		sbx_json_begin_object(json, NULL);
		sbx_json_string(json, "package", s->package);
		sbx_json_string(json, "script", s->script);
		sbx_json_string(json, "arguments", s->arguments);
		sbx_json_string(json, "fate", sbx_report_fate_name(s->fate));
		sbx_json_int(json, "usec", s->usec);
		sbx_json_int(json, "bytes", (gint64)s->n_bytes);
		sbx_json_string(json, "reason", s->reason);
		sbx_json_end_object(json);
	}
	sbx_json_end_array(json);
}

static void json_packages(struct sbx_json *json, const struct sbx_build_report *report)
{
	g_autoptr(GPtrArray) packages = sbx_report_packages(report);
	sbx_json_begin_array(json, "packages");
	for (guint i = 0; i < packages->len; i++) {
		const struct sbx_report_package *p = packages->pdata[i];
		sbx_json_begin_object(json, NULL);
		sbx_json_string(json, "name", p->name);
		sbx_json_string(json, "version", p->version);
		sbx_json_int(json, "bytes", (gint64)p->n_bytes);
		sbx_json_int(json, "download_bytes", (gint64)p->n_download_bytes);
		sbx_json_int(json, "import_usec", p->import_usec);
		sbx_json_int(json, "compile_usec", p->compile_usec);
		sbx_json_int(json, "scripts_usec", p->script_usec);
		sbx_json_end_object(json);
	}
	sbx_json_end_array(json);
}

char *sbx_report_to_json(const struct sbx_build_report *report,
			 const struct sbx_build_report_head *head)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	struct sbx_json writer = {.out = &text, .pretty = TRUE}, *json = &writer;
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "format", "sbx-build-report-1");
	sbx_json_string(json, "id", head->id);
	sbx_json_string(json, "suite", head->suite);
	sbx_json_string(json, "architecture", head->architecture);
	sbx_json_bool(json, "built", !head->was_there);
	sbx_json_bool(json, "rootless", head->rootless);
	sbx_json_int(json, "usec", head->total_usec);
	sbx_json_begin_object(json, "stages");
	for (int i = 0; i < SBX_N_STAGES; i++)
		sbx_json_int(json, sbx_report_stage_name(i), report->stage_usec[i]);
	sbx_json_end_object(json);
	json_packages(json, report);
	json_scripts(json, report);
	sbx_json_begin_array(json, "lost");
	for (guint i = 0; i < report->lost->len; i++)
		sbx_json_string(json, NULL, report->lost->pdata[i]);
	sbx_json_end_array(json);
	sbx_json_end_object(json);
	return g_strdup(text.data);
}
