/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_TESTS_ARCHIVE_FUZZ_H
#define SBX_TESTS_ARCHIVE_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* What libFuzzer calls; replay.c does, too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

#endif
