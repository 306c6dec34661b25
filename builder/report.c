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

void sbx_report_json(JsonBuilder *builder)
{
	g_autoptr(JsonNode) root = json_builder_get_root(builder);
	g_autofree char *text = json_to_string(root, TRUE);
	puts(text);
}

static char *iso_time(gint64 usec)
{
	g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(usec / G_USEC_PER_SEC);
	return g_date_time_format_iso8601(when);
}

static void add_time(JsonBuilder *builder, const char *name, gint64 usec)
{
	json_builder_set_member_name(builder, name);
	if (usec) {
		g_autofree char *text = iso_time(usec);
		json_builder_add_string_value(builder, text);
	} else {
		json_builder_add_null_value(builder);
	}
}

static void add_int(JsonBuilder *builder, const char *name, guint64 value)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_int_value(builder, (gint64)value);
}

static void add_string(JsonBuilder *builder, const char *name, const char *value)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_string_value(builder, value);
}

void sbx_report_template(JsonBuilder *builder, const struct sbx_template *row)
{
	add_string(builder, "id", row->id);
	json_builder_set_member_name(builder, "names");
	json_builder_begin_array(builder);
	for (char **name = row->names; name && *name; name++)
		json_builder_add_string_value(builder, *name);
	json_builder_end_array(builder);
	add_string(builder, "suite", row->suite);
	add_string(builder, "architecture", row->architecture);
	add_int(builder, "n_packages", row->n_packages);
	add_int(builder, "bytes", row->n_bytes);
	add_int(builder, "build_usec", row->build_usec);
	add_int(builder, "n_uses", row->n_uses);
	add_time(builder, "created", row->created_usec);
	add_time(builder, "last_used", row->last_used_usec);
}
