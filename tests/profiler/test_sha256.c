/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sha256.h"

static void check(const char *text, size_t n, const char *expected)
{
	uint8_t digest[SBX_SHA256_BYTES];
	char hex[SBX_SHA256_HEX];
	struct sbx_sha256 sha;
	sbx_sha256_init(&sha);
	sbx_sha256_update(&sha, text, n);
	sbx_sha256_finish(&sha, digest);
	sbx_sha256_hex(digest, hex);
	assert_string_equal(hex, expected);
}

/* FIPS 180-4's examples (NIST's "SHA256.pdf"), and the empty message. */
static void vectors(void **state)
{
	check("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	check("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	const char *two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	check(two_blocks, strlen(two_blocks),
	      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	char *million = malloc(1000000);
	assert_non_null(million);
	memset(million, 'a', 1000000);
	check(million, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(million);
}

static void pieces_of_any_size_give_the_same(void **state)
{
	uint8_t whole[SBX_SHA256_BYTES], parts[SBX_SHA256_BYTES];
	char text[300];
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	for (size_t n = 0; n <= sizeof(text); n++) {
		struct sbx_sha256 sha;
		sbx_sha256_init(&sha);
		sbx_sha256_update(&sha, text, n);
		sbx_sha256_finish(&sha, whole);
		for (size_t step = 1; step < 130; step += 21) {
			sbx_sha256_init(&sha);
			for (size_t at = 0; at < n; at += step)
				sbx_sha256_update(&sha, text + at, n - at < step ? n - at : step);
			sbx_sha256_finish(&sha, parts);
			assert_memory_equal(whole, parts, sizeof(whole));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(pieces_of_any_size_give_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
