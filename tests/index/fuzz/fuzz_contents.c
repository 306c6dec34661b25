/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/index/contents.h"
#include "builder/index/template.h"
#include "tests/lib/fuzz/fuzz.h"

/* What the writer does with a line, but for keeping it. */
static gboolean look(const struct sbx_contents_line *line, gpointer data, GError **error)
{
	const char *list = line->packages, *name;
	gsize n_list = line->n_packages;
	gssize n;
	if (line->n_path == 0 || line->n_packages == 0 || memchr(line->path, '\n', line->n_path))
		g_error("an empty or broken line was let through");
	sbx_root_match("usr/lib/*/[a-z]*", line->path, line->n_path);
	for (const struct sbx_template *const *t = data; *t; t++)
		sbx_template_matches(*t, line->path, line->n_path);
	while ((n = sbx_contents_next_package(&list, &n_list, &name)) > 0)
		if (memchr(name, '/', (gsize)n) || memchr(name, ',', (gsize)n))
			g_error("\"%.*s\" was let through as a name", (int)n, name);
	return n == 0 || sbx_contents_fail("fuzz", line->number, "a bad name", error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	static const char *const prefixes[] = {"usr/bin/", "usr/lib/", "bin/", "lib/", NULL};
	static const char *const none[] = {NULL};
	static const struct sbx_root roots[] = {{0}};
	static const struct sbx_language language = {
		.name = "fuzz", .separator = '.', .roots = roots, .module_paths = none};
	static struct sbx_template *templates[4];
	if (!templates[0]) {
		templates[0] = sbx_template_new(&language, "usr/lib/python3/{path}.py", NULL);
		templates[1] = sbx_template_new(&language, "usr/lib/python3/{path}.*.so", NULL);
		templates[2] = sbx_template_new(&language, "usr/bin/{name}", NULL);
	}
	g_autoptr(GError) error = NULL;
	g_autoptr(GInputStream) stream =
		g_memory_input_stream_new_from_data(data, (gssize)n_bytes, NULL);
	if (!sbx_contents_read(stream, "fuzz", prefixes, look, templates, NULL, &error) && !error)
		g_error("a failure without an error");
	return 0;
}
