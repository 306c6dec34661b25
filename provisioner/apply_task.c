/* SPDX-License-Identifier: Apache-2.0 */
/* What a task is given, and what it leaves. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/apply.h"
#include "provisioner/order.h"
#include "provisioner/packet.h"

/* All of a file, which may grow meanwhile: to its end, or to the end of our room. */
static int copy_all(int in, int out)
{
	ssize_t n;
	do
		n = sendfile(out, in, NULL, 1 << 24);
	while (n > 0 || (n < 0 && errno == EINTR));
	return (int)n;
}

/*
 * A copy, not a bind: whoever the task is inside can read it, and neither side sees what the other
 * does to its file.
 */
int sbx_apply_INPUT(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	struct stat st;
	SBX_CLEANUP_FD int source =
		a->input_fd >= 0 ? sbx_steal_fd(&a->input_fd) : sbx_mount_given(a, op);
	if (source < 0)
		source = sbx_source_open(&a->sources, op->source, O_RDONLY | O_NONBLOCK | O_NOCTTY,
					 err);
	if (source < 0)
		return sbx_error_prefix(err, "--input");
	if (fstat(source, &st) < 0)
		return sbx_fail_os(err, SBX_E_INPUT, errno, "--input %s", op->source);
	if (!S_ISREG(st.st_mode))
		return sbx_fail(err, SBX_E_INPUT,
				"--input %s: is no regular file; give others as standard input",
				op->source);
	SBX_CLEANUP_FD int copy = open("input", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (copy < 0 || copy_all(source, copy) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "--input %s", op->source);
	sbx_close(&copy);
	SBX_CLEANUP_FD int target = sbx_mount_point(a, op->target, SBX_NODE_FILE, err);
	SBX_CLEANUP_FD int mount =
		target < 0 ? -1
			   : sbx_mount_bind(a, AT_FDCWD, "input",
					    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
						    MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
					    target, "", err);
	return mount < 0 ? sbx_error_prefix(err, "--input %s", op->source) : 0;
}

/* A folder of the layers' own tmpfs, so that --disk holds it too; it is copied out afterwards. */
int sbx_apply_OUTPUT(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	if (mkdir("output", 01777) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "--output");
	SBX_CLEANUP_FD int target = sbx_mount_point(a, op->target, SBX_NODE_FOLDER, err);
	SBX_CLEANUP_FD int mount =
		target < 0 ? -1
			   : sbx_mount_bind(a, AT_FDCWD, "output",
					    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, target, "", err);
	return mount < 0 ? sbx_error_prefix(err, "--output") : 0;
}

/*
 * Give sbx-provision the folder that the writable layers are in, before it is out of sight: it
 * looks at them when nothing lives inside any more.
 */
int sbx_apply_HAND_OUT(struct sbx_apply *a, const struct sbx_op *op, struct sbx_error *err)
{
	struct sbx_report report = {.kind = SBX_REPORT_LAYERS};
	SBX_CLEANUP_FD int folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "the layers' folder");
	if (sbx_packet_send_waiting(a->report_fd, &report, sizeof(report), NULL, 0, &folder, 1) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "handing out the layers' folder");
	return 0;
}
