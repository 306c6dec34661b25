/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/lock.h"
#include "tests/lib/fuzz/fuzz.h"

/* Whatever is read is written and read again as the same; whatever is not says why. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	g_autoptr(GError) error = NULL;
	SBX_AUTO(sbx_lock)
	lock = sbx_lock_from_json((const char *)data, (gssize)n_bytes, "fuzz", &error);
	g_assert((lock == NULL) == (error != NULL));
	if (!lock)
		return 0;
	g_autofree char *json = sbx_lock_to_json(lock);
	SBX_AUTO(sbx_lock) again = sbx_lock_from_json(json, -1, "written", &error);
	g_assert_no_error(error);
	g_autofree char *json_again = sbx_lock_to_json(again);
	g_autofree char *id = sbx_lock_id(lock), *id_again = sbx_lock_id(again);
	g_assert_cmpstr(json, ==, json_again);
	g_assert_cmpstr(id, ==, id_again);
	return 0;
}
