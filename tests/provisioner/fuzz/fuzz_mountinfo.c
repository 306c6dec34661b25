/* SPDX-License-Identifier: Apache-2.0 */
/* What /proc says of mounts, an empty line, what it says of cgroups: some places, or none. */
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "provisioner/cgroup.h"
#include "tests/lib/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	SBX_CLEANUP_FREE char *text = malloc(n_bytes + 1);
	struct sbx_places places;
	struct sbx_error err = SBX_ERROR_INIT;
	memcpy(text, data, n_bytes);
	text[n_bytes] = '\0';
	char *empty = strstr(text, "\n\n");
	if (empty)
		empty[1] = '\0';
	const char *groups = empty ? empty + 2 : "0::/\n";
	/* Nothing is there below the prefix: no folder of this machine is looked at. */
	if (sbx_places_find(text, groups, "/nowhere", ~0U >> (32 - SBX_N_CONTROLLERS), &places,
			    &err) < 0) {
		if (err.code == SBX_OK)
			abort();
		return 0;
	}
	sbx_places_release(&places);
	return 0;
}
