/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/progress.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "base/json.h"

#define REDRAW_USEC 100000 /* a bar that moves more often only costs time */
#define BAR_WIDTH   28

struct phase {
	char *name;
	enum sbx_progress_unit unit;
	guint64 done, total;
	gint64 began_usec, drawn_usec;
	gboolean live;
};

struct sbx_progress {
	GMutex mutex;
	GPtrArray *phases; /* struct phase * */
	int event_fd;
	gboolean quiet, terminal;
	gboolean bar_drawn; /* the cursor stands behind a bar */
};

static void phase_free(gpointer data)
{
	struct phase *phase = data;
	g_free(phase->name);
	g_free(phase);
}

struct sbx_progress *sbx_progress_new(int event_fd, gboolean quiet)
{
	struct sbx_progress *progress = g_new0(struct sbx_progress, 1);
	g_mutex_init(&progress->mutex);
	progress->phases = g_ptr_array_new_with_free_func(phase_free);
	progress->event_fd = event_fd;
	progress->quiet = quiet;
	progress->terminal = isatty(STDERR_FILENO);
	return progress;
}

void sbx_progress_free(struct sbx_progress *progress)
{
	if (!progress)
		return;
	if (progress->bar_drawn)
		fputs("\r\033[K", stderr);
	g_ptr_array_unref(progress->phases);
	g_mutex_clear(&progress->mutex);
	g_free(progress);
}

static struct phase *find_phase(struct sbx_progress *progress, const char *name)
{
	for (guint i = 0; i < progress->phases->len; i++) {
		struct phase *phase = progress->phases->pdata[i];
		if (g_str_equal(phase->name, name))
			return phase;
	}
	struct phase *phase = g_new0(struct phase, 1);
	phase->name = g_strdup(name);
	g_ptr_array_add(progress->phases, phase);
	return phase;
}

static void write_event(struct sbx_progress *progress, const char *event, const struct phase *phase,
			const char *item, const char *text)
{
	if (progress->event_fd < 0)
		return;
	SBX_CLEANUP_BUFFER struct sbx_buffer line = SBX_BUFFER_INIT;
	struct sbx_json w = {.out = &line};
	sbx_json_begin_object(&w, NULL);
	sbx_json_string(&w, "event", event);
	if (phase) {
		sbx_json_string(&w, "phase", phase->name);
		sbx_json_int(&w, "done", (int64_t)phase->done);
		sbx_json_int(&w, "total", (int64_t)phase->total);
		sbx_json_string(&w, "unit", phase->unit == SBX_UNIT_BYTES ? "bytes" : "items");
	}
	if (item)
		sbx_json_string(&w, "item", item);
	if (text)
		sbx_json_string(&w, "text", text);
	sbx_json_end_object(&w);
	sbx_buffer_add(&line, "\n", 1);
	/* A reader that went away must not stop the work. */
	if (!line.failed && sbx_write_all(progress->event_fd, line.data, line.n_bytes) < 0)
		progress->event_fd = -1;
}

static void clear_bar(struct sbx_progress *progress)
{
	if (progress->bar_drawn)
		fputs("\r\033[K", stderr);
	progress->bar_drawn = FALSE;
}

static void draw_bar(struct sbx_progress *progress, struct phase *phase, gboolean force)
{
	gint64 now = g_get_monotonic_time();
	if (!progress->terminal || progress->quiet ||
	    (!force && now - phase->drawn_usec < REDRAW_USEC))
		return;
	phase->drawn_usec = now;
	double share = phase->total ? MIN(1.0, (double)phase->done / (double)phase->total) : 0;
	char bar[BAR_WIDTH + 1];
	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', (size_t)(share * BAR_WIDTH));
	bar[BAR_WIDTH] = '\0';
	g_autofree char *amount =
		phase->unit == SBX_UNIT_BYTES
			? g_strdup_printf("%.1f/%.1f MB", (double)phase->done / 1e6,
					  (double)phase->total / 1e6)
			: g_strdup_printf("%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, phase->done,
					  phase->total);
	fprintf(stderr, "\r\033[K%-10s [%s] %3d %%  %s", phase->name, bar, (int)(share * 100),
		amount);
	fflush(stderr);
	progress->bar_drawn = TRUE;
}

void sbx_progress_begin(struct sbx_progress *progress, const char *name,
			enum sbx_progress_unit unit, guint64 total)
{
	if (!progress)
		return;
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&progress->mutex);
	struct phase *phase = find_phase(progress, name);
	phase->unit = unit;
	phase->done = 0;
	phase->total = total;
	phase->began_usec = g_get_monotonic_time();
	phase->live = TRUE;
	write_event(progress, "begin", phase, NULL, NULL);
	draw_bar(progress, phase, TRUE);
}

void sbx_progress_set_total(struct sbx_progress *progress, const char *name, guint64 total)
{
	if (!progress)
		return;
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&progress->mutex);
	find_phase(progress, name)->total = total;
}

void sbx_progress_add(struct sbx_progress *progress, const char *name, guint64 n, const char *item)
{
	if (!progress)
		return;
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&progress->mutex);
	struct phase *phase = find_phase(progress, name);
	phase->done += n;
	/* Bytes trickle in; events without a named item are as rare as redraws. */
	gint64 now = g_get_monotonic_time();
	if (item || now - phase->drawn_usec >= REDRAW_USEC) {
		write_event(progress, "progress", phase, item, NULL);
		draw_bar(progress, phase, FALSE);
		phase->drawn_usec = now;
	}
}

void sbx_progress_end(struct sbx_progress *progress, const char *name, const char *fmt, ...)
{
	if (!progress)
		return;
	va_list ap;
	va_start(ap, fmt);
	g_autofree char *summary = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&progress->mutex);
	struct phase *phase = find_phase(progress, name);
	phase->live = FALSE;
	write_event(progress, "end", phase, NULL, summary);
	clear_bar(progress);
	if (!progress->quiet)
		fprintf(stderr, "%-10s %s  %.2f s\n", name, summary,
			(double)(g_get_monotonic_time() - phase->began_usec) / 1e6);
}

void sbx_progress_warn(struct sbx_progress *progress, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	g_autofree char *text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	if (!progress) {
		fprintf(stderr, "sbx-build: warning: %s\n", text);
		return;
	}
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&progress->mutex);
	clear_bar(progress);
	write_event(progress, "warning", NULL, NULL, text);
	fprintf(stderr, "sbx-build: warning: %s\n", text);
}
