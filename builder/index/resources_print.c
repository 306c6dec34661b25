/* SPDX-License-Identifier: Apache-2.0 */
/* Intervals of resources as JSON, read and written, and as text. */
#include "builder/index/resources.h"

static const struct {
	const char *name, *unit, *title;
} rows[SBX_N_RESOURCES] = {
#define X(id, name, unit, title) [SBX_RESOURCE_##id] = {name, unit, title},
	SBX_RESOURCE_TABLE(X)
#undef X
};

static const char *const basis_names[SBX_N_BASES] = {
#define X(id, name) [SBX_BASIS_##id] = name,
	SBX_BASIS_TABLE(X)
#undef X
};

static const char *basis_name(guint basis)
{
	return basis_names[basis];
}

static gboolean is_bytes(enum sbx_resource which)
{
	return g_str_equal(rows[which].unit, "bytes");
}

static void write_end(struct sbx_json *w, enum sbx_resource which, const char *key, double value)
{
	if (is_bytes(which))
		sbx_json_int(w, key, (gint64)value);
	else
		sbx_json_double(w, key, value);
}

void sbx_resources_write(const struct sbx_resources *resources, const char *key, struct sbx_json *w)
{
	sbx_json_begin_object(w, key);
	for (enum sbx_resource i = 0; i < SBX_N_RESOURCES; i++) {
		sbx_json_begin_object(w, rows[i].name);
		write_end(w, i, "low", resources->of[i].low);
		write_end(w, i, "high", resources->of[i].high);
		sbx_json_string(w, "unit", rows[i].unit);
		sbx_json_string(w, "basis", basis_names[resources->of[i].basis]);
		sbx_json_end_object(w);
	}
	sbx_json_end_object(w);
}

static gboolean read_interval(struct sbx_interval *interval, enum sbx_resource which,
			      const struct sbx_json_value *o, const struct sbx_place *at,
			      GError **error)
{
	static const char *const known[] = {"low", "high", "unit", "basis", NULL};
	guint basis = 0;
	const struct sbx_json_value *unit = sbx_json_member(o, "unit");
	if (!sbx_fields_check_known(o, known, at, error) ||
	    !sbx_fields_double(o, "low", &interval->low, at, error) ||
	    !sbx_fields_double(o, "high", &interval->high, at, error) ||
	    !sbx_fields_word(o, "basis", basis_name, SBX_N_BASES, &basis, at, error))
		return FALSE;
	interval->basis = (enum sbx_basis)basis;
	if (!unit || unit->kind != SBX_JSON_KIND_STRING ||
	    !g_str_equal(unit->string, rows[which].unit))
		return sbx_fields_fail(at, "unit", "is another one than this resource's", error);
	return (interval->low >= 0 && interval->low <= interval->high) ||
	       sbx_fields_fail(at, "high", "must be at least the low end, and that 0", error);
}

static const struct sbx_json_value *object_at(const struct sbx_json_value *outer, const char *field,
					      const struct sbx_place *at, GError **error)
{
	const struct sbx_json_value *node = sbx_json_member(outer, field);
	if (node && node->kind == SBX_JSON_KIND_OBJECT)
		return node;
	sbx_fields_fail(at, field, node ? "must be an object" : "is missing", error);
	return NULL;
}

gboolean sbx_resources_read(struct sbx_resources *resources, const struct sbx_json_value *profile,
			    const char *field, const struct sbx_place *at, GError **error)
{
	static const char *const known[] = {
#define X(id, name, unit, title) name,
		SBX_RESOURCE_TABLE(X)
#undef X
			NULL};
	const struct sbx_json_value *o = object_at(profile, field, at, error);
	if (!o || !sbx_fields_check_known(o, known, at, error))
		return FALSE;
	for (enum sbx_resource i = 0; i < SBX_N_RESOURCES; i++) {
		const struct sbx_json_value *interval = object_at(o, rows[i].name, at, error);
		if (!interval || !read_interval(&resources->of[i], i, interval, at, error))
			return FALSE;
	}
	return TRUE;
}

static char *amount(enum sbx_resource which, double value)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	guint unit = 0;
	for (; is_bytes(which) && value >= 1024 && unit + 1 < G_N_ELEMENTS(units); unit++)
		value /= 1024;
	if (is_bytes(which))
		return g_strdup_printf(value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return g_strdup_printf("%.3g %s", value, rows[which].unit);
}

void sbx_resources_add_text(const struct sbx_resources *resources, GString *out)
{
	for (enum sbx_resource i = 0; i < SBX_N_RESOURCES; i++) {
		const struct sbx_interval *interval = &resources->of[i];
		g_autofree char *low = amount(i, interval->low);
		g_autofree char *high = amount(i, interval->high);
		if (interval->high > 0)
			g_string_append_printf(out, "    %-10s  %s to %s (%s)\n", rows[i].title,
					       low, high, basis_names[interval->basis]);
	}
}
