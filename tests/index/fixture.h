/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_TESTS_INDEX_FIXTURE_H
#define SBX_TESTS_INDEX_FIXTURE_H

#include "builder/index/providers.h"

/* cmocka asks for these first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* A language of our own, so that these tests do not change with grammars/. NULL-ended list. */
extern const struct sbx_language *const fixture_languages[];
#define FIXTURE_LANGUAGE (fixture_languages[0])

/* A temporary folder; removed with all that is in it at exit. */
const char *fixture_folder(void);

/* Write an index of these texts; NULL texts are left out. Fails the test on an error. */
char *fixture_index(const char *packages, const char *contents, const char *more_contents);

/* The same as far as it goes; the error of reading `contents`, NULL when there is none. */
GError *fixture_contents_error(const char *contents, gssize n_bytes);

/* "a b c": the candidates' names, best first. Fails the test on an error. */
char *fixture_module(const char *index, const char *name, char **out_matched);
char *fixture_command(const char *index, const char *name);
char *fixture_need(const char *index, enum sbx_fact_kind kind, const char *name);

#define assert_error(error, wanted_code, wanted_text)                                              \
	do {                                                                                       \
		assert_non_null(error);                                                            \
		assert_int_equal(sbx_gerror_code(error), wanted_code);                             \
		if (!strstr((error)->message, wanted_text))                                        \
			fail_msg("\"%s\" is not in: %s", wanted_text, (error)->message);           \
	} while (0)

#endif
