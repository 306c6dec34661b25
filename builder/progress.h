/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_PROGRESS_H
#define SBX_BUILDER_PROGRESS_H

#include <glib.h>

/*
 * Progress is an event; a renderer is picked once: a bar per phase on a terminal, plain lines
 * elsewhere, JSON lines on --progress-fd besides. All functions may be called from any thread and
 * with progress == NULL (they do nothing then).
 */
struct sbx_progress;

enum sbx_progress_unit { SBX_UNIT_BYTES, SBX_UNIT_ITEMS };

/* Begin a phase ("fetch", "import", ...). total 0: not known yet. Phases may overlap. */
void sbx_progress_begin(struct sbx_progress *progress, const char *phase,
			enum sbx_progress_unit unit, guint64 total);
void sbx_progress_set_total(struct sbx_progress *progress, const char *phase, guint64 total);
/* Add to what is done of the phase. `item` (may be NULL) names what was just done. */
void sbx_progress_add(struct sbx_progress *progress, const char *phase, guint64 n,
		      const char *item);
/* End the phase. `summary` is one line for people: "251 packages, 213 MB". */
void sbx_progress_end(struct sbx_progress *progress, const char *phase, const char *fmt, ...)
	G_GNUC_PRINTF(3, 4);
/* Something a person should know though nothing failed; goes to stderr as "sbx-build: warning". */
void sbx_progress_warn(struct sbx_progress *progress, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

/* event_fd -1: none. quiet: only warnings. */
struct sbx_progress *sbx_progress_new(int event_fd, gboolean quiet);
void sbx_progress_free(struct sbx_progress *progress);

#endif
