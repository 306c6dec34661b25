/* SPDX-License-Identifier: Apache-2.0 */
/* A page that stands alone: a treemap of what is big, bars of what was slow. No script, no link. */
#include <string.h>

#include "builder/build/build_report_data.h"
#include "builder/report.h"

#define MAP_WIDTH  1080.0
#define MAP_HEIGHT 460.0
#define MAX_BOXES  120 /* smaller packages share one box */
#define SHOWN_BARS 30

static const char style[] =
	"body{font:15px/1.45 system-ui,sans-serif;max-width:1100px;margin:2em auto;padding:0 1em;"
	"color:#1c2330;background:#fff}h1{font-size:1.5em;margin-bottom:0}h2{font-size:1.15em;"
	"margin:1.8em 0 .5em}p.sub{color:#5b6575;margin-top:.2em;overflow-wrap:anywhere}"
	"svg{display:block;width:100%;height:auto}svg text{font:12px system-ui,sans-serif}"
	"table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.15em .8em .15em "
	"0;"
	"border-bottom:1px solid "
	"#e4e8ee}td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}"
	"@media(prefers-color-scheme:dark){body{color:#dde3ec;background:#14181f}p.sub{color:#"
	"93a0b4}"
	"td,th{border-color:#2b3340}svg text.out{fill:#dde3ec}}";

static void add_escaped(GString *out, const char *text)
{
	g_autofree char *escaped = g_markup_escape_text(text ? text : "", -1);
	g_string_append(out, escaped);
}

struct box {
	const char *name;
	double value;
};

struct area {
	double x, y, width, height;
};

static void add_box(GString *out, const struct box *box, struct area a, double total, guint number)
{
	g_autofree char *bytes = sbx_report_bytes((guint64)box->value);
	g_string_append_printf(
		out,
		"<g><title>%s: %s, %.1f %%</title><rect x='%.1f' y='%.1f' "
		"width='%.1f' height='%.1f' fill='hsl(%u 46%% %u%%)' stroke='#fff'/>",
		box->name, bytes, 100 * box->value / total, a.x, a.y, a.width, a.height,
		200 + number * 37 % 150, 34 + number * 13 % 14);
	/* Seven units a letter: a name that does not fit is told by the title alone. */
	if (a.height > 17 && a.width > 7.2 * (double)strlen(box->name) + 8)
		g_string_append_printf(out, "<text x='%.1f' y='%.1f' fill='#fff'>%s</text>",
				       a.x + 5, a.y + 15, box->name);
	if (a.height > 36 && a.width > 70)
		g_string_append_printf(out,
				       "<text x='%.1f' y='%.1f' fill='#fff' opacity='.8'>%s"
				       "</text>",
				       a.x + 5, a.y + 31, bytes);
	g_string_append(out, "</g>\n");
}

/*
 * Cut the area in two along its longer side, the boxes (largest first) as evenly as they come, and
 * so on in both halves.
 */
static void add_boxes(GString *out, const struct box *boxes, guint n, struct area a, double total,
		      guint number)
{
	double sum = 0, half = 0;
	guint k = 0;
	if (n == 1) {
		add_box(out, boxes, a, total, number);
		return;
	}
	for (guint i = 0; i < n; i++)
		sum += boxes[i].value;
	while (k + 1 < n && (k == 0 || half + boxes[k].value / 2 < sum / 2))
		half += boxes[k++].value;
	double share = sum > 0 ? half / sum : 0.5;
	struct area first = a, second = a;
	if (a.width >= a.height) {
		first.width = a.width * share;
		second.x += first.width;
		second.width -= first.width;
	} else {
		first.height = a.height * share;
		second.y += first.height;
		second.height -= first.height;
	}
	add_boxes(out, boxes, k, first, total, number);
	add_boxes(out, boxes + k, n - k, second, total, number + k);
}

static void add_treemap(GString *out, const GPtrArray *packages)
{
	struct box boxes[MAX_BOXES + 1];
	char others[64];
	double total = 0, rest = 0;
	guint n = 0, n_rest = 0;
	for (guint i = 0; i < packages->len; i++)
		total += (double)((struct sbx_report_package *)packages->pdata[i])->n_bytes;
	for (guint i = 0; i < packages->len; i++) {
		const struct sbx_report_package *p = packages->pdata[i];
		if (n < MAX_BOXES && (double)p->n_bytes > total / 2000) {
			boxes[n++] = (struct box){p->name, (double)p->n_bytes};
		} else {
			rest += (double)p->n_bytes;
			n_rest++;
		}
	}
	if (rest > 0) {
		g_snprintf(others, sizeof(others), "%u smaller packages", n_rest);
		boxes[n++] = (struct box){others, rest};
	}
	g_autofree char *bytes = sbx_report_bytes((guint64)total);
	g_string_append_printf(out,
			       "<h2>What is big: %u packages, %s</h2>\n"
			       "<svg viewBox='0 0 %.0f %.0f' role='img'>\n",
			       packages->len, bytes, MAP_WIDTH, MAP_HEIGHT);
	if (n)
		add_boxes(out, boxes, n, (struct area){0, 0, MAP_WIDTH, MAP_HEIGHT}, total, 0);
	g_string_append(out, "</svg>\n");
}

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

static void add_bars(GString *out, const char *title, const GArray *bars)
{
	guint n = MIN(bars->len, SHOWN_BARS);
	double longest = 1;
	for (guint i = 0; i < n; i++)
		longest = MAX(longest, (double)g_array_index(bars, struct bar, i).usec);
	g_string_append_printf(out, "<h2>%s</h2>\n<svg viewBox='0 0 1080 %u' role='img'>\n", title,
			       n * 22 + 4);
	for (guint i = 0; i < n; i++) {
		const struct bar *bar = &g_array_index(bars, struct bar, i);
		g_autofree char *took = sbx_report_duration(bar->usec);
		double width = 600 * (double)bar->usec / longest;
		g_string_append_printf(out, "<text class='out' x='372' y='%u' text-anchor='end'>",
				       i * 22 + 15);
		add_escaped(out, bar->name);
		g_string_append_printf(
			out,
			"</text><rect x='380' y='%u' width='%.1f' height='17' fill='%s'/>"
			"<text class='out' x='%.1f' y='%u'>%s</text>\n",
			i * 22 + 2, MAX(width, 1), bar->colour, 388 + width, i * 22 + 15, took);
	}
	g_string_append(out, "</svg>\n");
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
		put_bar(bars, g_strdup(sbx_report_stage_name(i)), report->stage_usec[i], "#3b6ea8");
	add_bars(out, "Stages (inflate and store: all threads together)", bars);
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
				s->usec, "#b4553d");
	}
	for (guint i = 0; i < packages->len; i++) {
		const struct sbx_report_package *p = packages->pdata[i];
		if (p->import_usec)
			put_bar(bars, g_strdup_printf("%s: import", p->name), p->import_usec,
				"#3b6ea8");
		if (p->compile_usec)
			put_bar(bars, g_strdup_printf("%s: byte-compile", p->name), p->compile_usec,
				"#4f8a5b");
	}
	g_array_sort(bars, longer_bar);
	if (bars->len)
		add_bars(out, "What was slow: imports, byte-compiling, scripts", bars);
}

static void add_scripts(GString *out, const struct sbx_build_report *report)
{
	g_string_append_printf(out,
			       "<h2>Scripts (%u)</h2>\n<table><tr><th>package<th>script"
			       "<th>what happened<th>time<th>changed</tr>\n",
			       report->scripts->len);
	for (guint i = 0; i < report->scripts->len; i++) {
		const struct sbx_report_script *s = report->scripts->pdata[i];
		g_autofree char *took = sbx_report_duration(s->usec);
		g_autofree char *bytes = sbx_report_bytes(s->n_bytes);
		g_string_append(out, "<tr><td>");
		add_escaped(out, s->package);
		g_string_append(out, "<td>");
		add_escaped(out, s->script);
		g_string_append_c(out, ' ');
		add_escaped(out, s->arguments);
		g_string_append_printf(out, "<td>%s%s", sbx_report_fate_name(s->fate),
				       s->reason ? ": " : "");
		add_escaped(out, s->reason);
		g_string_append_printf(out, "<td class='n'>%s<td class='n'>%s</tr>\n", took, bytes);
	}
	g_string_append(out, "</table>\n");
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
	add_escaped(out, head->suite);
	g_string_append_printf(out, ", %s, template %s</p>\n", head->architecture, head->id);
	add_stages(out, report);
	add_slow(out, report, packages);
	add_treemap(out, packages);
	add_scripts(out, report);
	g_string_append(out, "</body></html>\n");
	return g_string_free(out, FALSE);
}
