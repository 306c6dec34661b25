/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fuzzer without libFuzzer: every file of the folders given, as it is, cut at many places, and
 * with bytes changed by a generator that starts the same each time. A crash is a failed test.
 *	replay-NAME [--OPTION]... FOLDER...
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/lib/fuzz/fuzz.h"

/* What one file may cost: sanitizers make a parser ten times slower. */
#define MAX_CUTS	  2000
#define MAX_CHANGES	  3000
#define MAX_BYTES_EACH	  ((size_t)96 << 10) /* of all cuts together, and of all changes */
#define MAX_CHANGED_BYTES 4		     /* in one input */

int __attribute__((weak)) LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return 0;
}

/* Memory of exactly that size, so that the sanitizer sees a step beyond. */
static void feed(const char *data, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	if (!copy)
		abort();
	memcpy(copy, data, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t replay(char *data, size_t n, unsigned *seed)
{
	static const char odd[] = "{}[]()\"'`,:;|<>=!#$%&\\/*.-@~ \t\n\r\0\x01\xff\x80"
				  "09azAZ_";
	feed(data, n);
	if (n == 0)
		return 1;
	size_t n_cuts = least(least(n, MAX_CUTS), 2 * MAX_BYTES_EACH / n);
	for (size_t i = 0; i < n_cuts; i++)
		feed(data, i * n / n_cuts);
	size_t n_changes = least(MAX_CHANGES, MAX_BYTES_EACH / n);
	for (size_t i = 0; i < n_changes; i++) {
		size_t at[MAX_CHANGED_BYTES];
		char old[MAX_CHANGED_BYTES];
		size_t k = 1 + (size_t)rand_r(seed) % MAX_CHANGED_BYTES;
		for (size_t j = 0; j < k; j++) {
			at[j] = (size_t)rand_r(seed) % n;
			old[j] = data[at[j]];
			data[at[j]] = odd[(size_t)rand_r(seed) % (sizeof(odd) - 1)];
		}
		feed(data, n);
		for (size_t j = k; j > 0; j--)
			data[at[j - 1]] = old[j - 1];
	}
	return 1 + n_cuts + n_changes;
}

static int replay_folder(const char *path, size_t *n_files, size_t *n_inputs)
{
	SBX_CLEANUP_DIR DIR *dir = opendir(path);
	if (!dir) {
		perror(path);
		return -1;
	}
	for (struct dirent *d; (d = readdir(dir));) {
		if (d->d_name[0] == '.')
			continue;
		size_t n;
		struct sbx_error err = SBX_ERROR_INIT;
		SBX_CLEANUP_FREE char *data =
			sbx_read_file(dirfd(dir), d->d_name, 64 << 20, &n, &err);
		if (!data) {
			fprintf(stderr, "%s\n", err.message);
			return -1;
		}
		printf("%s\n", d->d_name);
		fflush(stdout); /* the last one is the one that crashed */
		unsigned seed = 1;
		*n_inputs += replay(data, n, &seed);
		++*n_files;
	}
	return 0;
}

int main(int argc, char **argv)
{
	size_t n_files = 0, n_inputs = 0;
	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "--", 2) != 0 &&
		    replay_folder(argv[i], &n_files, &n_inputs) < 0)
			return 1;
	printf("%zu files, %zu inputs\n", n_files, n_inputs);
	return n_files > 0 ? 0 : 1;
}
