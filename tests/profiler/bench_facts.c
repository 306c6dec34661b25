/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-facts FILE [RUNS]: how long the facts of one text take in process, in microseconds: the
 * fastest run, the median, and the first one, which also compiles the language's rules.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/fd.h"
#include "profiler/facts.h"

static double now_usec(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	struct sbx_error err = SBX_ERROR_INIT;
	size_t n, n_runs = argc > 2 ? strtoul(argv[2], NULL, 10) : 100;
	SBX_CLEANUP_FREE char *text =
		argc > 1 ? sbx_read_file(AT_FDCWD, argv[1], 1 << 24, &n, &err) : NULL;
	SBX_CLEANUP_FREE double *took = n_runs ? calloc(n_runs, sizeof(*took)) : NULL;
	if (!text || !took) {
		fprintf(stderr, "usage: bench-facts FILE [RUNS] %s\n", err.message);
		return 2;
	}
	double first = 0;
	for (size_t i = 0; i <= n_runs; i++) {
		struct sbx_facts facts;
		double began = now_usec();
		const struct sbx_language *language = sbx_language_detect(argv[1], text, n);
		if (!language || sbx_facts_parse(&facts, language, "x", text, n, &err) < 0) {
			fprintf(stderr, "bench-facts: %s: %s\n", argv[1], err.message);
			return 1;
		}
		double usec = now_usec() - began;
		sbx_facts_release(&facts);
		if (i)
			took[i - 1] = usec;
		else
			first = usec;
	}
	qsort(took, n_runs, sizeof(*took), by_size);
	printf("%zu bytes fastest %.0f median %.0f first %.0f\n", n, took[0], took[n_runs / 2],
	       first);
	return 0;
}
