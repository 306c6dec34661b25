/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "builder/archive/package.h"
#include "tests/lib/fuzz/fuzz.h"

static int sign(int order)
{
	return (order > 0) - (order < 0);
}

/* Three lines are three versions: their order is an order. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	g_autofree char *text = g_strndup((const char *)data, n_bytes);
	g_auto(GStrv) lines = g_strsplit(text, "\n", 3);
	const char *v[3] = {"", "", ""};
	for (guint i = 0; i < g_strv_length(lines); i++)
		v[i] = lines[i];
	for (int i = 0; i < 3; i++) {
		if (sbx_version_compare(v[i], v[i]) != 0)
			abort();
		for (int j = 0; j < 3; j++)
			if (sign(sbx_version_compare(v[i], v[j])) !=
			    -sign(sbx_version_compare(v[j], v[i])))
				abort();
	}
	if (sbx_version_compare(v[0], v[1]) <= 0 && sbx_version_compare(v[1], v[2]) <= 0 &&
	    sbx_version_compare(v[0], v[2]) > 0)
		abort();
	return 0;
}
