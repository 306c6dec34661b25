/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256.h"

#include <string.h>

/* FIPS 180-4, 4.2.2: fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2};

static inline uint32_t rotate(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

/* FIPS 180-4, 6.2.2, step 3. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                           \
	do {                                                                                       \
		uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +                 \
			      (g ^ (e & (f ^ g))) + round_constants[i] + w[i];                     \
		d += t1;                                                                           \
		h = t1 + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +                          \
		    ((a & b) | (c & (a | b)));                                                     \
	} while (0)

static void add_block(uint32_t state[8], const uint8_t *p)
{
	uint32_t w[64];
	for (unsigned i = 0; i < 16; i++, p += 4)
		w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	for (unsigned i = 16; i < 64; i++) {
		uint32_t x = w[i - 15], y = w[i - 2];
		w[i] = w[i - 16] + w[i - 7] + (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) +
		       (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10);
	}
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
	/* Instead of moving the eight words by one after each round, eight rounds name them anew.
	 */
	for (unsigned i = 0; i < 64; i += 8) {
		ROUND(a, b, c, d, e, f, g, h, i);
		ROUND(h, a, b, c, d, e, f, g, i + 1);
		ROUND(g, h, a, b, c, d, e, f, i + 2);
		ROUND(f, g, h, a, b, c, d, e, i + 3);
		ROUND(e, f, g, h, a, b, c, d, i + 4);
		ROUND(d, e, f, g, h, a, b, c, i + 5);
		ROUND(c, d, e, f, g, h, a, b, i + 6);
		ROUND(b, c, d, e, f, g, h, a, i + 7);
	}
	const uint32_t added[8] = {a, b, c, d, e, f, g, h};
	for (unsigned i = 0; i < 8; i++)
		state[i] += added[i];
}

void sbx_sha256_init(struct sbx_sha256 *ctx)
{
	static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	memcpy(ctx->state, first, sizeof(first));
	ctx->n_bytes = 0;
}

void sbx_sha256_update(struct sbx_sha256 *ctx, const void *data, size_t n_bytes)
{
	const uint8_t *p = data;
	size_t held = ctx->n_bytes % 64;
	ctx->n_bytes += n_bytes;
	if (held) {
		size_t n = n_bytes < 64 - held ? n_bytes : 64 - held;
		if (n)
			memcpy(ctx->block + held, p, n);
		if (held + n < 64)
			return;
		add_block(ctx->state, ctx->block);
		p += n;
		n_bytes -= n;
	}
	for (; n_bytes >= 64; p += 64, n_bytes -= 64)
		add_block(ctx->state, p);
	if (n_bytes)
		memcpy(ctx->block, p, n_bytes);
}

void sbx_sha256_finish(struct sbx_sha256 *ctx, uint8_t out_digest[SBX_SHA256_BYTES])
{
	uint64_t n_bits = ctx->n_bytes * 8;
	uint8_t tail[72] = {0x80};
	size_t held = ctx->n_bytes % 64, n_pad = held < 56 ? 56 - held : 120 - held;
	for (unsigned i = 0; i < 8; i++)
		tail[n_pad + i] = (uint8_t)(n_bits >> (56 - 8 * i));
	sbx_sha256_update(ctx, tail, n_pad + 8);
	for (unsigned i = 0; i < 32; i++)
		out_digest[i] = (uint8_t)(ctx->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sbx_sha256_hex(const uint8_t digest[SBX_SHA256_BYTES], char out_hex[SBX_SHA256_HEX])
{
	static const char digits[] = "0123456789abcdef";
	for (unsigned i = 0; i < SBX_SHA256_BYTES; i++) {
		out_hex[2 * i] = digits[digest[i] >> 4];
		out_hex[2 * i + 1] = digits[digest[i] & 15];
	}
	out_hex[64] = '\0';
}
