/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/control.h"

#include <string.h>

struct field {
	char *name, *value;
};

struct sbx_control {
	GPtrArray *fields; /* struct field * */
};

static void field_free(gpointer data)
{
	struct field *field = data;
	g_free(field->name);
	g_free(field->value);
	g_free(field);
}

void sbx_control_free(struct sbx_control *control)
{
	if (!control)
		return;
	g_ptr_array_unref(control->fields);
	g_free(control);
}

struct sbx_control *sbx_control_parse(const char *text, const char *where, GError **error)
{
	SBX_AUTO(sbx_control) control = g_new0(struct sbx_control, 1);
	control->fields = g_ptr_array_new_with_free_func(field_free);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	struct field *last = NULL;
	for (guint i = 0; lines[i]; i++) {
		const char *line = lines[i];
		if (!*line)
			continue;
		if (*line == ' ' || *line == '\t') {
			if (!last) {
				sbx_set_error(error, SBX_E_ARCHIVE,
					      "%s: control file begins with a continuation line",
					      where);
				return NULL;
			}
			char *longer = g_strconcat(last->value, "\n", line, NULL);
			g_free(last->value);
			last->value = longer;
			continue;
		}
		const char *colon = strchr(line, ':');
		if (!colon || colon == line || strcspn(line, " \t") < (gsize)(colon - line)) {
			sbx_set_error(error, SBX_E_ARCHIVE,
				      "%s: control file, line %u: not a field", where, i + 1);
			return NULL;
		}
		last = g_new0(struct field, 1);
		last->name = g_strndup(line, (gsize)(colon - line));
		last->value = g_strdup(colon + 1 + strspn(colon + 1, " \t"));
		g_ptr_array_add(control->fields, last);
	}
	struct sbx_control *parsed = control;
	control = NULL;
	return parsed;
}

const char *sbx_control_get(const struct sbx_control *control, const char *name)
{
	for (guint i = 0; i < control->fields->len; i++) {
		const struct field *field = control->fields->pdata[i];
		if (g_ascii_strcasecmp(field->name, name) == 0)
			return field->value;
	}
	return NULL;
}

static const char *const before_status[] = {"Package", "Essential", "Protected", NULL};
static const char *const after_status[] = {
	"Priority",	"Section",    "Installed-Size", "Maintainer", "Bugs",
	"Architecture", "Multi-Arch", "Source",		"Version",    "Replaces",
	"Provides",	"Depends",    "Pre-Depends",	"Recommends", "Suggests",
	"Breaks",	"Conflicts",  "Enhances",	NULL};
static const char *const behind_conffiles[] = {"Description", NULL};

static void add_field(GString *out, const char *name, const char *value)
{
	/* A value that begins on the next line (Description of some) has no blank. */
	g_string_append_printf(out, *value == '\n' ? "%s:%s\n" : "%s: %s\n", name, value);
}

static void add_fields(GString *out, const struct sbx_control *control, const char *const *names)
{
	for (; *names; names++) {
		const char *value = sbx_control_get(control, *names);
		if (value && *value)
			add_field(out, *names, value);
	}
}

static gboolean is_listed(const char *name)
{
	const char *const *lists[] = {before_status, after_status, behind_conffiles};
	for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
		for (const char *const *n = lists[i]; *n; n++)
			if (g_ascii_strcasecmp(*n, name) == 0)
				return TRUE;
	return g_ascii_strcasecmp(name, "Status") == 0 ||
	       g_ascii_strcasecmp(name, "Conffiles") == 0;
}

char *sbx_control_status_stanza(const struct sbx_control *control, const char *conffiles)
{
	GString *out = g_string_new(NULL);
	add_fields(out, control, before_status);
	g_string_append(out, "Status: install ok installed\n");
	add_fields(out, control, after_status);
	if (conffiles && *conffiles)
		g_string_append_printf(out, "Conffiles:\n%s", conffiles);
	add_fields(out, control, behind_conffiles);
	for (guint i = 0; i < control->fields->len; i++) {
		const struct field *field = control->fields->pdata[i];
		if (!is_listed(field->name) && *field->value)
			add_field(out, field->name, field->value);
	}
	return g_string_free(out, FALSE);
}
