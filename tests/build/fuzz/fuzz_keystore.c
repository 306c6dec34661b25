/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/build/keystore.h"
#include "tests/lib/fuzz/fuzz.h"

/* What is sealed is walked through; what was changed is the same when it is changed again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	static const guint8 prefix[] = "\0c\0h\0a\0n\0g\0e\0i\0tMighty Aphrodite";
	g_autofree guint8 *bytes = g_malloc(n_bytes + 20);
	g_autoptr(GChecksum) hash = g_checksum_new(G_CHECKSUM_SHA1);
	gsize n = 20;
	if (n_bytes)
		memcpy(bytes, data, n_bytes);
	g_checksum_update(hash, prefix, 32);
	g_checksum_update(hash, bytes, (gssize)n_bytes);
	g_checksum_get_digest(hash, bytes + n_bytes, &n);
	if (!sbx_keystore_normalise(bytes, n_bytes + 20))
		return 0;
	g_autofree guint8 *again = g_memdup2(bytes, n_bytes + 20);
	g_assert_true(sbx_keystore_normalise(again, n_bytes + 20));
	g_assert_cmpmem(bytes, n_bytes + 20, again, n_bytes + 20);
	return 0;
}
