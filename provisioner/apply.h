/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_APPLY_H
#define SBX_PROVISIONER_APPLY_H

#include "provisioner/plan.h"

/*
 * What the operations of a plan hand on to each other, in the sandbox's first process. Until PIVOT
 * the working directory is the staging tmpfs, which holds the writable layers and the mount points
 * that the root is put together from; what is named relative to it cannot be led astray.
 */
struct sbx_apply {
	const struct sbx_plan *plan;
	uid_t host_uid;
	gid_t host_gid;
	int report_fd; /* the socket to sbx-provision */
	int cwd_fd;    /* the caller's working directory: relative sources start there */
	int root_fd;   /* the new root */
	int proc_fd;   /* its /proc */
	int dev_fd;    /* its /dev */
	bool has_layer;
	const char *overlay_flags; /* ",userxattr" or "" */
	unsigned n_overlays;
};

/* Do all operations behind SPAWN but COMMAND. */
int sbx_apply_plan(struct sbx_apply *a, struct sbx_error *err);

/* Do one of them; of what stands elsewhere nothing. */
int sbx_apply_op(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err);

/* One function for each of them, in the file that is about its kind. */
#define X(kind, name, source, target, number)                                                      \
	int sbx_apply_##kind(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err);
SBX_OP_TABLE(X)
#undef X

/* Bring up the loopback of this process's network namespace. */
int sbx_loopback_up(struct sbx_error *err);

/* Mounts by descriptor (apply_mount.c). All descriptors are O_PATH-like and close-on-exec. */

enum sbx_node { SBX_NODE_FOLDER, SBX_NODE_FILE };

/* A copy of the mounts at and below dfd/path, attached nowhere; `attributes` as MOUNT_ATTR_*. */
int sbx_mount_copy(int dfd, const char *path, uint64_t attributes, struct sbx_error *err);

/* A new file system, attached nowhere. Pairs of key and value, ended by NULL. */
int sbx_mount_new(const char *type, const char *const *parameters, uint64_t attributes,
		  struct sbx_error *err);

/*
 * Attach at dfd itself (name is "") or at a name in it, which may not be a link. Names must be our
 * own: a path of the template's goes through sbx_mount_point().
 */
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
