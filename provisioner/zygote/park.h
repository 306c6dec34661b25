/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_ZYGOTE_PARK_H
#define SBX_PROVISIONER_ZYGOTE_PARK_H

#include "provisioner/zygote/join.h"

/*
 * The life of a child that a zygote parked: wait on the socket for a sandbox, join it, give up all
 * rights, and be its command. In the process that sbx_zygote_fork() made.
 */
_Noreturn void sbx_park(int socket_fd);

/* Tell how it went; unset: well. */
void sbx_answer(int socket_fd, const struct sbx_error *err);

/* Close all descriptors from 3 on but this one. */
void sbx_close_others(int kept_fd);

/* What a packet is about: of n_bytes, own it with free(). NULL: see the error. */
char *sbx_read_text(int fd, uint64_t n_bytes, struct sbx_error *err);

/*
 * Wait inside to be told what to be, and be it: in the child that a sandbox's own process 1 reaps.
 * `text` is what came with the join, already checked to be of its length (become.c).
 */
_Noreturn void sbx_become(int socket_fd, const struct sbx_join *join, char *text);

/*
 * Take what is free in the middle of the heap, for good: it lies in pieces on pages that are shared
 * with the zygote, and each that a task allocates would be a page to copy. What tasks allocate then
 * comes from the heap's end (heap.c).
 */
void sbx_heap_plug(void);

/* Have libraries that draw random numbers do so from a new seed (reseed.c). */
void sbx_reseed_libraries(void);

/*
 * Memory that modules share: note what there is, in a zygote; in a task, before any of its code,
 * have it be the task's own (shared.c).
 */
int sbx_shared_note(struct sbx_error *err);
int sbx_shared_renew(struct sbx_error *err);

/* How many threads this process has. */
unsigned sbx_count_threads(void);

#endif
