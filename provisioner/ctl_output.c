/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/ctl_output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

int sbx_ctl_output_open(struct sbx_ctl_output *o, int stdio_fd[3], struct sbx_error *err)
{
	for (int i = 0; i < 2; i++) {
		struct sbx_ctl_channel *c = &o->channel[i];
		struct stat st;
		int ends[2];
		if (fstat(stdio_fd[i + 1], &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		if (pipe2(ends, O_CLOEXEC) < 0)
			return sbx_fail_os(err, SBX_E_NO_SPACE, errno, "create: pipe");
		*c = (struct sbx_ctl_channel){ends[0], ends[1], stdio_fd[i + 1]};
		stdio_fd[i + 1] = ends[1];
	}
	return 0;
}

void sbx_ctl_output_sent(struct sbx_ctl_output *o)
{
	for (int i = 0; i < 2; i++)
		sbx_close(&o->channel[i].write_fd);
}

static void copy(struct sbx_ctl_output *o, struct sbx_ctl_channel *c)
{
	char data[1 << 16];
	ssize_t n = read(c->read_fd, data, sizeof(data));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0 && sbx_write_all(c->target_fd, data, (size_t)n) == 0)
		return;
	if (n > 0 && !o->failed)
		o->failed = errno;
	sbx_close(&c->read_fd);
}

void sbx_ctl_output_copy(struct sbx_ctl_output *o, int other_fd)
{
	while (o->channel[0].read_fd >= 0 || o->channel[1].read_fd >= 0) {
		struct pollfd fds[] = {{other_fd, POLLIN, 0},
				       {o->channel[0].read_fd, POLLIN, 0},
				       {o->channel[1].read_fd, POLLIN, 0}};
		if (poll(fds, 3, -1) < 0)
			continue;
		for (int i = 0; i < 2; i++)
			if (fds[i + 1].revents)
				copy(o, &o->channel[i]);
		if (fds[0].revents)
			return;
	}
}

void sbx_ctl_output_release(struct sbx_ctl_output *o)
{
	sbx_ctl_output_sent(o);
	for (int i = 0; i < 2; i++)
		sbx_close(&o->channel[i].read_fd);
}
