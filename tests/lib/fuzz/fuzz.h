/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_TESTS_FUZZ_H
#define SBX_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/*
 * A fuzzer is one of these: look at the bytes, and die of whatever should not be. libFuzzer calls
 * it when SBX_FUZZ is on, replay.c in every other build.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

/* Optional, before the first input. libFuzzer leaves words alone that begin with "--". */
int LLVMFuzzerInitialize(int *argc, char ***argv);

#endif
