/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_STANDING_H
#define SBX_PROVISIONER_STANDING_H

#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buffer.h"
#include "provisioner/plan.h"

/*
 * A sandbox that was made ahead stands in its slot and waits to be told what to run. What its
 * keeper has read and settled for it lies in memory that the server sees as well: so a request in
 * the same words, but for the command and the values of --env, which say nothing about the sandbox,
 * has to be read by nobody, and the server can tell the sandbox itself.
 *
 *	keeper: sbx_standing_describe		server: sbx_standing_is_for, sbx_standing_split
 */

#define SBX_MAX_STANDING_PATH 512
#define SBX_MAX_ENV_WORDS     64 /* a bit each */

/* A file as it was when it was read. */
struct sbx_mark {
	bool is_there;
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec modified, changed;
};

struct sbx_standing {
	atomic_bool is_up;    /* set by the keeper last of all; taken back by whoever uses it up */
	atomic_bool was_told; /* set by the server, which has told it what to run */
	/*
	 * Set by the server while it waits for the keeper: a zygote's child that has not come yet
	 * is waited for no longer. Modules decide whether it ever comes.
	 */
	atomic_bool is_unwanted;
	bool is_comparable; /* with words that come later */
	/* Of the words that it was settled by: those before the command, without "--". */
	uint32_t n_before;
	uint64_t env; /* 1 << i: in word i is a variable for the command's environment */
	/* Where one of these is another file than it was, the words may mean something else. */
	char template[SBX_MAX_STANDING_PATH];
	struct sbx_mark template_mark, policy_mark;
	/* As settled: */
	uid_t host_uid;		  /* as struct sbx_container's */
	struct sbx_policy policy; /* without its paths */
	struct sbx_reductions reduced;
	unsigned unenforced;		/* of the plan */
	struct sbx_group_limits limits; /* to be set on the slot's groups */
};

struct sbx_task;

struct sbx_mark sbx_mark_of(const char *path);

/*
 * Describe what these words were settled to; policy_mark is set already, from before that. False:
 * it cannot be said which of them is what.
 */
bool sbx_standing_describe(struct sbx_standing *s, const struct sbx_task *task, char **words,
			   uint32_t n_words);

/*
 * What of the words that something is made for is kept to be compared: nothing from the first "--"
 * on, no value of --env. Those are nobody else's business, and comparing needs them not.
 */
void sbx_standing_remember(struct sbx_buffer *out, const char *words, size_t n_bytes);

/* Would these words, each with its NUL, be settled to the same as those that it was made for? */
bool sbx_standing_is_for(const struct sbx_standing *s, const char *made_for, size_t n_made_for,
			 const char *words, size_t n_bytes);

/*
 * Of words that begin as described: how many variables there are, with their text behind each other
 * in *env, and how many words of a command, whose text begins at *command.
 */
struct sbx_spoken {
	uint32_t n_env, n_words;
	const char *command;
	size_t n_command_bytes;
};
bool sbx_standing_split(const struct sbx_standing *s, const char *words, size_t n_bytes,
			struct sbx_buffer *env, struct sbx_spoken *out);

#endif
