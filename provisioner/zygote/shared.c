/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that a module shares with processes to come (mmap(MAP_SHARED), the locks of
 * multiprocessing, System V segments) would be one for the zygote and all tasks forked from it:
 * what one task writes there the next would find. So each task gets its own, with what stood in it
 * when it was forked, and shares that with its own processes as the module meant it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/zygote/park.h"

#define MAX_SMAPS (64 << 20)

struct part {
	char *begin;
	size_t n_bytes;
	int protection;
};

/* Of this process; a zygote that is forked from another looks anew. */
static struct part *parts;
static size_t n_parts;

static int protection_of(const char *letters)
{
	return (letters[0] == 'r' ? PROT_READ : 0) | (letters[1] == 'w' ? PROT_WRITE : 0) |
	       (letters[2] == 'x' ? PROT_EXEC : 0);
}

static int add_part(const struct part *part, struct sbx_error *err)
{
	struct part *more = reallocarray(parts, n_parts + 1, sizeof(*parts));
	if (!more)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "zygote: shared memory");
	parts = more;
	parts[n_parts++] = *part;
	return 0;
}

int sbx_shared_note(struct sbx_error *err)
{
	SBX_CLEANUP_FREE char *text =
		sbx_read_file(AT_FDCWD, "/proc/self/smaps", MAX_SMAPS, NULL, err);
	struct part part = {0};
	n_parts = 0;
	for (char *line = text; line && *line;) {
		unsigned long begin, end;
		char letters[5], *next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (sscanf(line, "%lx-%lx %4s ", &begin, &end, letters) == 3)
			part = (struct part){(char *)begin, end - begin, protection_of(letters)};
		/* "sh": can be written to, or made so; not what only looks into a file. */
		else if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " sh ") &&
			 add_part(&part, err) < 0)
			return -1;
		line = next;
	}
	return text ? 0 : -1;
}

/* By the kernel, which says so where a page is not to be had. */
static int copy(int fd, const struct part *part)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	for (size_t done = 0; done < part->n_bytes;) {
		ssize_t n = pwrite(fd, part->begin + done, part->n_bytes - done, (off_t)done);
		if (n <= 0 && errno != EFAULT && errno != EINTR)
			return -1;
		done = n > 0 ? done + (size_t)n : errno == EINTR ? done : (done / page + 1) * page;
	}
	return 0;
}

static int renew(const struct part *part)
{
	SBX_CLEANUP_FD int fd = memfd_create("shared", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)part->n_bytes) < 0)
		return -1;
	if (!(part->protection & PROT_READ) && mprotect(part->begin, part->n_bytes, PROT_READ) < 0)
		return -1;
	return copy(fd, part) < 0 || mmap(part->begin, part->n_bytes, part->protection,
					  MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED
		       ? -1
		       : 0;
}

int sbx_shared_renew(struct sbx_error *err)
{
	for (size_t i = 0; i < n_parts; i++)
		if (renew(&parts[i]) < 0)
			return sbx_fail_os(err, SBX_E_UNSUPPORTED, errno,
					   "zygote: a module shares memory that cannot be made "
					   "this task's own; start without a zygote");
	return 0;
}
