/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_REPORT_H
#define SBX_BUILDER_REPORT_H

#include <json-glib/json-glib.h>

#include "store/catalog.h"

/* Small things that several verbs print alike. */

/* "1.3 GB", "640 KB", "12 B" (powers of ten). Newly allocated. */
char *sbx_report_bytes(guint64 n_bytes);
/* "3 minutes ago", "never" for 0. Newly allocated. */
char *sbx_report_when(gint64 usec);
/* "12 ms", "3.40 s". Newly allocated. */
char *sbx_report_duration(gint64 usec);

/* Print a builder's JSON, pretty, with a newline, to stdout. */
void sbx_report_json(JsonBuilder *builder);

/* The members of a template that `ls` and `show` have in common, into an open object. */
void sbx_report_template(JsonBuilder *builder, const struct sbx_template *row);

#endif
