/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_POLICY_H
#define SBX_PROVISIONER_POLICY_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/keyfile.h"

/*
 * What a sandbox may take and do. Options make one (the task's wish), policy files others (what
 * whoever runs sandboxes allows); the effective policy is the strictest of them all.
 *
 * The limits. A row is X(KIND, name of option and key, how its value is read, greatest count,
 * argument, help). 0 means that there is none.
 */
#define SBX_LIMIT_TABLE(X)                                                                         \
	X(MEMORY, "memory", BYTES, 0, "BYTES", "memory of all processes together, swap included")  \
	X(CPUS, "cpus", CPUS, 0, "N", "CPU time per wall time; 0.5 is half a CPU")                 \
	X(CPU_WEIGHT, "cpu-weight", COUNT, 10000, "N",                                             \
	  "share of the CPUs when others want them too: 1 to 10000, 100 being usual")              \
	X(IO_WEIGHT, "io-weight", COUNT, 10000, "N", "the same for disks, 100 being usual")        \
	X(PIDS, "pids", COUNT, 4194303, "N", "processes and threads")                              \
	X(TIMEOUT, "timeout", SECONDS, 0, "SECONDS", "wall time; then SIGTERM to the command")     \
	X(GRACE, "grace", SECONDS_OR_NONE, 0, "SECONDS",                                           \
	  "from that SIGTERM until everything is killed (default: 2); 0: no SIGTERM")              \
	X(CPU_TIME, "cpu-time", WHOLE_SECONDS, 1U << 30, "SECONDS",                                \
	  "CPU time of each process; then SIGXCPU, a second later SIGKILL")                        \
	X(OUTPUT, "output-limit", BYTES, 0, "BYTES",                                               \
	  "stdout and stderr together; whoever writes more is killed")                             \
	X(NOFILE, "nofile", COUNT, 1U << 30, "N", "open files of each process: 16 or more")        \
	X(FSIZE, "fsize", BYTES, 0, "BYTES", "size of each file written")                          \
	X(DISK, "disk", BYTES, 0, "BYTES",                                                         \
	  "what is written in memory: the layer (unless --layer), /tmp and /dev/shm together "     \
	  "(default: half of the machine's memory)")
enum sbx_limit {
#define X(kind, name, unit, max, arg, help) SBX_LIMIT_##kind,
	SBX_LIMIT_TABLE(X)
#undef X
		SBX_N_LIMITS
};
const char *sbx_limit_name(enum sbx_limit limit);

/* Bytes, counts, microseconds; CPUS in microseconds for each SBX_CPU_PERIOD_USEC of wall time. */
#define SBX_CPU_PERIOD_USEC 100000
/* --grace 0: no SIGTERM and no waiting. Not 0, since that is no limit, nor the strictest of two. */
#define SBX_GRACE_AT_ONCE 1
int sbx_limit_parse(enum sbx_limit limit, const char *text, uint64_t *out, struct sbx_error *err);
/* Print it in a way that is read back to the same. */
void sbx_limit_add_value(enum sbx_limit limit, uint64_t value, struct sbx_buffer *out);

/*
 * Whether root of the sandbox is nobody outside, from lax to strict: not by a user namespace, where
 * kernel and file systems can (also when nothing is said), or else nothing is started.
 */
enum sbx_userns { SBX_USERNS_UNSET, SBX_USERNS_NO, SBX_USERNS_AUTO, SBX_USERNS_YES };
int sbx_userns_parse(const char *text, enum sbx_userns *out, struct sbx_error *err);
const char *sbx_userns_name(enum sbx_userns userns);

/*
 * From strict to lax. UNSET: nothing is said. FILTERED: an allow-list that is enforced outside of
 * the sandbox; policies may say it already, which back end can give what is in backend.h.
 */
enum sbx_net { SBX_NET_UNSET, SBX_NET_NONE, SBX_NET_FILTERED, SBX_NET_HOST };
int sbx_net_parse(const char *text, enum sbx_net *out, struct sbx_error *err);
const char *sbx_net_name(enum sbx_net net);
/* What becomes of a system call that is refused, from lax to strict. */
enum sbx_refusal {
	SBX_REFUSAL_UNSET,
	SBX_REFUSAL_ENOSYS, /* as by a kernel that does not know it */
	SBX_REFUSAL_EPERM,
	SBX_REFUSAL_KILL, /* the process that made it */
};

/* What becomes of a secret in what a task leaves, from lax to strict. */
enum sbx_secrets {
	SBX_SECRETS_UNSET,
	SBX_SECRETS_REDACT, /* its text is blotted out */
	SBX_SECRETS_REFUSE, /* nothing is handed out */
};

/* Paths inside, absolute; `*`, `?` and `[...]` match within a name (glob(7)). */
#define SBX_MAX_PATHS 64
struct sbx_paths {
	const char *path[SBX_MAX_PATHS];
	unsigned n;
};

struct sbx_policy {
	uint64_t limit[SBX_N_LIMITS];
	enum sbx_net net;
	enum sbx_userns userns;
	bool has_classes; /* only the system calls of `classes` (base/classes.h) */
	uint64_t classes;
	bool has_capabilities; /* only those of the mask */
	uint64_t capabilities;
	enum sbx_refusal unknown;   /* calls that the filter has not heard of */
	enum sbx_refusal dangerous; /* calls that it refuses by name */
	bool no_zygote;		    /* never in a process forked from a warm one */
	bool only_predicted; /* whoever knows the task's predicted classes asks for no more */
	struct sbx_paths hidden, read_only;
	bool has_writable; /* nothing else but `writable` can be written to */
	struct sbx_paths writable;
	/* For who hands out what the task left in /output: sbx-provision keeps to none of it. */
	uint64_t most_bytes; /* 0: no limit */
	enum sbx_secrets secrets;
	struct sbx_paths patterns; /* regular expressions of further secrets */
};

/*
 * Read a policy's text: a key file, or JSON of the same sections and keys when it begins with '{'
 * (docs/schemas/policy.schema.json). SBX_E_INPUT names the file, the section and the key that is
 * unknown, or the value and what was expected. What `extends` a posture starts from that one. The
 * paths point into `keys`, which are to be released after the policy and all it was joined with.
 */
#define SBX_MAX_POLICY_KEYS 16
struct sbx_policy_keys {
	struct sbx_keyfile *of[SBX_MAX_POLICY_KEYS];
	unsigned n;
};
int sbx_policy_parse(struct sbx_policy *policy, const char *text, size_t n_bytes, const char *where,
		     struct sbx_policy_keys *keys, struct sbx_error *err);
void sbx_policy_keys_release(struct sbx_policy_keys *keys);
#define SBX_CLEANUP_POLICY_KEYS __attribute__((cleanup(sbx_policy_keys_release)))

/* JSON's sections and keys as the text of a key file (policy_json.c). */
int sbx_policy_json_to_keys(const char *text, size_t n_bytes, struct sbx_buffer *out,
			    struct sbx_error *err);

/* The built-in postures, from lax to strict; ended by a row without a name. */
struct sbx_posture {
	const char *name, *text;
	const size_t *n_bytes;
};
extern const struct sbx_posture sbx_postures[];

bool sbx_policy_is_posture(const char *name);

/*
 * Find a policy's text: a posture's name, a name in /etc/sbx/policies/ (NAME.policy), or a path
 * with a '/'. malloc'd. SBX_E_NOT_FOUND lists the postures.
 */
char *sbx_policy_find(const char *name, size_t *out_n_bytes, struct sbx_error *err);

/*
 * What this host allows at most: `path` (/etc/sbx/host.policy). No text and no error when there is
 * none; SBX_E_DENIED when others than root could have written it.
 */
#define SBX_HOST_POLICY "/etc/sbx/host.policy"
int sbx_policy_find_host(const char *path, char **out_text, size_t *out_n_bytes,
			 struct sbx_error *err);

/*
 * Let `policy` be no laxer than `other` in anything. Commutative, associative and idempotent. What
 * is not set is no limit. SBX_E_INPUT when the paths are too many.
 */
int sbx_policy_restrict(struct sbx_policy *policy, const struct sbx_policy *other,
			struct sbx_error *err);

/* Where `policy` says nothing, let `other` speak: for defaults and `extends`. */
void sbx_policy_fill(struct sbx_policy *policy, const struct sbx_policy *other);

/* Print it as a key file that sbx_policy_parse() reads back to the same. */
void sbx_policy_add_text(const struct sbx_policy *policy, struct sbx_buffer *out);

/* What maintainer scripts of packages do as root: change owners and modes, become other users. */
#define SBX_CAPABILITY(name) (UINT64_C(1) << CAP_##name)
#define SBX_BUILD_CAPABILITIES                                                                     \
	(SBX_CAPABILITY(CHOWN) | SBX_CAPABILITY(DAC_OVERRIDE) | SBX_CAPABILITY(FOWNER) |           \
	 SBX_CAPABILITY(FSETID) | SBX_CAPABILITY(KILL) | SBX_CAPABILITY(SETGID) |                  \
	 SBX_CAPABILITY(SETUID) | SBX_CAPABILITY(SYS_CHROOT) | SBX_CAPABILITY(SETFCAP))

/* The capability's number by name ("net_bind_service", "CAP_..." too); -1: no such. */
int sbx_capability_find(const char *name);
const char *sbx_capability_name(unsigned number); /* NULL: none of that number */

#endif
