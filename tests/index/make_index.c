/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make-index OUT PACKAGES... -- CONTENTS...: write a provider index from uncompressed Packages and
 * (plain or gzipped) Contents files, and tell how long each step took.
 */
#include <stdio.h>
#include <string.h>

#include "builder/index/providers.h"

static gboolean add_package(const struct sbx_package *package, gpointer writer, GError **error)
{
	return sbx_provider_writer_add_package(writer, package, error);
}

static gboolean add_packages(struct sbx_provider_writer *writer, const char *path, GError **error)
{
	g_autofree char *text = NULL;
	gsize n = 0;
	return g_file_get_contents(path, &text, &n, error) &&
	       sbx_packages_parse(text, n, path, add_package, writer, error);
}

static gboolean add_contents(struct sbx_provider_writer *writer, const char *path, GError **error)
{
	g_autoptr(GFile) file = g_file_new_for_path(path);
	g_autoptr(GFileInputStream) plain = g_file_read(file, NULL, error);
	if (!plain)
		return FALSE;
	if (!g_str_has_suffix(path, ".gz"))
		return sbx_provider_writer_add_contents(writer, G_INPUT_STREAM(plain), path, NULL,
							error);
	g_autoptr(GZlibDecompressor) zlib = g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP);
	g_autoptr(GInputStream) stream =
		g_converter_input_stream_new(G_INPUT_STREAM(plain), G_CONVERTER(zlib));
	return sbx_provider_writer_add_contents(writer, stream, path, NULL, error);
}

static gboolean make(int argc, char **argv, GError **error)
{
	SBX_AUTO(sbx_provider_writer) writer = sbx_provider_writer_new(argv[1], error);
	if (!writer)
		return FALSE;
	gboolean contents = FALSE;
	for (int i = 2; i < argc; i++) {
		gint64 began = g_get_monotonic_time();
		if (g_str_equal(argv[i], "--")) {
			contents = TRUE;
			continue;
		}
		if (contents ? !add_contents(writer, argv[i], error)
			     : !add_packages(writer, argv[i], error))
			return FALSE;
		printf("%6.3f s  %s\n", (double)(g_get_monotonic_time() - began) / 1e6, argv[i]);
	}
	gint64 began = g_get_monotonic_time();
	if (!sbx_provider_writer_finish(writer, error))
		return FALSE;
	printf("%6.3f s  write\n", (double)(g_get_monotonic_time() - began) / 1e6);
	return TRUE;
}

int main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	if (argc < 2) {
		fprintf(stderr, "usage: make-index OUT PACKAGES... -- CONTENTS...\n");
		return 2;
	}
	if (make(argc, argv, &error))
		return 0;
	fprintf(stderr, "make-index: %s\n", error->message);
	return 1;
}
