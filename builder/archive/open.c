/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/archive/archive.h"
#include "builder/archive/choose.h"
#include "builder/archive/folder.h"
#include "builder/archive/meta.h"
#include "builder/fetch/uri.h"

void sbx_archive_free(struct sbx_archive *archive)
{
	if (!archive)
		return;
	g_free(archive->suite);
	g_free(archive->architecture);
	g_free(archive->path);
	g_free(archive->generation);
	g_free(archive->updated);
	if (archive->releases)
		g_ptr_array_unref(archive->releases);
	g_free(archive);
}

static gboolean comes_from(const struct sbx_meta *meta, const struct sbx_apt_source *source)
{
	g_autofree char *uri = sbx_uri_without_credentials(source->uri);
	for (guint i = 0; i < meta->releases->len; i++) {
		const struct sbx_release *release = meta->releases->pdata[i];
		if (g_str_equal(release->uri, uri) && g_str_equal(release->suite, source->suite))
			return TRUE;
	}
	return FALSE;
}

/* With --mirror, an index of other archives is not the one that is meant. */
static gboolean check_mirrors(struct sbx_context *ctx, const struct sbx_meta *meta, GError **error)
{
	SBX_CLEANUP_CHOICE struct sbx_choice choice = {0};
	if (!ctx->mirrors || !*ctx->mirrors)
		return TRUE;
	if (!sbx_choose_sources(ctx, &choice, error))
		return FALSE;
	for (guint i = 0; i < choice.sources->len; i++) {
		const struct sbx_apt_source *source = choice.sources->pdata[i];
		if (comes_from(meta, source))
			continue;
		g_autofree char *uri = sbx_uri_without_credentials(source->uri);
		return sbx_set_error(error, SBX_E_NOT_FOUND,
				     "%s %s: the index of %s %s is of other archives; run "
				     "`sbx-build update` with the same --mirror",
				     uri, source->suite, meta->suite, meta->architecture);
	}
	return TRUE;
}

struct sbx_archive *sbx_archive_open(struct sbx_context *ctx, GError **error)
{
	g_autofree char *suite = NULL, *architecture = NULL;
	if (!sbx_archive_identify(ctx, &suite, &architecture, error))
		return NULL;
	g_autofree char *base = sbx_context_path(ctx, "index", error);
	if (!base)
		return NULL;
	g_autofree char *folder = sbx_index_folder_find(base, suite, architecture);
	g_autoptr(GError) problem = NULL;
	SBX_AUTO(sbx_meta) meta = sbx_meta_load(folder, &problem);
	if (!meta && g_error_matches(problem, SBX_ERROR, SBX_E_NOT_FOUND)) {
		sbx_set_error(error, SBX_E_NOT_FOUND,
			      "no index of %s for %s yet; run `sbx-build update`%s%s", suite,
			      architecture, ctx->suite ? " --suite " : "",
			      ctx->suite ? ctx->suite : "");
		return NULL;
	}
	if (!meta) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return NULL;
	}
	if (!check_mirrors(ctx, meta, error))
		return NULL;
	struct sbx_archive *archive = g_new0(struct sbx_archive, 1);
	archive->suite = g_steal_pointer(&suite);
	archive->architecture = g_steal_pointer(&architecture);
	archive->path = g_steal_pointer(&folder);
	archive->generation = g_strdup(meta->generation);
	archive->updated = g_strdup(meta->updated);
	archive->n_packages = meta->n_packages;
	archive->n_paths = meta->n_paths;
	archive->releases = g_ptr_array_ref(meta->releases);
	return archive;
}

char *sbx_archive_package_uri(const struct sbx_archive *archive, const char *origin,
			      const char *path)
{
	for (guint i = 0; i < archive->releases->len; i++) {
		const struct sbx_release *release = archive->releases->pdata[i];
		if (!g_str_equal(release->origin, origin))
			continue;
		const char *uri = release->login_uri ? release->login_uri : release->uri;
		/* Pool paths are plain but for a few characters that a URI wants escaped. */
		g_autofree char *escaped = g_uri_escape_string(path, "/~+", FALSE);
		return g_strconcat(uri, "/", escaped, NULL);
	}
	return NULL;
}
