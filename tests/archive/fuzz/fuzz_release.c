/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/archive/keyring.h"
#include "builder/archive/release.h"
#include "builder/archive/verify.h"
#include "tests/lib/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = g_malloc(n_bytes ? n_bytes : 1);
	memcpy(text, data, n_bytes);
	SBX_AUTO(sbx_release_file) release = sbx_release_file_parse(text, n_bytes, "fuzz", &error);
	if (!release && !error)
		g_error("a failure without an error");
	const struct sbx_release_policy policy = {.now = 1800000000};
	const char *suffix;
	if (release) {
		sbx_release_file_check(release, "stable", &policy, "fuzz", NULL);
		sbx_release_file_find_smallest(release, "main/binary-amd64/Packages", &suffix);
	}
	g_autofree char *line = g_strndup(text, n_bytes);
	g_autoptr(GByteArray) keys = sbx_keyring_unarmour(line);
	struct sbx_keyring keyring = {
		.fd = -1, .fingerprints = g_ptr_array_new(), .shown = g_string_new("fuzz")};
	sbx_verify_judge(line, &keyring, "fuzz", NULL);
	sbx_keyring_release(&keyring);
	return 0;
}
