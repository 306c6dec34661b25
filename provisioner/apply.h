/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_APPLY_H
#define SBX_PROVISIONER_APPLY_H

#include "provisioner/plan.h"
#include "provisioner/source.h"

/*
 * What the operations of a plan hand on to each other, in the sandbox's first process. Until PIVOT
 * the working directory is the staging tmpfs, which holds the writable layers and the mount points
 * that the root is put together from; what is named relative to it cannot be led astray.
 */
struct sbx_apply {
	const struct sbx_plan *plan;
	uid_t host_uid;
	gid_t host_gid;
	int report_fd;	   /* the socket to sbx-provision */
	int input_fd;	   /* what INPUT copies instead of its source, or -1 */
	int userns_fd;	   /* maps the ids of what the host has, -1: they stay as they are */
	uint32_t first_id; /* what 0 inside is for the host, with that */
	struct sbx_source_base sources;
	struct sbx_source_base lower; /* the template's */
	int *given; /* opened already, by operation, ids mapped; NULL: none, -1: not this one */
	int host_proc_fd; /* the host's /proc */
	int root_fd;	  /* the new root */
	int proc_fd;	  /* its /proc */
	int cover_fd[2];  /* what masks files there, and what masks folders, once it is mounted */
	int dev_fd;	  /* its /dev */
	int rules_fd;	  /* Landlock's, if they were made ahead of STAY_INSIDE, else -1 */
	uint64_t rules_rights;
	/*
	 * Process 1 of a sandbox whose command is forked from a zygote: that one has Landlock of
	 * its own, not below ours, and signals must reach it. Outside there is none of a number in
	 * here.
	 */
	bool has_command_elsewhere;
	bool has_base, has_layer;
	const char *overlay_flags; /* ",userxattr" or "" */
	unsigned n_overlays;
	size_t n_done; /* of the plan's operations */
};

/*
 * Do the operations behind SPAWN but COMMAND: first those that can be done before it is known what
 * 0, 1 and 2 inside are, which is all but the last wall; then that.
 */
int sbx_apply_ahead(struct sbx_apply *a, struct sbx_error *err);
int sbx_apply_rest(struct sbx_apply *a, struct sbx_error *err);

/* What of STAY_INSIDE can be done ahead: the rule for what is inside. */
int sbx_landlock_prepare(struct sbx_apply *a, struct sbx_error *err);

/* Do one of them; of what stands elsewhere nothing. */
int sbx_apply_op(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err);

/* One function for each of them, in the file that is about its kind. */
#define X(kind, name, source, target, number)                                                      \
	int sbx_apply_##kind(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err);
SBX_OP_TABLE(X)
#undef X

/* Bring up the loopback of this process's network namespace. */
int sbx_loopback_up(struct sbx_error *err);

/*
 * Make a network namespace, its loopback up, and send it to who does NETWORK. The caller is in its
 * own again afterwards.
 */
int sbx_network_send(int socket_fd, struct sbx_error *err);

/* What all that is the host's gets: no set-user-id files, no devices, owners as on disk. */
#define FROM_HOST (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_IDMAP)

/* Mounts by descriptor (apply_mount.c). All descriptors are O_PATH-like and close-on-exec. */

enum sbx_node { SBX_NODE_FOLDER, SBX_NODE_FILE };

/*
 * Show the mounts at and below from_dfd/from (AT_EMPTY_PATH works) at to_dfd itself (`to` is "") or
 * at a name in it, which may not be a link. Names must be our own: a path of the template's goes
 * through sbx_mount_point(). `attributes` as MOUNT_ATTR_*, for all of them; MOUNT_ATTR_IDMAP stands
 * for what the host has and shall look the same inside. Returns the new mount's descriptor; errno
 * of what went wrong is in err->os_errno.
 */
int sbx_mount_bind(const struct sbx_apply *a, int from_dfd, const char *from, uint64_t attributes,
		   int to_dfd, const char *to, struct sbx_error *err);

/* The same for one mount that is there already. */
int sbx_mount_set(const struct sbx_apply *a, int mount_fd, uint64_t attributes,
		  struct sbx_error *err);

/*
 * What mount_setattr(2) does, without it: before Linux 5.12. `mount_fd` must be attached somewhere;
 * `recursive` also takes the mounts below it.
 */
int sbx_mount_set_old(const struct sbx_apply *a, int mount_fd, uint64_t attributes, bool recursive,
		      struct sbx_error *err);

/*
 * The same for what an operation names of the host, as FROM_HOST: `source_fd` is that, or what
 * sbx_mount_given() returned for it.
 */
int sbx_mount_from_host(const struct sbx_apply *a, const struct sbx_op *op, int source_fd,
			uint64_t attributes, int to_dfd, const char *to, struct sbx_error *err);

/* What was opened for an operation before, with all attributes; own it. -1: nothing. */
int sbx_mount_given(struct sbx_apply *a, const struct sbx_op *op);

/* A new file system, attached nowhere. Pairs of key and value, ended by NULL. */
int sbx_mount_new(const char *type, const char *const *parameters, uint64_t attributes,
		  struct sbx_error *err);

/* Attach a new file system at dfd itself (name is "") or at a name in it, as above. */
int sbx_mount_attach(int mount_fd, int dfd, const char *name, struct sbx_error *err);

/*
 * Open a mount point in the new root, links resolved inside it; it is made when missing. Refused
 * when it leads into /proc.
 */
int sbx_mount_point(const struct sbx_apply *a, const char *path, enum sbx_node node,
		    struct sbx_error *err);

/* The same for a folder that must not be reached through a link: /proc, /dev, /tmp. */
int sbx_mount_point_fixed(const struct sbx_apply *a, const char *name, struct sbx_error *err);

/*
 * Give folder `to` the owner and mode of `from`, as far as this user can: an overlay's own folder
 * shows those of the upper one. Both are names in the staging tmpfs.
 */
int sbx_mount_copy_mode(const char *from, const char *to, struct sbx_error *err);

#endif
