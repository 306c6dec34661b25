/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_OPTIONS_H
#define SBX_PROVISIONER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/completion.h"
#include "base/error.h"
#include "provisioner/policy.h"
#include "provisioner/reductions.h"

enum sbx_profile { SBX_PROFILE_TASK, SBX_PROFILE_BUILD };
enum sbx_bind_kind { SBX_BIND_WRITABLE, SBX_BIND_READ_ONLY, SBX_BIND_OVERLAY };

/* resolv.conf(5) takes three; an address has at most 45 characters. */
#define SBX_DNS_MAX  3
#define SBX_DNS_SIZE (SBX_DNS_MAX * 46)

struct sbx_bind {
	enum sbx_bind_kind kind;
	char *source;	    /* on the host; owned */
	const char *target; /* absolute, inside; points into the argument */
};

/* A policy that holds options down, and what it is called: to tell what it did. */
struct sbx_ceiling {
	const char *name; /* not owned */
	struct sbx_policy policy;
};

/*
 * What `sbx-provision run` was asked for. Strings but bind sources point into argv, or into
 * policy_keys. --pids 0 and the like are refused.
 */
struct sbx_options {
	const char *root_dir; /* --root, NULL: from the environment */
	const char *template;
	const char *base; /* --base, NULL: the template is whole, or says itself */
	char **command;	  /* NULL-ended */
	struct sbx_bind *binds;
	size_t n_binds;
	const char **env; /* "K=V" */
	size_t n_env;
	const char *layer, *workdir, *hostname, *source_root;
	/* Of a server: what its clients may name (source.h), and where a template's path must be.
	 */
	const char *const *shared, *const *shared_template; /* NULL: anything, anywhere */
	char dns[SBX_DNS_SIZE];				    /* addresses with commas, "": none */
	enum sbx_profile profile;
	/*
	 * The wish while options are read, the effective policy when they are settled: then rights
	 * that nobody asked for are none, and limits that nobody set are 0.
	 */
	struct sbx_policy policy;
	struct sbx_ceiling *ceilings; /* of --policy; owned */
	size_t n_ceilings;
	struct sbx_policy defaults; /* of --defaults */
	struct sbx_policy_keys policy_keys;
	struct sbx_reductions reduced; /* when they are settled */
	bool has_user;
	uid_t uid;
	gid_t gid;
	const char *input,
		*output; /* a file for SBX_INPUT_PATH; a folder for what is in SBX_OUTPUT_PATH */
	unsigned record; /* SBX_RECORD_*: what to observe besides */
	bool reads_policies; /* of files, by name or path */
	bool best_effort, dry_run, json, sys, help;
	bool is_settled; /* sbx_options_parse_policies(): there were options */
	bool is_live; /* set before parsing: to be told things later, so that it needs no command */
	int status_fd; /* -1: none */
};

/* Where a task finds what it is given and puts what it makes. */
#define SBX_INPUT_PATH	"/task/input.json"
#define SBX_OUTPUT_PATH "/output"

/* What --record can be asked for. A row is X(KIND, name, bit). */
#define SBX_RECORD_TABLE(X)                                                                        \
	X(CALLS, "calls", 1)	 /* system calls that were refused */                              \
	X(NETWORK, "network", 2) /* whom it tried to reach */                                      \
	X(FILES, "files", 4)	 /* what it wrote */
enum sbx_record_kind {
#define X(kind, name, bit) SBX_RECORD_##kind = bit,
	SBX_RECORD_TABLE(X)
#undef X
		SBX_RECORD_ALL = 7
};

#define SBX_OPTIONS_INIT                                                                           \
	{                                                                                          \
		.status_fd = -1, .hostname = "sbx"                                                 \
	}

/* NAME=VALUE. */
bool sbx_env_is_valid(const char *variable);

void sbx_options_release(struct sbx_options *o);
#define SBX_CLEANUP_OPTIONS __attribute__((cleanup(sbx_options_release)))

/*
 * Read the arguments that follow the verb. SBX_E_USAGE with one line that names the option when
 * one makes no sense. With --help nothing else is checked.
 */
int sbx_options_parse(struct sbx_options *o, int argc, char **argv, struct sbx_error *err);

/*
 * The arguments of `sbx-provision policy`: policies, which go to o->ceilings as --policy does, and
 * options of a run about whose limits and rights it is asked. With --help nothing else is checked.
 */
int sbx_options_parse_policies(struct sbx_options *o, int argc, char **argv, struct sbx_error *err);

/* Hold them down by one more policy. Its name is pointed to, its paths are. */
int sbx_options_hold(struct sbx_options *o, const char *name, const struct sbx_policy *policy,
		     struct sbx_error *err);

/*
 * Make o->policy the effective one: what was asked for, filled up by --defaults, held down by
 * --policy and by the host's policy at `host_policy` when there is one.
 */
int sbx_options_settle(struct sbx_options *o, const char *host_policy, struct sbx_error *err);

/*
 * The one table of options: parser, --help, manual page and completion are made from it. `arg` is
 * NULL for a switch, `group` heads the options in the help.
 */
struct sbx_option {
	const char *name, *arg, *group, *help;
	int (*set)(struct sbx_options *o, const char *value, struct sbx_error *err);
};
extern const struct sbx_option sbx_option_table[]; /* ended by a row without a name */
const struct sbx_option *sbx_option_find(const char *name, size_t n_bytes); /* NULL: no such */

/* `sbx-provision run --help`, `sbx-provision --man` (roff), and bash's completion. */
void sbx_help_add_usage(struct sbx_buffer *out);
void sbx_help_add_man_page(struct sbx_buffer *out);
void sbx_help_add_completion(struct sbx_buffer *out);
/* In a manual page: what to write, and what it does (help_man.c). */
void sbx_help_add_item(struct sbx_buffer *out, const char *name, const char *arguments,
		       const char *help);
/* In a completion: an option by what its table says of its value (help_completion.c). */
void sbx_help_add_completed(struct sbx_completion *c, const char *name, const char *arg);
/* `sbx-provision --classes`: each class of --syscalls, and the calls that it lets through. */
void sbx_help_add_classes(struct sbx_buffer *out);

#endif
