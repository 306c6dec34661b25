/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays a corpus without libFuzzer: every file of the folder as it is, cut at every length, and
 * with bytes changed, always the same way. Usage: replay FOLDER
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "tests/archive/fuzz/fuzz.h"

#define N_MUTATIONS 2000

static guint replay(const char *data, gsize n_bytes, guint32 seed)
{
	static const char odd[] = {'\n', ' ', ':', '\0', '\t', '.',
				   '-',	 '/', '@', '[',	 ']',  '\xff'};
	g_autofree char *copy = g_malloc(n_bytes + 1);
	GRand *random = g_rand_new_with_seed(seed);
	LLVMFuzzerTestOneInput((const uint8_t *)data, n_bytes);
	for (gsize n = 0; n < n_bytes; n++)
		LLVMFuzzerTestOneInput((const uint8_t *)data, n);
	for (guint i = 0; n_bytes && i < N_MUTATIONS; i++) {
		memcpy(copy, data, n_bytes);
		for (gint k = g_rand_int_range(random, 1, 5); k > 0; k--)
			copy[g_rand_int_range(random, 0, (gint32)n_bytes)] =
				odd[g_rand_int_range(random, 0, G_N_ELEMENTS(odd))];
		LLVMFuzzerTestOneInput((const uint8_t *)copy, n_bytes);
	}
	g_rand_free(random);
	return 1 + (guint)n_bytes + N_MUTATIONS;
}

int main(int argc, char **argv)
{
	g_autoptr(GDir) dir = argc == 2 ? g_dir_open(argv[1], 0, NULL) : NULL;
	guint n_files = 0, n_inputs = 0;
	for (const char *name; dir && (name = g_dir_read_name(dir));) {
		g_autofree char *path = g_build_filename(argv[1], name, NULL), *data = NULL;
		gsize n_bytes;
		if (!g_file_get_contents(path, &data, &n_bytes, NULL))
			continue;
		n_inputs += replay(data, n_bytes, ++n_files);
	}
	printf("%u files, %u inputs\n", n_files, n_inputs);
	return n_files ? 0 : 1;
}
