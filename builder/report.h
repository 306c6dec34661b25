/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_REPORT_H
#define SBX_BUILDER_REPORT_H

#include "base/json.h"
#include "store/catalog.h"

/* Small things that several verbs print alike. */

/* "1.3 GB", "640 KB", "12 B" (powers of ten). Newly allocated. */
char *sbx_report_bytes(guint64 n_bytes);
/* "3 minutes ago", "never" for 0. Newly allocated. */
char *sbx_report_when(gint64 usec);
/* "12 ms", "3.40 s". Newly allocated. */
char *sbx_report_duration(gint64 usec);

/* A verb's result as JSON: `SBX_REPORT(json);` declares `json` to write to, pretty. */
struct sbx_report {
	struct sbx_buffer text;
	struct sbx_json json;
};
struct sbx_json *sbx_report_begin(struct sbx_report *report);
static inline void sbx_report_release(struct sbx_report *report)
{
	sbx_buffer_release(&report->text);
}
#define SBX_REPORT(name)                                                                           \
	__attribute__((cleanup(sbx_report_release))) struct sbx_report name##_report = {0};        \
	struct sbx_json *name = sbx_report_begin(&name##_report)

/* Print what was written, when its outermost object has ended, to stdout. */
void sbx_report_json(struct sbx_json *json);

/* The members of a template that `ls` and `show` have in common, into an open object. */
void sbx_report_template(struct sbx_json *json, const struct sbx_template *row);

#endif
