/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_OPTIONS_H
#define SBX_PROVISIONER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

enum sbx_profile { SBX_PROFILE_TASK, SBX_PROFILE_BUILD };
enum sbx_net { SBX_NET_NONE, SBX_NET_HOST };
enum sbx_bind_kind { SBX_BIND_WRITABLE, SBX_BIND_READ_ONLY, SBX_BIND_OVERLAY };

struct sbx_bind {
	enum sbx_bind_kind kind;
	char *source;	    /* on the host; owned */
	const char *target; /* absolute, inside; points into the argument */
};

/*
 * What `sbx-provision run` was asked for. Strings but bind sources point into argv. A limit of 0
 * means "not asked for"; --pids 0 and the like are refused.
 */
struct sbx_options {
	const char *root_dir; /* --root, NULL: from the environment */
	const char *template;
	char **command; /* NULL-ended */
	struct sbx_bind *binds;
	size_t n_binds;
	const char **env; /* "K=V" */
	size_t n_env;
	const char *layer, *workdir, *hostname;
	uint64_t disk_bytes, memory_bytes, pids, output_bytes, nofile, fsize_bytes;
	uint64_t cpu_quota_usec; /* per SBX_CPU_PERIOD_USEC of wall time */
	uint64_t timeout_usec, grace_usec;
	enum sbx_net net;
	enum sbx_profile profile;
	const char *syscalls; /* --syscalls, NULL: not asked for */
	uint64_t classes;     /* the same as a set, with what it includes */
	bool has_user;
	uid_t uid;
	gid_t gid;
	bool best_effort, dry_run, json, sys, help;
	int status_fd; /* -1: none */
};

#define SBX_OPTIONS_INIT                                                                           \
	{                                                                                          \
		.status_fd = -1, .grace_usec = 2000000, .hostname = "sbx"                          \
	}
#define SBX_CPU_PERIOD_USEC 100000

void sbx_options_release(struct sbx_options *o);
#define SBX_CLEANUP_OPTIONS __attribute__((cleanup(sbx_options_release)))

/*
 * Read the arguments that follow the verb. SBX_E_USAGE with one line that names the option when
 * one makes no sense. With --help nothing else is checked.
 */
int sbx_options_parse(struct sbx_options *o, int argc, char **argv, struct sbx_error *err);

/*
 * The one table of options: parser, --help, manual page and completion are made from it. `arg` is
 * NULL for a switch, `group` heads the options in the help.
 */
struct sbx_option {
	const char *name, *arg, *group, *help;
	int (*set)(struct sbx_options *o, const char *value, struct sbx_error *err);
};
extern const struct sbx_option sbx_option_table[]; /* ended by a row without a name */

/* `sbx-provision run --help`, `sbx-provision --man` (roff), and bash's completion. */
void sbx_help_add_usage(struct sbx_buffer *out);
void sbx_help_add_man_page(struct sbx_buffer *out);
void sbx_help_add_completion(struct sbx_buffer *out);
/* `sbx-provision --classes`: each class of --syscalls, and the calls that it lets through. */
void sbx_help_add_classes(struct sbx_buffer *out);

#endif
