/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For test scripts: an index from Packages files at hand, and many requests answered in one go.
 *
 *	resolve-tool make DIR ARCH ORIGIN[@PIN]=FILE...
 *	resolve-tool solve DIR ARCH [OPTION]...	requests on stdin, names of one a line:
 *		--recommends, --no-base, --pin RECORD,
 *		--codename ORIGIN=NAME (for pins)
 *	resolve-tool compare			pairs of versions on stdin: <, = or >
 *
 * An answer is a line: "name=version:arch ..." of all packages, or "! <code>: <message>".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/archive/archive.h"
#include "builder/archive/meta.h"
#include "builder/resolve/resolve.h"

struct adding {
	struct sbx_package_writer *writer;
	const char *origin;
};

static gboolean add(const struct sbx_package *package, gpointer data, GError **error)
{
	const struct adding *adding = data;
	return sbx_package_writer_add(adding->writer, package, adding->origin, error);
}

static gboolean add_file(struct sbx_package_writer *writer, char *argument, GError **error)
{
	g_autofree char *text = NULL;
	gsize n_bytes;
	char *path = strchr(argument, '=');
	if (!path)
		return sbx_set_error(error, SBX_E_USAGE, "%s: give ORIGIN=FILE", argument);
	*path++ = '\0';
	char *pin = strchr(argument, '@');
	if (pin) {
		*pin++ = '\0';
		sbx_package_writer_set_pin(writer, argument, (guint)strtoul(pin, NULL, 10));
	}
	struct adding adding = {writer, argument};
	return g_file_get_contents(path, &text, &n_bytes, error) &&
	       sbx_packages_parse(text, n_bytes, path, add, &adding, error);
}

static gboolean make(int argc, char **argv, GError **error)
{
	SBX_AUTO(sbx_package_writer) writer = sbx_package_writer_new(argv[1]);
	for (int i = 2; i < argc; i++)
		if (!add_file(writer, argv[i], error))
			return FALSE;
	return sbx_package_writer_write(writer, argv[0], error);
}

static void answer(struct sbx_resolver *resolver, char *line,
		   const struct sbx_resolve_options *options)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) names = g_strsplit(g_strstrip(line), " ", -1);
	SBX_AUTO(sbx_lock)
	lock = sbx_resolver_solve(resolver, (const char *const *)names, options, &error);
	if (!lock) {
		printf("! %s: %s\n", sbx_code_name(sbx_gerror_code(error)), error->message);
		return;
	}
	for (guint i = 0; i < lock->packages->len; i++) {
		const struct sbx_lock_package *p = lock->packages->pdata[i];
		printf("%s%s=%s:%s", i ? " " : "", p->name, p->version, p->architecture);
	}
	putchar('\n');
}

/* "bookworm/main=bookworm": what a pin of a release is compared with. */
static void add_release(GPtrArray *releases, const char *argument)
{
	g_auto(GStrv) parts = g_strsplit(argument, "=", 2);
	struct sbx_release *release = g_new0(struct sbx_release, 1);
	release->origin = g_strdup(parts[0]);
	release->codename = g_strdup(parts[0] ? parts[1] : NULL);
	g_ptr_array_add(releases, release);
}

static gboolean solve(int argc, char **argv, GError **error)
{
	g_autoptr(GPtrArray) releases =
		g_ptr_array_new_with_free_func((GDestroyNotify)sbx_release_free);
	g_autoptr(GPtrArray) pins = g_ptr_array_new();
	struct sbx_resolve_options options = {0};
	for (int i = 2; i < argc; i++) {
		options.recommends |= g_str_equal(argv[i], "--recommends");
		options.no_base |= g_str_equal(argv[i], "--no-base");
		if (g_str_equal(argv[i], "--pin") && i + 1 < argc)
			g_ptr_array_add(pins, argv[++i]);
		else if (g_str_equal(argv[i], "--codename") && i + 1 < argc)
			add_release(releases, argv[++i]);
	}
	g_ptr_array_add(pins, NULL);
	options.pins = (const char *const *)pins->pdata;
	struct sbx_archive archive = {.suite = (char *)"test",
				      .path = argv[0],
				      .architecture = argv[1],
				      .releases = releases};
	gint64 begun = g_get_monotonic_time();
	SBX_AUTO(sbx_resolver) resolver = sbx_resolver_open(&archive, error);
	if (!resolver)
		return FALSE;
	fprintf(stderr, "open %.1f ms\n", (double)(g_get_monotonic_time() - begun) / 1e3);
	char line[65536];
	while (fgets(line, sizeof(line), stdin)) {
		begun = g_get_monotonic_time();
		answer(resolver, line, &options);
		fprintf(stderr, "solve %.1f ms\n", (double)(g_get_monotonic_time() - begun) / 1e3);
	}
	return TRUE;
}

static gboolean compare(void)
{
	char a[4096], b[4096];
	while (scanf("%4095s %4095s", a, b) == 2) {
		int order = sbx_version_compare(a, b);
		puts(order < 0 ? "<" : order > 0 ? ">" : "=");
	}
	return TRUE;
}

int main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	gboolean ok = FALSE;
	if (argc >= 4 && g_str_equal(argv[1], "make"))
		ok = make(argc - 2, argv + 2, &error);
	else if (argc >= 4 && g_str_equal(argv[1], "solve"))
		ok = solve(argc - 2, argv + 2, &error);
	else if (argc == 2 && g_str_equal(argv[1], "compare"))
		ok = compare();
	else
		sbx_set_error(&error, SBX_E_USAGE, "make DIR ARCH ORIGIN=FILE... | solve DIR ARCH");
	if (!ok)
		fprintf(stderr, "resolve-tool: %s\n", error->message);
	return ok ? 0 : sbx_code_exit_status(sbx_gerror_code(error));
}
