/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "profiler/task.h"

/* Looking at a task's files. */

/* Read up to n_max bytes; the number read, or -1 with errno. */
static ssize_t read_up_to(int fd, char *data, size_t n_max)
{
	size_t n = 0;
	while (n < n_max) {
		ssize_t got = read(fd, data + n, n_max - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

/* A regular file below the folder; links may not lead out of it. */
static int open_regular(struct sbx_task *task, struct sbx_file *file)
{
	SBX_CLEANUP_FD int fd =
		sbx_open_in_root(task->dfd, file->path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0, NULL);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	file->n_bytes = (size_t)st.st_size;
	return sbx_steal_fd(&fd);
}

void sbx_task_decode(struct sbx_task *task, struct sbx_file *file)
{
	enum sbx_utf16 order = sbx_source_utf16(file->data, file->n_bytes);
	size_t n;
	if (order == SBX_UTF16_NOT)
		return;
	char *utf8 = sbx_source_from_utf16(file->data, file->n_bytes, order, &n);
	if (!utf8) {
		task->arena.failed = true;
		return;
	}
	free(file->data);
	file->data = utf8;
	file->n_bytes = n;
}

/* The whole file, unless it is too large or binary. */
static void load_data(struct sbx_task *task, struct sbx_file *file, int fd)
{
	if (file->n_bytes > N_MAX_SOURCE_BYTES ||
	    task->n_loaded_bytes + file->n_bytes > N_MAX_TASK_BYTES)
		return;
	SBX_CLEANUP_FREE char *data = malloc(file->n_bytes + 1);
	if (!data) {
		task->arena.failed = true;
		return;
	}
	ssize_t n = lseek(fd, 0, SEEK_SET) < 0 ? -1 : read_up_to(fd, data, file->n_bytes);
	if (n < 0 || !sbx_source_is_text(data, (size_t)n)) {
		file->language = NULL;
		return;
	}
	data[n] = '\0';
	file->n_bytes = (size_t)n;
	file->data = sbx_steal(data);
	sbx_task_decode(task, file);
	task->n_loaded_bytes += (size_t)n;
}

/* Its first bytes tell whether it is a source: data of other kinds is left alone. */
static void load(struct sbx_task *task, struct sbx_file *file)
{
	char head[4096];
	SBX_CLEANUP_FD int fd = open_regular(task, file);
	ssize_t n = fd < 0 ? -1 : read_up_to(fd, head, sizeof(head));
	if (n <= 0)
		return;
	file->language = sbx_language_detect(file->path, head, (size_t)n);
	if (file->language)
		load_data(task, file, fd);
}

void sbx_task_read_as(struct sbx_task *task, struct sbx_file *file,
		      const struct sbx_language *language)
{
	SBX_CLEANUP_FD int fd = file->data ? -1 : open_regular(task, file);
	file->language = language;
	if (fd >= 0)
		load_data(task, file, fd);
}

void sbx_task_add_file(struct sbx_task *task, struct sbx_file *file)
{
	file->next = task->files;
	task->files = file;
	sbx_map_add(&task->by_path, file->path, file);
}

struct sbx_file *sbx_task_file(struct sbx_task *task, const char *path)
{
	struct sbx_file *file = (struct sbx_file *)sbx_map_get(&task->by_path, path);
	if (!file) {
		file = sbx_arena_alloc(&task->arena, sizeof(*file));
		if (!file)
			return NULL;
		file->path = sbx_arena_string(&task->arena, path, strlen(path));
		if (!file->path)
			return NULL;
		load(task, file);
		sbx_task_add_file(task, file);
	}
	return file->n_bytes ? file : NULL;
}

enum sbx_on_disk sbx_task_on_disk(struct sbx_task *task, const char *path)
{
	static const enum sbx_on_disk kinds[] = {SBX_ON_DISK_NOTHING, SBX_ON_DISK_FOLDER,
						 SBX_ON_DISK_OTHER};
	const enum sbx_on_disk *known = sbx_map_get(&task->on_disk, path);
	if (known)
		return *known;
	SBX_CLEANUP_FD int fd = sbx_open_in_root(task->dfd, path, O_PATH | O_NOFOLLOW, 0, NULL);
	struct stat st;
	enum sbx_on_disk kind = fd < 0 || fstat(fd, &st) < 0 ? SBX_ON_DISK_NOTHING
				: S_ISDIR(st.st_mode)	     ? SBX_ON_DISK_FOLDER
							     : SBX_ON_DISK_OTHER;
	sbx_map_add(&task->on_disk, path, &kinds[kind]);
	if (task->on_disk.failed)
		task->arena.failed = true;
	return kind;
}
