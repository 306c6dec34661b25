/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_ZYGOTES_H
#define SBX_PROVISIONER_ZYGOTES_H

#include "provisioner/modules.h"
#include "provisioner/task.h"

/*
 * Warm interpreters: the zygotes of one trust domain, template and interpreter. They live in a
 * sandbox of their own, without any capability; docs/zygotes.md tells how tasks are forked from
 * them. Nothing here waits but where it says so.
 */
struct sbx_zygotes;

#define SBX_MAX_ZYGOTES 16 /* in one family */
#define SBX_MAX_PARKED	32 /* children of one zygote that wait for a task */

enum sbx_zygote_state { SBX_ZYGOTE_STARTING, SBX_ZYGOTE_READY, SBX_ZYGOTE_FAILED };

/*
 * Start the sandbox and the bare interpreter in it. `python` is the command that tasks call it by,
 * `library` the path of sbx-zygote.so. Own *out with sbx_zygotes_free(), which ends what is left
 * of every task that was forked from them, too. `shared`: the template's path is below one of these
 * (source.h); NULL: it may be anywhere.
 */
int sbx_zygotes_new(const char *root_dir, const char *const *shared, const char *template,
		    const char *python, const char *library, struct sbx_zygotes **out,
		    struct sbx_error *err);
void sbx_zygotes_free(struct sbx_zygotes *zygotes);

/* The template's root, as a path. */
const char *sbx_zygotes_lower(const struct sbx_zygotes *zygotes);

/* What 0 in its sandbox is on the host (ids.h), and in those forked from it; 0: 0 itself. */
uint32_t sbx_zygotes_first_id(const struct sbx_zygotes *zygotes);

/* The command that its interpreter is called by. */
const char *sbx_zygotes_python(const struct sbx_zygotes *zygotes);

/* Have a zygote with these modules; its number. SBX_E_BUSY while what it grows from starts. */
int sbx_zygotes_grow(struct sbx_zygotes *zygotes, const struct sbx_modules *modules,
		     struct sbx_error *err);

/* How far a zygote is; FAILED fills *err. With wait_msec it waits that long at most; -1: for ever.
 */
enum sbx_zygote_state sbx_zygotes_state(struct sbx_zygotes *zygotes, int number, int wait_msec,
					struct sbx_error *err);

/* Readable when the state of a zygote may have changed. */
int sbx_zygotes_fd(const struct sbx_zygotes *zygotes, int number);

/*
 * One that was ready and has ended since the last call; -1: none. What is forked from it lives on.
 * It is FAILED then.
 */
int sbx_zygotes_take_ended(struct sbx_zygotes *zygotes);

/* End one; it is FAILED then. Its children live on, those that wait do not. */
void sbx_zygotes_end(struct sbx_zygotes *zygotes, int number);

/* The one with exactly these modules that has not failed, or -1. */
int sbx_zygotes_find(const struct sbx_zygotes *zygotes, const struct sbx_modules *modules);

/* What there is of it; false: no more of them. 0 is the bare interpreter. */
struct sbx_zygote_facts {
	const struct sbx_modules *modules;
	enum sbx_zygote_state state;
	uint64_t used_usec; /* when it became ready, or was last used (sbx_zygotes_use) */
	pid_t pid;	    /* 0: not known */
};
bool sbx_zygotes_see(const struct sbx_zygotes *zygotes, int number, struct sbx_zygote_facts *out);
void sbx_zygotes_use(struct sbx_zygotes *zygotes, int number, uint64_t now_usec);

/* Its memory in bytes, of shared pages its share (PSS); 0: not known. Takes milliseconds. */
uint64_t sbx_zygotes_memory(const struct sbx_zygotes *zygotes, int number);

/* The zygote that serves a task with these modules (modules.h). SBX_E_BUSY: none is ready. */
int sbx_zygotes_best(struct sbx_zygotes *zygotes, const struct sbx_modules *modules,
		     struct sbx_error *err);

/* Have n children of a zygote parked; those that wait already count. */
int sbx_zygotes_park(struct sbx_zygotes *zygotes, int number, unsigned n, struct sbx_error *err);

/*
 * A parked child of a zygote, or a new one, with what a request needs to have it become the
 * command; it may still be forking (sbx_warm_meet). Own it with sbx_warm_release().
 */
int sbx_zygotes_take(struct sbx_zygotes *zygotes, int number, struct sbx_warm *warm,
		     struct sbx_error *err);

/*
 * May a task be forked from a zygote of this interpreter, with these ids? The error names what is
 * against it: a policy, an option, a variable or an argument that counts when the interpreter
 * starts. To be asked before the task is settled for its words, after it for its policy.
 */
int sbx_zygotes_check(const char *python, uint32_t first_id, const struct sbx_options *options,
		      struct sbx_error *err);

#endif
