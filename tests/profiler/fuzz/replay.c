/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

/* Run a fuzzer over a folder of inputs, without libFuzzer: a crash is a failed test. */
int main(int argc, char **argv)
{
	unsigned n = 0;
	SBX_CLEANUP_DIR DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	if (!dir) {
		fprintf(stderr, "usage: replay FOLDER\n");
		return 2;
	}
	for (struct dirent *d; (d = readdir(dir));) {
		if (d->d_name[0] == '.')
			continue;
		size_t n_bytes;
		struct sbx_error err = SBX_ERROR_INIT;
		SBX_CLEANUP_FREE char *data =
			sbx_read_file(dirfd(dir), d->d_name, 64 << 20, &n_bytes, &err);
		if (!data) {
			fprintf(stderr, "%s\n", err.message);
			return 1;
		}
		printf("%s\n", d->d_name);
		fflush(stdout);
		LLVMFuzzerTestOneInput((const uint8_t *)data, n_bytes);
		n++;
	}
	printf("%u inputs\n", n);
	return n == 0;
}
