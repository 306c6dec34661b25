/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>

#include "base/keyfile.h"
#include "tests/lib/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	struct sbx_error err = SBX_ERROR_INIT;
	SBX_CLEANUP_KEYFILE struct sbx_keyfile *kf =
		sbx_keyfile_parse((const char *)data, n_bytes, "input", &err);
	if (!kf) {
		if (err.code != SBX_E_INPUT)
			abort();
		return 0;
	}
	for (const char *const *key = sbx_keyfile_keys(kf, "a"); *key; key++)
		if (!sbx_keyfile_get(kf, "a", *key) || !sbx_keyfile_get_list(kf, "a", *key))
			abort();
	return 0;
}
