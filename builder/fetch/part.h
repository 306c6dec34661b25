/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_FETCH_PART_H
#define SBX_BUILDER_FETCH_PART_H

#include "builder/fetch/digest.h"
#include "builder/fetch/fetch.h"

/*
 * The `path`.part of a fetch: what has arrived, hashed as far as it goes. It is locked (flock)
 * while in use, so that two processes never write to one file; a dead process holds no lock.
 */
struct sbx_part {
	char *path;	 /* of the .part */
	int fd;		 /* -1: not open */
	guint64 n_bytes; /* in the file and in the digest */
	struct sbx_digest digest;
	char *validator; /* for If-Range: a strong ETag or a date of what n_bytes came from */
};

enum sbx_part_state {
	SBX_PART_FAILED = -1,
	SBX_PART_OPEN,	 /* append to it */
	SBX_PART_LOCKED, /* another process is at it: come back later */
	SBX_PART_WHOLE,	 /* the file is already at fetch->path, checked; nothing to do */
};

/* Open and lock; keep what can be resumed. `resume` FALSE: start from zero. */
enum sbx_part_state sbx_part_open(struct sbx_part *part, const struct sbx_fetch *fetch,
				  gboolean resume, GError **error);
/* Append, hashing. */
gboolean sbx_part_add(struct sbx_part *part, const void *data, gsize n_bytes, GError **error);
/* Drop what is there. */
gboolean sbx_part_restart(struct sbx_part *part, GError **error);
/* Remember what the bytes to come belong to; NULL: nothing is known. */
void sbx_part_set_validator(struct sbx_part *part, const char *validator);
/*
 * The end: check the digest against fetch->sha256, rename to fetch->path and set
 * fetch->out_sha256. On a mismatch the .part is deleted and *out_mismatch set.
 */
gboolean sbx_part_commit(struct sbx_part *part, struct sbx_fetch *fetch, gboolean *out_mismatch,
			 GError **error);
/* Close and unlock; an empty .part is deleted, another stays for a resume. */
void sbx_part_close(struct sbx_part *part);

#endif
