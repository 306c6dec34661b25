/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/index/fixture.h"

/* Who serves headers, libraries, pkg-config names, files and packages. */

#define P(name, rest) "Package: " name "\nVersion: 1\nArchitecture: all\n" rest "\n"

/* clang-format off */
static const char packages[] =
	P("snake3", "") P("popular", "") P("user1", "Depends: libz1\n") P("user2", "Depends: libz1\n")
	P("libz-dev", "Section: libdevel\n") P("libz1", "Section: libs\n")
	P("libz-doc", "Section: doc\n") P("libz1-dbg", "Section: debug\n")
	P("other-dev", "Section: libdevel\n") P("zed-tools", "") P("wbritish", "Section: text\n");

static const char contents[] =
	"usr/include/z/deep/zed.h                     libdevel/libz-dev,libz-doc\n"
	"usr/include/a/b/c/far.h                      libdevel/other-dev\n"
	"usr/include/near-1.0/far.h                   libdevel/libz-dev\n"
	"usr/include/other/zed.h                      libdevel/other-dev\n"
	"usr/include/zed.h                            libdevel/libz-dev\n"
	"usr/lib/x86_64-linux-gnu/libz.a              libdevel/libz-dev\n"
	"usr/lib/x86_64-linux-gnu/libz.so             libdevel/libz-dev\n"
	"usr/lib/x86_64-linux-gnu/libz.so.1           libs/libz1,debug/libz1-dbg\n"
	"usr/lib/x86_64-linux-gnu/libonly.a           libdevel/libz-dev\n"
	"usr/lib/x86_64-linux-gnu/private/libq.so.1   zed-tools\n"
	"usr/lib/x86_64-linux-gnu/pkgconfig/zed-1.0.pc libdevel/libz-dev\n"
	"usr/lib/snake/Py_Zed.core-1.0.egg-info/PKG-INFO zed-tools\n"
	"usr/lib/snake/zed-2-extra-0.9-py3.egg-info   popular\n"
	"usr/lib/snake/zed-3.0.egg-info               user1\n"
	"usr/share/nests/@zed/core/package.json       user2\n"
	"usr/share/dict/british-english               text/wbritish\n"
	"usr/share/dict/deep/list                     text/wbritish\n";
/* clang-format on */

static void assert_need(enum sbx_fact_kind kind, const char *name, const char *wanted)
{
	static char *index;
	if (!index)
		index = fixture_index(packages, contents, NULL);
	g_autofree char *got = fixture_need(index, kind, name);
	assert_string_equal(got, wanted);
}

static void header_is_in_its_development_package(void **state)
{
	assert_need(SBX_FACT_HEADER, "zed.h", "libz-dev");
	assert_need(SBX_FACT_HEADER, "z/deep/zed.h", "libz-dev libz-doc");
	assert_need(SBX_FACT_HEADER, "z/deep", "");
	assert_need(SBX_FACT_HEADER, "", "");
}

static void header_is_looked_for_in_other_folders_last(void **state)
{
	/* other/zed.h is no candidate for what usr/include has itself. */
	assert_need(SBX_FACT_HEADER, "zed.h", "libz-dev");
	assert_need(SBX_FACT_HEADER, "deep/zed.h", "libz-dev libz-doc");
	/* The fewer folders above it, the likelier. */
	assert_need(SBX_FACT_HEADER, "far.h", "libz-dev other-dev");
	assert_need(SBX_FACT_HEADER, "b/c/far.h", "other-dev");
	assert_need(SBX_FACT_HEADER, "ar.h", "");
}

static void library_at_run_time_is_not_the_development_package(void **state)
{
	assert_need(SBX_FACT_LIBRARY, "libz.so.1", "libz1 libz1-dbg");
	assert_need(SBX_FACT_LIBRARY, "/usr/lib/x86_64-linux-gnu/libz.so.1", "libz1 libz1-dbg");
	assert_need(SBX_FACT_LIBRARY, "z", "libz1 libz1-dbg");
	assert_need(SBX_FACT_LIBRARY, "libq.so.1", "");
}

static void library_to_link_is_the_development_package(void **state)
{
	assert_need(SBX_FACT_LIBRARY, "-lz", "libz-dev");
	assert_need(SBX_FACT_LIBRARY, "-lonly", "libz-dev");
	assert_need(SBX_FACT_LIBRARY, "-l:libz.so.1", "libz1 libz1-dbg");
	assert_need(SBX_FACT_LIBRARY, "-l", "");
	assert_need(SBX_FACT_LIBRARY, "-lnone", "");
}

static void pkg_config_name_is_in_its_development_package(void **state)
{
	assert_need(SBX_FACT_PKG_CONFIG, "zed-1.0", "libz-dev");
	assert_need(SBX_FACT_PKG_CONFIG, "zed", "");
}

static void file_is_served_by_who_ships_or_makes_it(void **state)
{
	assert_need(SBX_FACT_FILE, "/usr/share/dict/british-english", "wbritish");
	assert_need(SBX_FACT_FILE, "/usr/share/dict/deep", "wbritish");
	assert_need(SBX_FACT_FILE, "/usr/share/dict/words", "popular");
	assert_need(SBX_FACT_FILE, "/usr/share/dict/../dict/deep", "");
	assert_need(SBX_FACT_FILE, "/", "");
	assert_need(SBX_FACT_FILE, "", "");
}

static void distribution_is_found_by_the_name_in_its_metadata(void **state)
{
	assert_need(SBX_FACT_DISTRIBUTION, "Py_Zed.core", "zed-tools");
	assert_need(SBX_FACT_DISTRIBUTION, "py-zed--CORE", "zed-tools");
	assert_need(SBX_FACT_DISTRIBUTION, "pyzed-core", "");
	assert_need(SBX_FACT_DISTRIBUTION, "zed-2-extra", "popular");
	assert_need(SBX_FACT_DISTRIBUTION, "zed", "user1");
	assert_need(SBX_FACT_DISTRIBUTION, "zed-2", "");
	assert_need(SBX_FACT_DISTRIBUTION, "Zed_Binary", "zed-tools");
	assert_need(SBX_FACT_DISTRIBUTION, "@zed/core", "user2");
	assert_need(SBX_FACT_DISTRIBUTION, "core", "");
	assert_need(SBX_FACT_DISTRIBUTION, "", "");
}

static void package_is_itself(void **state)
{
	assert_need(SBX_FACT_PACKAGE, "libz-doc", "libz-doc");
	assert_need(SBX_FACT_PACKAGE, "libz", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_is_in_its_development_package),
		cmocka_unit_test(header_is_looked_for_in_other_folders_last),
		cmocka_unit_test(library_at_run_time_is_not_the_development_package),
		cmocka_unit_test(library_to_link_is_the_development_package),
		cmocka_unit_test(pkg_config_name_is_in_its_development_package),
		cmocka_unit_test(file_is_served_by_who_ships_or_makes_it),
		cmocka_unit_test(distribution_is_found_by_the_name_in_its_metadata),
		cmocka_unit_test(package_is_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
