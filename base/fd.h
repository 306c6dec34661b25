/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BASE_FD_H
#define SBX_BASE_FD_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include "base/error.h"

/* Close *fd unless negative and set it to -1. errno is kept; EINTR is not retried. */
void sbx_close(int *fd);

/* Take the descriptor out of *fd, which becomes -1. */
static inline int sbx_steal_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

static inline void *sbx_steal_pointer_at(void *slot)
{
	void **at = (void **)slot, *taken = *at;
	*at = NULL;
	return taken;
}
/* Take the pointer out of the variable, which becomes NULL. */
#define sbx_steal(variable) ((__typeof__(variable))sbx_steal_pointer_at(&(variable)))

static inline void sbx_free_at(void *slot)
{
	free(*(void **)slot);
}
static inline void sbx_fclose_at(FILE **f)
{
	if (*f)
		fclose(*f);
}
static inline void sbx_closedir_at(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define SBX_CLEANUP_FD	 __attribute__((cleanup(sbx_close)))
#define SBX_CLEANUP_FREE __attribute__((cleanup(sbx_free_at)))
#define SBX_CLEANUP_FILE __attribute__((cleanup(sbx_fclose_at)))
#define SBX_CLEANUP_DIR	 __attribute__((cleanup(sbx_closedir_at)))

/* Write all n bytes; 0, or -1 with errno set. */
int sbx_write_all(int fd, const void *data, size_t n);

/*
 * Read a file whole, at most max_bytes of it, below dfd (or AT_FDCWD). The result is malloc'd,
 * NUL-terminated, its length in *out_n (may be NULL). SBX_E_INPUT: a longer file, or what is no
 * plain file: a folder, a pipe, a device. Never waits for any of them.
 */
char *sbx_read_file(int dfd, const char *path, size_t max_bytes, size_t *out_n,
		    struct sbx_error *err);

/* The same of what is open already (with O_NONBLOCK, if it may be no plain file), called `name`. */
char *sbx_read_open(int fd, const char *name, size_t max_bytes, size_t *out_n,
		    struct sbx_error *err);

#endif
