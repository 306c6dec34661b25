/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_PLAN_H
#define SBX_PROVISIONER_PLAN_H

#include "base/json.h"
#include "provisioner/cgroup.h"
#include "provisioner/options.h"

/*
 * The operations of a plan, in about the order in which they are done. A row is
 *	X(KIND, name, what `source`, `target` and `number` mean, "" where they mean nothing)
 * Those up to SPAWN and those marked "meanwhile" are done on the host, by the process that was
 * started; the others by the sandbox's first process, in namespaces of its own.
 */
#define SBX_OP_TABLE(X)                                                                            \
	X(GROUP, "cgroup", "parent", "controllers", "")                                            \
	X(SPAWN, "spawn", "", "namespaces", "")                                                    \
	X(MAKE_NETWORK, "make-network", "", "", "")	     /* meanwhile */                       \
	X(GROUP_LIMIT, "cgroup-limit", "", "limit", "value") /* meanwhile */                       \
	X(PRIVATE_MOUNTS, "private-mounts", "", "", "")                                            \
	X(ID_MAP, "id-map", "", "", "uid")                                                         \
	X(STAGING, "staging", "lower", "", "bytes")                                                \
	X(BASE, "base", "lower", "", "")                                                           \
	X(LAYER, "layer", "dir", "", "bytes")                                                      \
	X(ROOT, "root", "lower", "options", "")                                                    \
	X(PROC, "proc", "", "", "")                                                                \
	X(USER_LIMIT, "user-limit", "", "resource", "value")                                       \
	X(MASK, "mask", "", "path", "")                                                            \
	X(READ_ONLY, "read-only", "", "path", "")                                                  \
	X(DEV, "dev", "", "", "")                                                                  \
	X(DEV_NODE, "dev-node", "", "node", "")                                                    \
	X(TMP, "tmp", "", "path", "")                                                              \
	X(DNS, "dns", "", "servers", "")                                                           \
	X(SYS, "sys", "", "", "")                                                                  \
	X(BIND, "bind", "source", "target", "")                                                    \
	X(RO_BIND, "ro-bind", "source", "target", "")                                              \
	X(OVERLAY, "overlay", "source", "target", "")                                              \
	X(INPUT, "input", "source", "target", "")                                                  \
	X(OUTPUT, "output", "", "target", "")                                                      \
	X(WRITABLE, "writable", "", "path", "")                                                    \
	X(PROTECT_ROOT, "protect-root", "", "", "")                                                \
	X(PROTECT, "protect", "", "path", "")                                                      \
	X(HIDE, "hide", "", "path", "")                                                            \
	X(HOSTNAME, "hostname", "", "name", "")                                                    \
	X(LOOPBACK, "loopback", "", "", "")                                                        \
	X(HAND_OUT, "hand-out", "", "", "")                                                        \
	X(PIVOT, "pivot", "", "", "")                                                              \
	X(WORKDIR, "workdir", "", "path", "")                                                      \
	X(NETWORK, "network", "", "", "")                                                          \
	X(RLIMIT, "rlimit", "", "resource", "value")                                               \
	X(USER_NAMESPACE, "user-namespace", "", "", "uid")                                         \
	X(BOUND, "bounding-set", "", "", "capabilities")                                           \
	X(SECURE_BITS, "secure-bits", "", "", "bits")                                              \
	X(USER, "user", "", "", "uid")                                                             \
	X(CAPABILITIES, "capabilities", "", "", "capabilities")                                    \
	X(NO_NEW_PRIVILEGES, "no-new-privileges", "", "", "")                                      \
	X(FILTER, "seccomp", "", "filter", "refusals")                                             \
	X(STAY_INSIDE, "stay-inside", "", "", "")                                                  \
	X(CLASSES, "seccomp-classes", "", "classes", "refusals")                                   \
	X(COMMAND, "command", "", "file", "")

enum sbx_op_kind {
#define X(kind, name, source, target, number) SBX_OP_##kind,
	SBX_OP_TABLE(X)
#undef X
		SBX_N_OPS
};

/* One plain operation. Strings belong to the options, the places or the program. */
struct sbx_op {
	enum sbx_op_kind kind;
	const char *source, *target;
	uint64_t number;
	unsigned index; /* what the kind's function needs besides: plan.c says what */
};

/* Beside controllers in `unenforced`. */
#define SBX_UNENFORCED_USERNS (1U << SBX_N_CONTROLLERS)
#define SBX_UNENFORCED_DISK   (2U << SBX_N_CONTROLLERS)

struct sbx_plan {
	struct sbx_op *ops;
	size_t n_ops;
	unsigned namespaces; /* CLONE_NEW* */
	/* That of NEWNET is made by who spawns, while process 1 makes its mounts: for NETWORK. */
	bool makes_net;
	bool maps_all_ids;   /* the user namespace's maps are written from outside */
	uint64_t classes;    /* of CLASSES */
	unsigned filter;     /* enum sbx_filter, of FILTER */
	bool maps_ids;	     /* for USER_NAMESPACE, and for what is shown of the host */
	unsigned unenforced; /* 1 << SBX_CONTROLLER_x: asked for, best effort, not possible */
	const char *warning; /* about those, NULL: none; owned */
	const struct sbx_reductions *reduced; /* the options', NULL: none */
};

void sbx_plan_release(struct sbx_plan *plan);
#define SBX_CLEANUP_PLAN __attribute__((cleanup(sbx_plan_release)))

/* Until the command of a zygote is there, so many more processes are in its cgroups. */
#define SBX_FORKED_PIDS 2

/* What a plan depends on besides the options. Facts, so that tests can make them up. */
struct sbx_host {
	bool privileged; /* may mount and map ids without a user namespace */
	uid_t uid;
	gid_t gid;
	const char *lower; /* path of the root file system */
	const char *base;  /* of what that is a layer over, NULL: it is whole */
	const struct sbx_places *places;
	/*
	 * Unprivileged here, but whoever makes the user namespace gives it all ids that there are
	 * (container_warm.c); what root takes for zygotes.
	 */
	bool maps_all_ids;
	/* Root of a user namespace below the first, which gives each sandbox all of its ids. */
	bool is_nested;
	uint32_t first_id;     /* or with that a range of nobody's, which begins here; 0: all */
	bool is_forked;	       /* the command comes from a zygote */
	bool has_zygotes;      /* is the sandbox in which zygotes live */
	const char *no_userns; /* why ids cannot be mapped (ids.h), NULL: they can */
	bool has_landlock;     /* with a right to link across folders: Linux 5.19 */
	bool has_net;	       /* in a network namespace already that is the sandbox's alone */
	bool makes_net;	       /* may make that one, too, and hand it in */
	bool has_wide_layer;   /* --layer lies on a file system larger than --disk */
	bool makes_nodes;      /* may make device nodes, which is quicker than binding the host's */
};

/*
 * The limits that a plan sets on its sandbox's groups, as plain numbers: a keeper leaves them in
 * memory that the server sees (standing.h).
 */
struct sbx_group_limits {
	unsigned n;
	struct {
		enum sbx_limit limit;
		uint64_t value;
	} limit[SBX_N_LIMITS];
};
void sbx_plan_take_limits(const struct sbx_plan *plan, struct sbx_group_limits *out);
unsigned sbx_group_limits_mask(const struct sbx_group_limits *limits); /* 1 << SBX_CONTROLLER_x */

/*
 * Set them. n_own_pids: processes of ours that are counted there as well, beside the one that is in
 * the plan's own number.
 */
int sbx_group_limits_set(const struct sbx_group_limits *limits, struct sbx_groups *groups,
			 unsigned n_own_pids, struct sbx_error *err);

/* Is it worth finding out whether ids can be mapped? */
bool sbx_plan_wants_ids(const struct sbx_options *options, const struct sbx_host *host);

/* Turn options into operations. Changes nothing; SBX_E_UNSUPPORTED names what cannot be done. */
int sbx_plan_make(struct sbx_plan *plan, const struct sbx_options *options,
		  const struct sbx_host *host, struct sbx_error *err);

const char *sbx_op_name(enum sbx_op_kind kind);

/* Print it, one operation a line, or as JSON. */
void sbx_plan_add_text(const struct sbx_plan *plan, struct sbx_buffer *out);
void sbx_plan_add_json(const struct sbx_plan *plan, const struct sbx_options *options,
		       struct sbx_buffer *out);

#endif
