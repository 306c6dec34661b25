/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the memory of the task whose call waits. */
#include "builder/observe/observe.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define N_KEPT	   64u
#define PAGE_BYTES 4096u

/* Open /proc/PID/mem of the tasks met last; one whose program has changed since reads as empty. */
static struct kept {
	pid_t pid;
	int fd;
} kept[N_KEPT];

static int open_memory(pid_t pid)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static ssize_t read_memory(pid_t pid, uint64_t address, void *out, size_t n)
{
	struct kept *slot = &kept[(unsigned)pid % N_KEPT];
	if (slot->pid == pid) {
		ssize_t done = pread(slot->fd, out, n, (off_t)address);
		if (done > 0)
			return done;
	}
	if (slot->pid)
		close(slot->fd);
	slot->pid = 0;
	slot->fd = open_memory(pid);
	if (slot->fd < 0)
		return -1;
	slot->pid = pid;
	return pread(slot->fd, out, n, (off_t)address);
}

bool sbx_task_bytes(pid_t pid, uint64_t address, void *out, size_t n)
{
	return read_memory(pid, address, out, n) == (ssize_t)n;
}

ssize_t sbx_task_text(pid_t pid, uint64_t address, char out[SBX_OBSERVED_MAX_PATH])
{
	size_t n = 0;
	while (n < SBX_OBSERVED_MAX_PATH) {
		/* Not over a page's end: the next one need not be there. */
		size_t part = PAGE_BYTES - (address + n) % PAGE_BYTES;
		if (part > 256)
			part = 256;
		if (part > SBX_OBSERVED_MAX_PATH - n)
			part = SBX_OBSERVED_MAX_PATH - n;
		ssize_t got = read_memory(pid, address + n, out + n, part);
		if (got <= 0)
			return -1;
		const char *end = memchr(out + n, '\0', (size_t)got);
		if (end)
			return end - out;
		n += (size_t)got;
	}
	return -1; /* the call itself will fail with ENAMETOOLONG */
}
