/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RUN_OUTPUT_FILTER_H
#define SBX_BUILDER_RUN_OUTPUT_FILTER_H

#include <glib.h>

/*
 * What may not leave with a task's output: secrets, by regular expressions. Some are built in (keys
 * and tokens that say themselves what they are), policies add others. Works on bytes.
 */
struct sbx_output_filter;

/* SBX_E_USAGE names the pattern that is none. NULL: no further patterns. */
struct sbx_output_filter *sbx_output_filter_new(const char *const *patterns, GError **error);
void sbx_output_filter_free(struct sbx_output_filter *filter);

/*
 * Is there a secret? Returns what kind ("private-key", or "pattern" for one of the policy's), NULL:
 * none. A text on which a pattern takes too long counts as one that holds a secret. The place is in
 * *out_line, from 1.
 */
const char *sbx_output_filter_find(const struct sbx_output_filter *filter, const char *text,
				   gsize n_bytes, guint *out_line);

/* The text with every secret replaced by "[redacted]"; NULL with an error when that failed. */
char *sbx_output_filter_redact(const struct sbx_output_filter *filter, const char *text,
			       gsize n_bytes, gsize *out_n_bytes, GError **error);

#endif
