/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_OUTPUT_H
#define SBX_BUILDER_OUTPUT_H

#include <glib.h>

/*
 * Write `text` where a user wants a result: a file gets it whole or stays as it was; what is no
 * file (a device, a pipe, a link such as /dev/stdout) is written to and never replaced. `what` is
 * "the lock" or the like, for the message. SBX_E_NO_SPACE, SBX_E_DENIED, SBX_E_FAILED.
 */
gboolean sbx_output_write(const char *path, const char *text, const char *what, GError **error);

/* Could that be done? For whoever has much work before there is something to write. */
gboolean sbx_output_check(const char *path, const char *what, GError **error);

#endif
