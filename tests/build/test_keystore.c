/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "builder/build/keystore.h"

static void put(GByteArray *to, guint64 value, guint n_bytes)
{
	for (guint i = n_bytes; i-- > 0;) {
		guint8 byte = (guint8)(value >> (8 * i));
		g_byte_array_append(to, &byte, 1);
	}
}

static void put_text(GByteArray *to, const char *text, guint n_length_bytes)
{
	put(to, strlen(text), n_length_bytes);
	g_byte_array_append(to, (const guint8 *)text, (guint)strlen(text));
}

static void seal(GByteArray *to, const char *password)
{
	g_autoptr(GChecksum) hash = g_checksum_new(G_CHECKSUM_SHA1);
	guint8 digest[20];
	gsize n = sizeof(digest);
	for (; *password; password++)
		g_checksum_update(hash, (const guint8[]){0, (guint8)*password}, 2);
	g_checksum_update(hash, (const guint8 *)"Mighty Aphrodite", 16);
	g_checksum_update(hash, to->data, to->len);
	g_checksum_get_digest(hash, digest, &n);
	g_byte_array_append(to, digest, 20);
}

/* A trusted certificate and a key with two, each added at another time. */
static GByteArray *keystore(guint version, guint64 msec, const char *password)
{
	GByteArray *to = g_byte_array_new();
	put(to, 0xfeedfeed, 4);
	put(to, version, 4);
	put(to, 2, 4);
	for (guint i = 1; i <= 2; i++) {
		put(to, 3 - i, 4);
		put_text(to, "debian:one.pem", 2);
		put(to, msec + i, 8);
		if (i == 2) {
			put_text(to, "key", 4);
			put(to, i, 4);
		}
		for (guint k = 0; k < i; k++) {
			if (version == 2)
				put_text(to, "X.509", 2);
			put_text(to, "certificate", 4);
		}
	}
	if (password)
		seal(to, password);
	return to;
}

static gboolean is_changed(const GByteArray *from, gsize n_bytes)
{
	g_autofree guint8 *copy = g_memdup2(from->data, from->len);
	gboolean told = sbx_keystore_normalise(copy, n_bytes);
	assert_int_equal(told, memcmp(copy, from->data, from->len) != 0);
	return told;
}

static void whenever_it_was_made_it_is_the_same(void **state)
{
	(void)state;
	for (guint version = 1; version <= 2; version++) {
		g_autoptr(GByteArray) now = keystore(version, 1700000000000, "changeit");
		g_autoptr(GByteArray) later = keystore(version, 1800000000000, "changeit");
		assert_true(sbx_keystore_normalise(now->data, now->len));
		assert_true(sbx_keystore_normalise(later->data, later->len));
		assert_memory_equal(now->data, later->data, now->len);
		/* And it is one that Java takes: sealed, its entries whole. */
		assert_true(sbx_keystore_normalise(now->data, now->len));
		assert_memory_equal(now->data, later->data, now->len);
	}
}

static void what_is_no_such_keystore_is_left_alone(void **state)
{
	(void)state;
	g_autoptr(GByteArray) other = keystore(2, 17, "another");
	g_autoptr(GByteArray) third = keystore(3, 17, "changeit");
	g_autoptr(GByteArray) fine = keystore(2, 17, "changeit");
	assert_false(is_changed(other, other->len));
	assert_false(is_changed(third, third->len));
	for (gsize n = 0; n < fine->len; n++)
		assert_false(is_changed(fine, n));
	fine->data[40] ^= 1;
	assert_false(is_changed(fine, fine->len));
}

/* The seal is right, what it is over is not. */
static void lengths_that_lie_lead_nowhere(void **state)
{
	(void)state;
	g_autoptr(GByteArray) whole = keystore(2, 17, NULL);
	for (guint at = 8; at < whole->len; at++) {
		g_autoptr(GByteArray) bad = keystore(2, 17, NULL);
		memset(bad->data + at, 0xff, MIN(4, whole->len - at));
		seal(bad, "changeit");
		is_changed(bad, bad->len);
	}
	for (guint n = 12; n < whole->len; n++) {
		g_autoptr(GByteArray) cut = keystore(2, 17, NULL);
		g_byte_array_set_size(cut, n);
		seal(cut, "changeit");
		assert_false(is_changed(cut, cut->len));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whenever_it_was_made_it_is_the_same),
		cmocka_unit_test(what_is_no_such_keystore_is_left_alone),
		cmocka_unit_test(lengths_that_lie_lead_nowhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
