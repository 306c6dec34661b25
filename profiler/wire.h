/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_WIRE_H
#define SBX_PROFILER_WIRE_H

#include "base/buffer.h"
#include "profiler/extract.h"

/*
 * Private to profiler/: an extraction as bytes, for the way from the process that parsed a text.
 * Numbers are in the machine's own form; a text is its length, its bytes and a NUL. Whoever reads
 * it trusts none of it: the parser that made it may be in the hands of the text.
 */
void sbx_wire_add(struct sbx_buffer *out, const struct sbx_extraction *x);

/*
 * Read it. Strings point into `bytes`, which must live as long as *x (zeroed before). False when
 * it is no extraction or memory is out; then *x is to be released all the same.
 */
bool sbx_wire_read(const char *bytes, size_t n_bytes, struct sbx_extraction *x);

#endif
