/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BASE_IDMAP_H
#define SBX_BASE_IDMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/*
 * How an ordinary user keeps owners: in a user namespace whose 0 is the user and whose 1 to `count`
 * are ids that the host's root has set aside for that user (subuid(5)). A store that was filled
 * that way says so in its file SBX_IDMAP_FILE, a key file, and can be used in such a namespace
 * only: outside of it its owners are other numbers.
 */
#define SBX_IDMAP_FILE "ids"

/* Up to nobody (65534) and one more, as the first user namespace's ids that packages use. */
#define SBX_IDMAP_COUNT 65535

struct sbx_idmap {
	uint32_t uid, gid;	       /* what 0 inside is outside */
	uint32_t first_uid, first_gid; /* what 1 inside is outside */
	uint32_t count;		       /* how many there are from 1 on */
};

/* Read that file: 1, or 0 when there is none; SBX_E_DAMAGED when it is no such file. */
int sbx_idmap_read(int dfd, const char *path, struct sbx_idmap *out, struct sbx_error *err);

/* The file's text. */
void sbx_idmap_add_text(const struct sbx_idmap *map, struct sbx_buffer *out);

/*
 * Enter a new user namespace with this map, in which this process is root: the programs newuidmap
 * and newgidmap (package uidmap) write it. Nothing is done when this process is in one already.
 * Before the first thread is started. On failure (SBX_E_UNSUPPORTED with the reason, SBX_E_DENIED
 * when the map is another user's) this process is where it was.
 */
int sbx_idmap_enter(const struct sbx_idmap *map, struct sbx_error *err);

/* Is this process in a user namespace with exactly this map? */
bool sbx_idmap_is_entered(const struct sbx_idmap *map);

/* The map that sbx_idmap_enter() has entered in this process, NULL: none. */
const struct sbx_idmap *sbx_idmap_entered(void);

/* Is this process in a user namespace below the first one? */
bool sbx_idmap_is_nested(void);

#endif
