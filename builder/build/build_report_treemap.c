/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/build/build_report_data.h"
#include "builder/report.h"

#define MAP_WIDTH    1080.0
#define MAP_HEIGHT   460.0
#define MAX_BOXES    120 /* smaller packages share one box */
#define LETTER_WIDTH 7.2
#define MIN_LETTERS  4

void sbx_report_add_escaped(GString *out, const char *text)
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

/* What fits of a name, with an ellipsis for the rest; "" where not even that is of use. */
static char *shorten(const char *name, double width)
{
	double n = width / LETTER_WIDTH;
	glong length = g_utf8_strlen(name, -1);
	if (n >= (double)length)
		return g_strdup(name);
	if (n < MIN_LETTERS)
		return g_strdup("");
	g_autofree char *start = g_utf8_substring(name, 0, (glong)n - 1);
	return g_strconcat(start, "\u2026", NULL);
}

static void add_box(GString *out, const struct box *box, struct area a, double total, guint number)
{
	g_autofree char *bytes = sbx_report_bytes((guint64)box->value);
	g_autofree char *shown = a.height > 17 ? shorten(box->name, a.width - 8) : g_strdup("");
	g_string_append(out, "<g><title>");
	sbx_report_add_escaped(out, box->name);
	g_string_append_printf(out,
			       ": %s, %.1f %%</title><rect x='%.1f' y='%.1f' width='%.1f' "
			       "height='%.1f' fill='hsl(%u 46%% %u%%)' stroke='#fff'/>",
			       bytes, 100 * box->value / total, a.x, a.y, a.width, a.height,
			       200 + number * 37 % 150, 34 + number * 13 % 14);
	if (*shown) {
		g_string_append_printf(out, "<text x='%.1f' y='%.1f' fill='#fff'>", a.x + 5,
				       a.y + 15);
		sbx_report_add_escaped(out, shown);
		g_string_append(out, "</text>");
	}
	if (*shown && a.height > 36 && a.width > LETTER_WIDTH * (double)strlen(bytes) + 8)
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

void sbx_report_add_treemap(GString *out, const GPtrArray *packages)
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
			       "<h2>What is big: %u packages, %s</h2>\n<div class='wide'>"
			       "<svg viewBox='0 0 %.0f %.0f' role='img' "
			       "aria-label='treemap of the packages'>\n",
			       packages->len, bytes, MAP_WIDTH, MAP_HEIGHT);
	if (n)
		add_boxes(out, boxes, n, (struct area){0, 0, MAP_WIDTH, MAP_HEIGHT}, total, 0);
	g_string_append(out, "</svg></div>\n");
}
