/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run one case file:
 *
 *	# what it shows
 *	ask name...				names as for sbx_resolver_solve()
 *	option recommends			may be left out, as may
 *	option hold|forbid|pin VALUE		these, as the options of that name have it
 *	chosen name=version...			the expected packages, sorted; or
 *	refused <code>: <message>		the expected error
 *	--- origin[@pin]			then stanzas of that origin; may come again. Its
 *						release is known by the suite as a= and n=
 *
 * Filename and SHA256 are made up where a stanza has none.
 */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/archive/meta.h"
#include "builder/resolve/resolve.h"

struct test_case {
	char *ask, *expected;
	struct sbx_resolve_options options;
	GStrvBuilder *hold, *forbid, *pins;
};

struct adding {
	struct sbx_package_writer *writer;
	const char *origin;
};

static gboolean add(const struct sbx_package *package, gpointer data, GError **error)
{
	const struct adding *adding = data;
	struct sbx_package whole = *package;
	g_autofree char *path = g_strdup_printf("pool/%s_%s.deb", package->name, package->version);
	if (!whole.filename)
		whole.filename = path;
	if (!whole.sha256)
		whole.sha256 = "0123456789abcdef0123456789abcdef"
			       "0123456789abcdef0123456789abcdef";
	return sbx_package_writer_add(adding->writer, &whole, adding->origin, error);
}

/* "bookworm/main@100\nPackage: ..." */
static gboolean add_origin(struct sbx_package_writer *writer, char *section, GError **error)
{
	char *text = strchr(section, '\n');
	if (!text)
		return sbx_set_error(error, SBX_E_INPUT, "a section without packages");
	*text++ = '\0';
	g_autofree char *whole = g_strconcat(text, "\n", NULL); /* the split took its line end */
	char *pin = strchr(section, '@');
	if (pin) {
		*pin++ = '\0';
		sbx_package_writer_set_pin(writer, section, (guint)strtoul(pin, NULL, 10));
	}
	struct adding adding = {writer, section};
	return sbx_packages_parse(whole, strlen(whole), section, add, &adding, error);
}

static void read_head(char *head, struct test_case *out)
{
	out->hold = g_strv_builder_new();
	out->forbid = g_strv_builder_new();
	out->pins = g_strv_builder_new();
	for (char *line = strtok(head, "\n"); line; line = strtok(NULL, "\n")) {
		if (g_str_has_prefix(line, "ask"))
			out->ask = g_strstrip(line + 3);
		else if (g_str_equal(line, "option recommends"))
			out->options.recommends = TRUE;
		else if (g_str_has_prefix(line, "option hold "))
			g_strv_builder_add(out->hold, line + strlen("option hold "));
		else if (g_str_has_prefix(line, "option forbid "))
			g_strv_builder_add(out->forbid, line + strlen("option forbid "));
		else if (g_str_has_prefix(line, "option pin "))
			g_strv_builder_add(out->pins, line + strlen("option pin "));
		else if (g_str_has_prefix(line, "chosen ") || g_str_has_prefix(line, "refused "))
			out->expected = line;
		else if (*line != '#')
			g_error("unknown line: %s", line);
	}
	out->options.hold = (const char *const *)g_strv_builder_end(out->hold);
	out->options.forbid = (const char *const *)g_strv_builder_end(out->forbid);
	out->options.pins = (const char *const *)g_strv_builder_end(out->pins);
}

static void test_case_release(struct test_case *test)
{
	g_strv_builder_unref(test->hold);
	g_strv_builder_unref(test->forbid);
	g_strv_builder_unref(test->pins);
	g_strfreev((char **)test->options.hold);
	g_strfreev((char **)test->options.forbid);
	g_strfreev((char **)test->options.pins);
}

/* A release whose only names are those in its origin. */
static struct sbx_release *make_release(const char *section)
{
	g_auto(GStrv) parts = g_strsplit_set(section, "@\n", 2);
	struct sbx_release *release = g_new0(struct sbx_release, 1);
	const char *slash = strrchr(parts[0], '/');
	gsize n = slash ? (gsize)(slash - parts[0]) : strlen(parts[0]);
	release->origin = g_strdup(parts[0]);
	release->uri = g_strdup("http://archive.example/debian");
	release->suite = g_strndup(parts[0], n);
	release->archive = g_strdup(release->suite);
	release->codename = g_strdup(release->suite);
	release->component = g_strdup(slash ? slash + 1 : "main");
	release->date = g_strdup("2026-01-01T00:00:00Z");
	release->sha256 = g_strnfill(64, '0');
	return release;
}

static char *solve(const struct test_case *test, char **sections, const char *folder,
		   GError **error)
{
	g_autofree char *cache = g_build_filename(folder, SBX_PACKAGES_FILE, NULL);
	struct sbx_archive archive = {
		.suite = (char *)"test", .path = (char *)folder, .architecture = (char *)"amd64"};
	g_autoptr(GPtrArray) releases =
		g_ptr_array_new_with_free_func((GDestroyNotify)sbx_release_free);
	archive.releases = releases;
	SBX_AUTO(sbx_package_writer) writer = sbx_package_writer_new("amd64");
	for (char **section = sections; *section; section++)
		g_ptr_array_add(releases, make_release(*section));
	for (char **section = sections; *section; section++)
		if (!add_origin(writer, *section, error))
			return NULL;
	if (!sbx_package_writer_write(writer, folder, error))
		return NULL;
	SBX_AUTO(sbx_resolver) resolver = sbx_resolver_open(&archive, error);
	g_unlink(cache);
	if (!resolver)
		return NULL;
	g_auto(GStrv) names = g_strsplit_set(test->ask, " ", -1);
	SBX_AUTO(sbx_lock)
	lock = sbx_resolver_solve(resolver, (const char *const *)names, &test->options, error);
	if (!lock)
		return NULL;
	/* What we write we must be able to read. */
	g_autofree char *json = sbx_lock_to_json(lock);
	SBX_AUTO(sbx_lock) again = sbx_lock_from_json(json, -1, "written lock", error);
	if (!again)
		return NULL;
	GString *line = g_string_new("chosen");
	for (guint i = 0; i < again->packages->len; i++) {
		const struct sbx_lock_package *p = again->packages->pdata[i];
		g_string_append_printf(line, " %s=%s", p->name, p->version);
	}
	return g_string_free(line, FALSE);
}

int main(int argc, char **argv)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	if (argc != 2 || !g_file_get_contents(argv[1], &text, NULL, &error)) {
		fprintf(stderr, "usage: resolve-case FILE\n");
		return 2;
	}
	g_auto(GStrv) sections = g_strsplit(text, "\n--- ", -1);
	__attribute__((cleanup(test_case_release))) struct test_case test = {0};
	read_head(sections[0], &test);
	if (!test.ask || !test.expected) {
		fprintf(stderr, "%s: has no `ask` or no expected answer\n", argv[1]);
		return 2;
	}
	g_autofree char *folder = g_dir_make_tmp("sbx-case-XXXXXX", NULL);
	g_autofree char *got = folder ? solve(&test, sections + 1, folder, &error) : NULL;
	if (!got && error)
		got = g_strdup_printf("refused %s: %s", sbx_code_name(sbx_gerror_code(error)),
				      error->message);
	if (folder)
		g_rmdir(folder);
	if (g_strcmp0(got, test.expected) == 0)
		return 0;
	fprintf(stderr, "expected: %s\n     got: %s\n", test.expected, got ? got : "nothing");
	return 1;
}
