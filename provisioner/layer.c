/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/fd.h"
#include "provisioner/shown.h"

int sbx_layer_hold(const struct sbx_options *o, int *out_fd, struct sbx_error *err)
{
	const struct sbx_source_base base = sbx_shown_base(o, SBX_OP_LAYER);
	SBX_CLEANUP_FD int dir = o->layer ? sbx_source_make(&base, o->layer, err) : -1;
	SBX_CLEANUP_FD int fd = dir < 0 ? -1 : openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->layer && dir < 0)
		return sbx_error_prefix(err, "--layer");
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return sbx_fail(err, SBX_E_BUSY,
				"--layer %s: another sandbox writes to it; wait for its end, or "
				"name another folder",
				o->layer);
	*out_fd = sbx_steal_fd(&fd);
	return 0;
}

void sbx_layer_let_go(int *fd)
{
	if (*fd < 0)
		return;
	flock(*fd, LOCK_UN);
	sbx_close(fd);
}
