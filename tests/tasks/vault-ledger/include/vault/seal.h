#ifndef VAULT_SEAL_H
#define VAULT_SEAL_H
#include <stddef.h>

/* A digest of `text` in hexadecimal, by the libsodium of the system; NULL without one. */
char *seal(const char *text, size_t n_bytes);

#endif
