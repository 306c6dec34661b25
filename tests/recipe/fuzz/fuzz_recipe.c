/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/recipe/recipe.h"
#include "tests/lib/fuzz/fuzz.h"

/* Whatever is read is complete and can be printed; whatever is not says why, in a line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	g_autoptr(GError) error = NULL;
	SBX_AUTO(sbx_recipe)
	recipe = sbx_recipe_parse((const char *)data, n_bytes, "fuzz.recipe", &error);
	g_assert((recipe == NULL) == (error != NULL));
	if (!recipe) {
		g_assert_null(strchr(error->message, '\n'));
		return 0;
	}
	g_assert_cmpstr(recipe->name, ==, "fuzz");
	g_assert_true(g_utf8_validate(recipe->description, -1, NULL));
	g_assert_true(g_utf8_validate(recipe->command, -1, NULL));
	g_assert_nonnull(recipe->packages);
	g_assert_cmpuint(recipe->timeout_sec, >, 0);
	for (char **locale = recipe->content.locales; locale && *locale; locale++)
		g_assert_true(sbx_content_is_locale(*locale));
	g_autofree char *config = sbx_content_dpkg_config(&recipe->content);
	g_assert((config != NULL) == (recipe->content.without != 0));
	return 0;
}
