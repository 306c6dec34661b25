/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BASE_SHA256_H
#define SBX_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

/*
 * SHA-256 (FIPS 180-4) as a stream, for layers that link no crypto library. Nothing is allocated
 * and nothing fails. After sbx_sha256_finish() the context must be initialised again.
 */
struct sbx_sha256 {
	uint32_t state[8];
	uint64_t n_bytes;
	uint8_t block[64];
};

#define SBX_SHA256_BYTES 32
#define SBX_SHA256_HEX	 65 /* 64 hex digits and the NUL */

void sbx_sha256_init(struct sbx_sha256 *ctx);
void sbx_sha256_update(struct sbx_sha256 *ctx, const void *data, size_t n_bytes);
void sbx_sha256_finish(struct sbx_sha256 *ctx, uint8_t out_digest[SBX_SHA256_BYTES]);

/* A digest as 64 lower-case hex digits. */
void sbx_sha256_hex(const uint8_t digest[SBX_SHA256_BYTES], char out_hex[SBX_SHA256_HEX]);

#endif
