/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/archive/choose.h"
#include "builder/fetch/uri.h"
#include "store/gerror.h"
#include "tests/lib/fuzz/fuzz.h"

static void look(GPtrArray *sources)
{
	for (guint i = 0; i < sources->len; i++) {
		const struct sbx_apt_source *source = sources->pdata[i];
		SBX_CLEANUP_URI struct sbx_uri uri = {0};
		g_autofree char *shown = sbx_uri_without_credentials(source->uri);
		if (strstr(source->suite, "..") || !source->components)
			g_error("%s was let through", source->suite);
		if (sbx_uri_parse(&uri, source->uri, NULL)) {
			g_autofree char *user = NULL, *password = NULL;
			sbx_uri_find_login(&uri, source->uri, &user, &password);
		}
	}
	g_autoptr(GPtrArray) picked = sbx_pick_sources(sources, "stable", "amd64");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	g_autofree char *text = g_malloc(n_bytes ? n_bytes : 1);
	g_autoptr(GPtrArray) list = sbx_apt_sources_new(), deb822 = sbx_apt_sources_new();
	memcpy(text, data, n_bytes);
	if (sbx_apt_sources_parse_list(text, n_bytes, "fuzz", "amd64", list, NULL))
		look(list);
	if (sbx_apt_sources_parse_deb822(text, n_bytes, "fuzz", "amd64", deb822, NULL))
		look(deb822);
	return 0;
}
