/* SPDX-License-Identifier: Apache-2.0 */
/* A page that stands alone: a treemap of what is big, bars of what was slow. No script, no link. */
#include <string.h>

#include "builder/build/build_report_data.h"
#include "builder/report.h"

#define SHOWN_BARS     30
#define IMPORT_COLOUR  "#3b6ea8"
#define COMPILE_COLOUR "#4f8a5b"
#define SCRIPT_COLOUR  "#b4553d"

static const char style[] =
	"body{font:15px/1.45 system-ui,sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;"
	"color:#1c2330;background:#fff}h1{font-size:1.5em;margin-bottom:0}h2{font-size:1.15em;"
	"margin:1.8em 0 .5em}p.sub{color:#5b6575;margin-top:.2em;overflow-wrap:anywhere}"
	"svg{display:block;width:100%;height:auto}svg text{font:12px system-ui,sans-serif}"
	".wide{overflow-x:auto}.wide svg,.wide table{min-width:44em}.key{margin:0 0 "
	".4em;color:#5b6575}"
	".key b{display:inline-block;width:.8em;height:.8em;margin:0 .35em 0 1em}"
	"table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.15em .8em .15em "
	"0;"
	"border-bottom:1px solid "
	"#e4e8ee}td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}"
	"@media(prefers-color-scheme:dark){body{color:#dde3ec;background:#14181f}p.sub,.key{color:#"
	"93a0b4}"
	"td,th{border-color:#2b3340}svg text.out{fill:#dde3ec}}";

struct bar {
	char *name;
	gint64 usec;
	const char *colour;
};

static void bar_clear(gpointer data)
{
	g_free(((struct bar *)data)->name);
}

static gint longer_bar(gconstpointer a, gconstpointer b)
{
	const struct bar *x = a, *y = b;
	return x->usec == y->usec ? strcmp(x->name, y->name) : x->usec < y->usec ? 1 : -1;
}

static void add_key(GString *out, const char *colour, const char *means)
{
	g_string_append_printf(out, "<b style='background:%s'></b>%s", colour, means);
}

static void add_bars(GString *out, const char *label, const GArray *bars)
{
	guint n = MIN(bars->len, SHOWN_BARS);
	double longest = 1;
	for (guint i = 0; i < n; i++)
		longest = MAX(longest, (double)g_array_index(bars, struct bar, i).usec);
	g_string_append_printf(out,
			       "<div class='wide'><svg viewBox='0 0 1080 %u' role='img' "
			       "aria-label='%s'>\n",
			       n * 22 + 4, label);
	for (guint i = 0; i < n; i++) {
		const struct bar *bar = &g_array_index(bars, struct bar, i);
		g_autofree char *took = sbx_report_duration(bar->usec);
		double width = 600 * (double)bar->usec / longest;
		g_string_append_printf(out, "<text class='out' x='372' y='%u' text-anchor='end'>",
				       i * 22 + 15);
		sbx_report_add_escaped(out, bar->name);
		g_string_append_printf(
			out,
			"</text><rect x='380' y='%u' width='%.1f' height='17' fill='%s'/>"
			"<text class='out' x='%.1f' y='%u'>%s</text>\n",
			i * 22 + 2, MAX(width, 1), bar->colour, 388 + width, i * 22 + 15, took);
	}
	g_string_append(out, "</svg></div>\n");
}

static void put_bar(GArray *bars, char *name, gint64 usec, const char *colour)
{
	struct bar bar = {name, usec, colour};
	g_array_append_val(bars, bar);
}

static void add_stages(GString *out, const struct sbx_build_report *report)
{
	g_autoptr(GArray) bars = g_array_new(FALSE, FALSE, sizeof(struct bar));
	g_array_set_clear_func(bars, bar_clear);
	for (int i = 0; i < SBX_N_STAGES; i++)
		put_bar(bars, g_strdup(sbx_report_stage_name(i)), report->stage_usec[i],
			IMPORT_COLOUR);
	g_string_append(out, "<h2>Stages</h2>\n<p class='key'>They overlap; inflate and store are "
			     "sums over all threads.</p>\n");
	add_bars(out, "time of each stage", bars);
}

static void add_slow(GString *out, const struct sbx_build_report *report, const GPtrArray *packages)
{
	g_autoptr(GArray) bars = g_array_new(FALSE, FALSE, sizeof(struct bar));
	g_array_set_clear_func(bars, bar_clear);
	for (guint i = 0; i < report->scripts->len; i++) {
		const struct sbx_report_script *s = report->scripts->pdata[i];
		if (s->fate == SBX_SCRIPT_RAN)
			put_bar(bars,
				g_strdup_printf("%s: %s %.24s", s->package, s->script,
						s->arguments),
				s->usec, SCRIPT_COLOUR);
	}
	for (guint i = 0; i < packages->len; i++) {
		const struct sbx_report_package *p = packages->pdata[i];
		if (p->import_usec)
			put_bar(bars, g_strdup_printf("%s: import", p->name), p->import_usec,
				IMPORT_COLOUR);
		if (p->compile_usec)
			put_bar(bars, g_strdup_printf("%s: byte-compile", p->name), p->compile_usec,
				COMPILE_COLOUR);
	}
	g_array_sort(bars, longer_bar);
	if (!bars->len)
		return;
	g_string_append(out, "<h2>What was slow</h2>\n<p class='key'>");
	add_key(out, IMPORT_COLOUR, "unpacked and stored");
	add_key(out, COMPILE_COLOUR, "byte-compiled");
	add_key(out, SCRIPT_COLOUR, "maintainer script that ran");
	g_string_append(out, "</p>\n");
	add_bars(out, "what took longest", bars);
}

static void add_scripts(GString *out, const struct sbx_build_report *report)
{
	g_string_append_printf(
		out,
		"<h2>Scripts (%u)</h2>\n<p class='key'>Of one that was replayed the time is what "
		"running it took.</p>\n<div class='wide'><table><tr><th>package<th>script"
		"<th>what happened<th>time<th>changed</tr>\n",
		report->scripts->len);
	for (guint i = 0; i < report->scripts->len; i++) {
		const struct sbx_report_script *s = report->scripts->pdata[i];
		g_autofree char *took = sbx_report_duration(s->usec);
		g_autofree char *bytes = sbx_report_bytes(s->n_bytes);
		g_string_append(out, "<tr><td>");
		sbx_report_add_escaped(out, s->package);
		g_string_append(out, "<td>");
		sbx_report_add_escaped(out, s->script);
		g_string_append_c(out, ' ');
		sbx_report_add_escaped(out, s->arguments);
		g_string_append_printf(out, "<td>%s%s", sbx_report_fate_name(s->fate),
				       s->reason ? ": " : "");
		sbx_report_add_escaped(out, s->reason);
		g_string_append_printf(out, "<td class='n'>%s<td class='n'>%s</tr>\n", took, bytes);
	}
	g_string_append(out, "</table></div>\n");
}

static void add_lost(GString *out, const struct sbx_build_report *report)
{
	if (!report->lost->len)
		return;
	g_string_append_printf(out,
			       "<h2>Not kept without root: owner, set-id bits or capabilities of "
			       "%u files</h2>\n<ul>\n",
			       report->lost->len);
	for (guint i = 0; i < report->lost->len; i++) {
		g_string_append(out, "<li>");
		sbx_report_add_escaped(out, report->lost->pdata[i]);
		g_string_append_c(out, '\n');
	}
	g_string_append(out, "</ul>\n");
}

char *sbx_report_to_html(const struct sbx_build_report *report,
			 const struct sbx_build_report_head *head)
{
	GString *out = g_string_new(NULL);
	g_autoptr(GPtrArray) packages = sbx_report_packages(report);
	g_autofree char *total = sbx_report_duration(head->total_usec);
	g_string_append_printf(out,
			       "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>"
			       "<meta name='viewport' content='width=device-width'>"
			       "<title>Build of template %.16s</title><style>%s</style></head>\n"
			       "<body><h1>Build of a template: %s</h1><p class='sub'>",
			       head->id, style, head->was_there ? "was there" : total);
	sbx_report_add_escaped(out, head->suite);
	g_string_append_printf(out, ", %s, template %s</p>\n", head->architecture, head->id);
	add_stages(out, report);
	add_slow(out, report, packages);
	sbx_report_add_treemap(out, packages);
	add_scripts(out, report);
	add_lost(out, report);
	g_string_append(out, "</body></html>\n");
	return g_string_free(out, FALSE);
}
