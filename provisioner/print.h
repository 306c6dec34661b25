/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_PRINT_H
#define SBX_PROVISIONER_PRINT_H

#include "base/buffer.h"

/*
 * What a verb has to say, to stdout. Returns the exit status: 0, or that of a failure of ours, told
 * in one line, when it cannot be written, as on a full disk.
 */
int sbx_print(const struct sbx_buffer *text);

#endif
