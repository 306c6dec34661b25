/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/sbom/licence.h"
#include "tests/lib/fuzz/fuzz.h"

/* Whatever the file says: an expression of SPDX's characters, whose own names are all explained. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	g_autofree char *text = g_strndup((const char *)data, n_bytes);
	g_autoptr(GPtrArray) owns =
		g_ptr_array_new_with_free_func((GDestroyNotify)sbx_licence_own_free);
	g_autofree char *expression = sbx_licence_expression(text, "lib+x", owns);
	g_assert(!expression ||
		 g_regex_match_simple("^[A-Za-z0-9.()-][A-Za-z0-9.() -]*$", expression, 0, 0));
	g_assert(expression || owns->len == 0);
	for (guint i = 0; i < owns->len; i++) {
		const struct sbx_licence_own *own = owns->pdata[i];
		g_assert_nonnull(strstr(expression, own->id));
		g_assert_true(g_utf8_validate(own->text, -1, NULL));
		g_assert_true(*own->text != '\0');
	}
	return 0;
}
