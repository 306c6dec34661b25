/* SPDX-License-Identifier: Apache-2.0 */
/* The map of packages: what is found in it, and what is not made of one that is damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "builder/resolve/package_map.h"
#include "builder/resolve/resolve.h"

#define SHA256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct fixture {
	char *folder, *path, *bytes;
	gsize n_bytes;
	struct sbx_archive archive;
};

static void add(struct sbx_package_writer *writer, const char *name, const char *depends,
		const char *provides)
{
	const struct sbx_package package = {.name = name,
					    .version = "1",
					    .architecture = "all",
					    .depends = depends,
					    .provides = provides,
					    .filename = "pool/x.deb",
					    .sha256 = SHA256,
					    .essential = g_str_equal(name, "base")};
	assert_true(sbx_package_writer_add(writer, &package, "stable/main", NULL));
}

/* Unsynced: there are thousands. */
static void put(const struct fixture *f, const char *bytes, gsize n)
{
	FILE *file = fopen(f->path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
	struct fixture *f = g_new0(struct fixture, 1);
	f->folder = g_dir_make_tmp("sbx-map-XXXXXX", NULL);
	f->path = g_build_filename(f->folder, SBX_PACKAGES_FILE, NULL);
	f->archive = (struct sbx_archive){
		.suite = (char *)"stable", .path = f->folder, .architecture = (char *)"amd64"};
	SBX_AUTO(sbx_package_writer) writer = sbx_package_writer_new("amd64");
	add(writer, "base", NULL, NULL);
	add(writer, "app", "lib (>= 1), mail", NULL);
	add(writer, "lib", NULL, NULL);
	add(writer, "exim", "base", "mail");
	add(writer, "far", "farther", NULL);
	add(writer, "farther", NULL, "mail");
	assert_true(sbx_package_writer_write(writer, f->folder, NULL));
	assert_true(g_file_get_contents(f->path, &f->bytes, &f->n_bytes, NULL));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	g_unlink(f->path);
	g_rmdir(f->folder);
	g_free(f->folder);
	g_free(f->path);
	g_free(f->bytes);
	g_free(f);
	return 0;
}

/* The names of the lock, or the error's. */
static char *solve(struct sbx_resolver *resolver, const char *name)
{
	const char *const names[] = {name, NULL};
	g_autoptr(GError) error = NULL;
	SBX_AUTO(sbx_lock) lock = sbx_resolver_solve(resolver, names, NULL, &error);
	if (!lock)
		return g_strdup(sbx_code_name(sbx_gerror_code(error)));
	g_autoptr(GString) list = g_string_new(NULL);
	for (guint i = 0; i < lock->packages->len; i++)
		g_string_append_printf(list, "%s ",
				       ((struct sbx_lock_package *)lock->packages->pdata[i])->name);
	return g_string_free(g_steal_pointer(&list), FALSE);
}

static void names_lead_to_who_bears_or_provides_them(void **state)
{
	const struct fixture *f = *state;
	SBX_AUTO(sbx_package_map) map = sbx_package_map_open(f->folder, "amd64", NULL);
	guint32 n, mail = sbx_package_map_find(map, "mail", 4);
	const guint32 *providers = sbx_package_map_providers(map, mail, &n);
	struct sbx_entry entry;
	assert_int_equal(n, 2);
	assert_true(sbx_package_map_read(map, providers[0], &entry));
	assert_string_equal(entry.package.name, "exim");
	assert_string_equal(entry.origin, "stable/main");
	assert_null(sbx_package_map_borne_name(map, mail));
	assert_int_equal(sbx_package_map_find(map, "mai", 3), SBX_MAP_NONE);
	assert_int_equal(sbx_package_map_find(map, "mail-", 5), SBX_MAP_NONE);
	assert_string_equal(sbx_package_map_essential(map, 0), "base");
	assert_null(sbx_package_map_essential(map, 1));
}

static void an_answer_does_not_depend_on_earlier_ones(void **state)
{
	const struct fixture *f = *state;
	static const char *const requests[] = {"app", "far", "lib", "mail", "nothing", "app"};
	SBX_AUTO(sbx_resolver) warm = sbx_resolver_open(&f->archive, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(requests); i++) {
		SBX_AUTO(sbx_resolver) fresh = sbx_resolver_open(&f->archive, NULL);
		g_autofree char *expected = solve(fresh, requests[i]);
		g_autofree char *got = solve(warm, requests[i]);
		assert_string_equal(got, expected);
		if (i == 0)
			assert_string_equal(got, "app base farther lib ");
	}
}

static void of_another_architecture_or_cut_short_it_is_refused(void **state)
{
	const struct fixture *f = *state;
	g_autoptr(GError) error = NULL;
	assert_null(sbx_package_map_open(f->folder, "arm64", &error));
	assert_int_equal(sbx_gerror_code(error), SBX_E_DAMAGED);
	for (gsize n = 0; n < f->n_bytes; n++) {
		g_autoptr(GError) problem = NULL;
		put(f, f->bytes, n);
		assert_null(sbx_package_map_open(f->folder, "amd64", &problem));
		assert_int_equal(sbx_gerror_code(problem), SBX_E_DAMAGED);
	}
}

/* Whatever the answer is: no read outside of the file, no endless search (asan, the time limit). */
static void a_byte_that_fell_over_harms_nobody(void **state)
{
	const struct fixture *f = *state;
	for (gsize i = 0; i < f->n_bytes; i++) {
		g_autofree char *bytes = g_memdup2(f->bytes, f->n_bytes);
		bytes[i] = (char)(bytes[i] ^ (i & 1 ? 0xff : 0x81));
		put(f, bytes, f->n_bytes);
		SBX_AUTO(sbx_resolver) resolver = sbx_resolver_open(&f->archive, NULL);
		g_autofree char *answer = resolver ? solve(resolver, "app") : NULL;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_lead_to_who_bears_or_provides_them, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_answer_does_not_depend_on_earlier_ones, setup,
						teardown),
		cmocka_unit_test_setup_teardown(of_another_architecture_or_cut_short_it_is_refused,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_byte_that_fell_over_harms_nobody, setup,
						teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
