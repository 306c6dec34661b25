/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_TESTS_DESCRIPTOR_COUNT_H
#define SBX_TESTS_DESCRIPTOR_COUNT_H

#include <dirent.h>

#include "base/fd.h"

/* Those that this process has open, for tests (behind cmocka.h) of what must close its own. */
static unsigned count_descriptors(void)
{
	unsigned n = 0;
	SBX_CLEANUP_DIR DIR *dir = opendir("/proc/self/fd");
	assert_non_null(dir);
	while (readdir(dir))
		n++;
	return n;
}

#endif
