/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/native/shell.h"
#include "tests/lib/fuzz/fuzz.h"

static void check(const struct sbx_sh_node *node)
{
	guint n = node->children->len;
	switch (node->kind) {
	case SBX_SH_COMMAND:
		g_assert_cmpuint(n, ==, 0);
		break;
	case SBX_SH_AND:
	case SBX_SH_OR:
		g_assert_cmpuint(n, ==, 2);
		break;
	case SBX_SH_NOT:
	case SBX_SH_SUBSHELL:
		g_assert_cmpuint(n, ==, 1);
		break;
	case SBX_SH_IF:
		g_assert_cmpuint(n, >=, 2);
		break;
	case SBX_SH_CASE:
		g_assert_cmpuint(n, ==, node->patterns->len);
		g_assert_cmpuint(node->words->len, ==, 1);
		break;
	case SBX_SH_LIST:
		break;
	}
	for (guint i = 0; i < n; i++)
		check(node->children->pdata[i]);
}

/* A script is a sound tree, or not read at all, and then it is said why. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	g_autofree char *text = g_strndup((const char *)data, n_bytes);
	const char *reason = NULL;
	struct sbx_sh_node *node = sbx_sh_parse(text, &reason);
	g_assert((node == NULL) == (reason != NULL));
	if (node)
		check(node);
	sbx_sh_free(node);
	return 0;
}
