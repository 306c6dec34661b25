/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_RECORD_H
#define SBX_PROVISIONER_RECORD_H

#include "base/json.h"
#include "provisioner/ledger.h"
#include "provisioner/options.h"

/*
 * What is observed of a sandbox besides its end: made before it, filled in as it lives and when it
 * has ended. Nothing in it is trusted: the sandbox wrote the layers, its first process the ledger.
 */
#define SBX_MAX_WRITTEN 100 /* paths that are listed; all are counted */

struct sbx_written_path {
	char *path; /* inside; owned */
	const char *what;
	uint64_t n_bytes;
};

struct sbx_written {
	uint64_t n_files, n_bytes, n_deleted; /* regular files, links and the like; whiteouts */
	bool is_incomplete;		      /* too many, too deep, or not to be read */
	struct sbx_written_path path[SBX_MAX_WRITTEN];
	unsigned n_paths;
};

struct sbx_record {
	unsigned wanted;	     /* SBX_RECORD_* */
	int layers_fd;		     /* the folder of the writable layers, -1: not handed out */
	struct sbx_ledger *ledger;   /* shared with the first process; NULL: without */
	struct sbx_written *written; /* NULL: nobody has looked */
	bool has_output, output_failed;
	uint64_t n_output_files, n_output_bytes, n_left_out; /* of --output */
	char *left_out;					     /* the first of them; owned */
	const char *why_left_out;
};

#define SBX_RECORD_INIT                                                                            \
	{                                                                                          \
		.layers_fd = -1                                                                    \
	}

/* With out_fd, the ledger can be shared with another process of ours, which adopts it by that. */
int sbx_record_open(struct sbx_record *record, unsigned wanted, int *out_fd, struct sbx_error *err);
int sbx_record_adopt(struct sbx_record *record, unsigned wanted, int fd, struct sbx_error *err);
/*
 * Its ledger is in the memory of what this process forks from now on, or not (then whoever is
 * forked must not look at it). It is to begin with.
 */
void sbx_record_show_children(const struct sbx_record *record);
void sbx_record_hide_from_children(const struct sbx_record *record);
void sbx_record_release(struct sbx_record *record);
#define SBX_CLEANUP_RECORD __attribute__((cleanup(sbx_record_release)))

/* When nothing lives inside any more: what the layers hold (written.c). */
void sbx_record_look(struct sbx_record *record, const struct sbx_options *options);

/* The same for --output: copy what is in /output into a folder. */
int sbx_record_collect(struct sbx_record *record, int to_dfd, struct sbx_error *err);

/* Its members of the status line's object. */
void sbx_record_add_json(const struct sbx_record *record, struct sbx_json *w);

#endif
