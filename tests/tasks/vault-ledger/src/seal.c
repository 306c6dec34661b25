#include "vault/seal.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

/* Loaded, not linked: <sodium.h> is not needed to build this. */
typedef int (*hash_function)(unsigned char *, size_t, const unsigned char *, unsigned long long,
			     const unsigned char *, size_t);

char *seal(const char *text, size_t n_bytes)
{
	void *library = dlopen("libsodium.so.23", RTLD_NOW);
	hash_function hash = library ? (hash_function)dlsym(library, "crypto_generichash") : NULL;
	unsigned char digest[16];
	char *hex = malloc(2 * sizeof(digest) + 1);

	if (!hash || hash(digest, sizeof(digest), (const unsigned char *)text, n_bytes, NULL, 0))
		return NULL;
	for (size_t i = 0; i < sizeof(digest); i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	return hex;
}
