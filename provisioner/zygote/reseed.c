/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "provisioner/zygote/park.h"

/*
 * OpenSSL reseeds after a fork when it sees another process number, which in namespaces of their
 * own two can share. So it is told to, wherever it has been loaded.
 */
static int reseed_openssl(struct dl_phdr_info *info, size_t size, void *data)
{
	if (!strstr(info->dlpi_name, "/libcrypto.so"))
		return 0;
	void *library = dlopen(info->dlpi_name, RTLD_LAZY | RTLD_NOLOAD);
	int (*poll)(void) = NULL;
	if (library)
		*(void **)&poll = dlsym(library, "RAND_poll");
	if (poll)
		poll();
	return 0;
}

void sbx_reseed_libraries(void)
{
	dl_iterate_phdr(reseed_openssl, NULL);
}
