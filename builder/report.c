/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/report.h"

#include <stdio.h>

char *sbx_report_bytes(guint64 n_bytes)
{
	return g_format_size(n_bytes);
}

char *sbx_report_when(gint64 usec)
{
	if (usec == 0)
		return g_strdup("never");
	gint64 seconds = (g_get_real_time() - usec) / G_USEC_PER_SEC;
	const struct {
		gint64 seconds;
		const char *unit;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}};
	for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
		gint64 n = seconds / units[i].seconds;
		if (n > 0)
			return g_strdup_printf("%" G_GINT64_FORMAT " %s%s ago", n, units[i].unit,
					       n == 1 ? "" : "s");
	}
	return g_strdup("just now");
}

char *sbx_report_duration(gint64 usec)
{
	if (usec < G_USEC_PER_SEC)
		return g_strdup_printf("%.1f ms", (double)usec / 1e3);
	return g_strdup_printf("%.2f s", (double)usec / 1e6);
}

struct sbx_json *sbx_report_begin(struct sbx_report *report)
{
	report->json = (struct sbx_json){.out = &report->text, .pretty = TRUE};
	return &report->json;
}

void sbx_report_json(struct sbx_json *json)
{
	/* Running out of memory is what g_malloc() does not survive either. */
	if (json->out->failed)
		g_error("out of memory");
	fputs(json->out->data, stdout);
}

static char *iso_time(gint64 usec)
{
	g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(usec / G_USEC_PER_SEC);
	return g_date_time_format_iso8601(when);
}

static void add_time(struct sbx_json *json, const char *name, gint64 usec)
{
	g_autofree char *text = usec ? iso_time(usec) : NULL;
	sbx_json_string(json, name, text);
}

void sbx_report_template(struct sbx_json *json, const struct sbx_template *row)
{
	sbx_json_string(json, "id", row->id);
	sbx_json_begin_array(json, "names");
	for (char **name = row->names; name && *name; name++)
		sbx_json_string(json, NULL, *name);
	sbx_json_end_array(json);
	sbx_json_string(json, "suite", row->suite);
	sbx_json_string(json, "architecture", row->architecture);
	sbx_json_int(json, "n_packages", (gint64)row->n_packages);
	sbx_json_int(json, "bytes", (gint64)row->n_bytes);
	sbx_json_int(json, "build_usec", (gint64)row->build_usec);
	sbx_json_int(json, "n_uses", (gint64)row->n_uses);
	add_time(json, "created", row->created_usec);
	add_time(json, "last_used", row->last_used_usec);
}
