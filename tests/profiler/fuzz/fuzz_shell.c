/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>

#include "profiler/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_facts facts;
	if (sbx_facts_parse(&facts, sbx_language_by_name("shell"), "input", (const char *)data,
			    n_bytes, &err) == 0)
		sbx_facts_release(&facts);
	else if (err.code == SBX_OK || err.code == SBX_E_FAILED)
		abort(); /* failing without a reason, or for our own data's sake */
	return 0;
}
