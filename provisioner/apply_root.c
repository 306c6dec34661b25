/* SPDX-License-Identifier: Apache-2.0 */
/* The new root: a writable layer over the template, put together in a staging tmpfs. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/apply.h"

/* mount(2) by number: its header and the kernel's cannot be included together. */
static int mount_old(const char *source, const char *target, const char *type, unsigned long flags,
		     const char *data)
{
	return (int)syscall(SYS_mount, source, target, type, flags, data);
}

int sbx_apply_PRIVATE_MOUNTS(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	/* Nothing that is mounted here shall show outside, and nothing from there here. */
	if (mount_old(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return 0;
	/* Nor could another root be put in its place. */
	if (errno == EINVAL)
		return sbx_fail_os(
			err, SBX_E_SANDBOX, errno,
			"making mounts private: / is no mount point, as after chroot(8); "
			"make its folder one before (mount --bind FOLDER FOLDER)");
	return sbx_fail_os(err, SBX_E_SANDBOX, errno,
			   "making mounts private; a policy of this host may take user "
			   "namespaces their rights (as AppArmor's "
			   "kernel.apparmor_restrict_unprivileged_userns), then run as root");
}

/* A folder of the staging tmpfs; modes are exact because the umask is 0 here. */
static int make_folder(const char *name, mode_t mode, struct sbx_error *err)
{
	if (mkdir(name, mode) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "staging folder %s", name);
	return 0;
}

/* The calls return what was before, and nothing goes wrong for who may become anybody. */
static void make_files_as(uint32_t id)
{
	syscall(SYS_setfsgid, id);
	syscall(SYS_setfsuid, id);
}

/*
 * From here on what is made belongs to root inside. Rights stay: without the security bit they went
 * with the number 0 (capabilities(7)).
 */
static int own_files(const struct sbx_apply *a, struct sbx_error *err)
{
	if (a->userns_fd < 0)
		return 0;
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "securebits");
	make_files_as(a->first_id);
	return 0;
}

int sbx_apply_STAGING(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	static const struct {
		const char *name;
		mode_t mode;
	} folders[] = {
		{"lower", 0755}, {"upper", 0755}, {"work", 0755}, {"root", 0755},
		{"dev", 0755},	 {"tmp", 01777},  {"shm", 01777}, {"empty", 0555},
	};
	char size[24];
	char files[24];
	snprintf(size, sizeof(size), "%llu", (unsigned long long)op->number);
	/* Empty files take memory as well, the kernel's: one for each page, and some to begin with.
	 */
	snprintf(files, sizeof(files), "%llu", (unsigned long long)op->number / 4096 + 1024);
	const char *parameters[] = {"mode", "0755", op->number ? "size" : NULL, size, "nr_inodes",
				    files,  NULL};
	SBX_CLEANUP_FD int template = sbx_mount_given(a, op);
	if (template <0)
		template = sbx_source_open(&a->lower, op->source, O_PATH | O_DIRECTORY, err);
	if (template <0)
		return sbx_error_prefix(err, "template");
	/* The staging area becomes the working directory. */
	a->sources.cwd = a->lower.cwd = getcwd(NULL, 0);
	if (own_files(a, err) < 0)
		return -1;
	/* Not nodev: /dev is a copy of a part of it. It cannot be reached from inside itself. */
	SBX_CLEANUP_FD int staging = sbx_mount_new("tmpfs", parameters, MOUNT_ATTR_NOSUID, err);
	/*
	 * Mounted over the host's /proc, which is there on any host and from which nothing is shown
	 * inside. Not over "/": pivot_root would leave it on top of what it takes off.
	 */
	a->host_proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (a->host_proc_fd < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "/proc");
	if (staging < 0 || sbx_mount_attach(staging, a->host_proc_fd, "", err) < 0)
		return -1;
	struct stat st;
	if (fchdir(staging) < 0 || fstat(staging, &st) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "staging");
	a->sources.staging_dev = a->lower.staging_dev = st.st_dev;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (make_folder(folders[i].name, folders[i].mode, err) < 0)
			return -1;
	SBX_CLEANUP_FD int lower =
		sbx_mount_from_host(a, op, template, MOUNT_ATTR_RDONLY, AT_FDCWD, "lower", err);
	return lower < 0 ? sbx_error_prefix(err, "template %s", op->source) : 0;
}

/* Below what the template has itself. */
int sbx_apply_BASE(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	SBX_CLEANUP_FD int base = sbx_mount_given(a, op);
	if (base < 0)
		base = sbx_source_open(&a->lower, op->source, O_PATH | O_DIRECTORY, err);
	if (base < 0 || make_folder("base", 0755, err) < 0)
		return sbx_error_prefix(err, "template's base");
	SBX_CLEANUP_FD int copy =
		sbx_mount_from_host(a, op, base, MOUNT_ATTR_RDONLY, AT_FDCWD, "base", err);
	a->has_base = true;
	return copy < 0 ? sbx_error_prefix(err, "template's base %s", op->source) : 0;
}

/*
 * --disk holds for a layer in a folder when that folder is a file system of its own which is no
 * larger, or the folder of a project whose quota is: ext4 and xfs tell that as the size then. There
 * is no other limit on a folder that works on every host.
 */
static int check_size(int dir_fd, const struct sbx_op *op, struct sbx_error *err)
{
	struct statfs fs;
	if (fstatfs(dir_fd, &fs) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "--layer %s", op->source);
	if ((uint64_t)fs.f_blocks * (uint64_t)fs.f_bsize <= op->number)
		return 0;
	return sbx_fail(
		err, SBX_E_UNSUPPORTED,
		"--disk %llu: --layer %s lies on a larger file system; mount one of that "
		"size there (mount -t tmpfs -o size=..., or an image), give it a project quota, "
		"or leave --layer out to write to memory, or --disk",
		(unsigned long long)op->number, op->source);
}

int sbx_apply_LAYER(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	SBX_CLEANUP_FD int dir = sbx_mount_given(a, op);
	/* On disk the folder is the caller's; what is in it is made through mapped ids. */
	if (dir < 0 && a->userns_fd >= 0)
		make_files_as(a->host_uid);
	if (dir < 0)
		dir = sbx_source_make(&a->sources, op->source, err);
	if (a->userns_fd >= 0)
		make_files_as(a->first_id);
	if (dir < 0)
		return sbx_error_prefix(err, "--layer");
	a->has_layer = true;
	if (make_folder("layer", 0755, err) < 0)
		return -1;
	SBX_CLEANUP_FD int copy = sbx_mount_from_host(a, op, dir, 0, AT_FDCWD, "layer", err);
	if (copy < 0)
		return sbx_error_prefix(err, "--layer %s", op->source);
	if (op->number && check_size(copy, op, err) < 0)
		return -1;
	bool is_new = mkdir("layer/upper", 0755) == 0;
	if ((!is_new && errno != EEXIST) || (mkdir("layer/work", 0755) < 0 && errno != EEXIST))
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "--layer %s%s", op->source,
				   sbx_source_hint(errno, O_DIRECTORY));
	/* Where it may not write, overlayfs is read-only as well, see check_writable(). */
	if (faccessat(AT_FDCWD, "layer/upper", W_OK | X_OK, AT_EACCESS) < 0 ||
	    faccessat(AT_FDCWD, "layer/work", W_OK | X_OK, AT_EACCESS) < 0)
		return sbx_fail_os(
			err, SBX_E_SANDBOX, errno,
			"--layer %s: upper/ and work/ in it must be this user's to write to; "
			"name a folder of its own",
			op->source);
	return is_new ? sbx_mount_copy_mode("lower", "layer/upper", err) : 0;
}

static int fail_overlay(const struct sbx_op *op, int why, struct sbx_error *err)
{
	/* A user namespace has no right to it before Linux 5.11; `target` has the options for one.
	 */
	if (why == EPERM && *op->target)
		return sbx_fail_os(err, SBX_E_UNSUPPORTED, why,
				   "overlay on template %s: this kernel gives ordinary users none; "
				   "it takes Linux 5.11, or run as root",
				   op->source);
	return sbx_fail_os(
		err, why == ENODEV ? SBX_E_UNSUPPORTED : SBX_E_SANDBOX, why,
		"overlay on template %s%s", op->source,
		why == EINVAL && *op->target
			? "; for an ordinary user nothing may be mounted below it"
		: why == ELOOP ? "; it, --base and --layer must be folders apart, none in another"
			       : "");
}

/* Where a layer has no room for its work folder, overlayfs is read-only instead of failing. */
static int check_writable(int root_fd, struct sbx_error *err)
{
	struct statfs fs;
	if (fstatfs(root_fd, &fs) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "the new root");
	if (fs.f_flags & ST_RDONLY)
		return sbx_fail(err, SBX_E_NO_SPACE,
				"--layer: it has no room for even one more folder; remove some of "
				"what is in its upper/, or raise its quota");
	return 0;
}

int sbx_apply_ROOT(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	/*
	 * No redirects, indexes or copied-up metadata alone: an upper folder that is kept must be
	 * readable without this overlay.
	 */
	char data[160];
	const char *in = a->has_layer ? "layer/" : "";
	a->overlay_flags = op->target;
	/* A layer that is kept has its own, from when it was made. */
	if (!a->has_layer && sbx_mount_copy_mode("lower", "upper", err) < 0)
		return -1;
	snprintf(data, sizeof(data),
		 "lowerdir=lower%s,upperdir=%supper,workdir=%swork,redirect_dir=nofollow,"
		 "metacopy=off,index=off%s",
		 a->has_base ? ":base" : "", in, in, op->target);
	if (mount_old("sbx", "root", "overlay", MS_NOSUID | MS_NODEV, data) < 0)
		return fail_overlay(op, errno, err);
	a->root_fd = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (a->root_fd < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "the new root");
	return a->has_layer ? check_writable(a->root_fd, err) : 0;
}

int sbx_apply_PIVOT(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	/*
	 * pivot_root(2) puts the old root over the new one when both arguments are the same folder;
	 * taking it off leaves no trace of the host, and no folder is needed to keep it in.
	 */
	if (fchdir(a->root_fd) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    syscall(SYS_umount2, ".", 2 /* MNT_DETACH */) < 0 || chdir("/") < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno,
				   "pivot_root; it does not work from an initramfs");
	return 0;
}

int sbx_apply_WORKDIR(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	if (chdir(op->target) < 0)
		return sbx_fail_os(
			err, SBX_E_SANDBOX, errno,
			"--workdir %s: it must exist inside, or be a target of --bind or "
			"--overlay",
			op->target);
	return 0;
}
