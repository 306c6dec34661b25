/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/archive/package.h"
#include "store/gerror.h"
#include "tests/lib/fuzz/fuzz.h"

/* Every string must be readable to its end, and fit what consumers rely on. */
static gboolean look(const struct sbx_package *p, gpointer data, GError **error)
{
	char *last = data;
	if (!*p->name || strpbrk(p->name, "/ \n") || strpbrk(p->version, "/ \n"))
		g_error("\"%s\" \"%s\" was let through", p->name, p->version);
	if (p->sha256 && strlen(p->sha256) != 64)
		g_error("a checksum of %zu digits", strlen(p->sha256));
	if (sbx_version_compare(p->version, last) != -sbx_version_compare(last, p->version) &&
	    (sbx_version_compare(p->version, last) > 0) ==
		    (sbx_version_compare(last, p->version) > 0))
		g_error("%s and %s: each is newer than the other", p->version, last);
	g_strlcpy(last, p->version, 64);
	return strlen(p->depends ? p->depends : "") + strlen(p->description ? p->description : "") <
	       G_MAXINT32;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	char last[64] = "";
	/* Exactly as large as the text: one byte too far is seen. */
	g_autofree char *text = g_malloc(n_bytes ? n_bytes : 1);
	g_autoptr(GError) error = NULL;
	memcpy(text, data, n_bytes);
	if (!sbx_packages_parse(text, n_bytes, "fuzz", look, last, &error) && !error)
		g_error("a failure without an error");
	return 0;
}
