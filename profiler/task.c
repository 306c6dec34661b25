/* SPDX-License-Identifier: Apache-2.0 */
#include "profiler/task.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"

/* Folders of other people's code and of tools: never part of what the task itself says. */
static const char *const foreign_folders[] = {"node_modules",  "__pycache__",	   "site-packages",
					      "dist-packages", "bower_components", NULL};
/* A folder with this file is an installed environment, whatever its name. */
static const char environment_mark[] = "pyvenv.cfg";

char *sbx_task_folder_of(struct sbx_task *task, const char *path)
{
	const char *slash = strrchr(path, '/');
	return sbx_arena_string(&task->arena, path, slash ? (size_t)(slash - path) : 0);
}

char *sbx_task_join(struct sbx_task *task, const char *folder, const char *path)
{
	size_t n_folder = strlen(folder), n = 0;
	if (*path == '/' || strlen(path) > PATH_MAX)
		return NULL;
	char *out = sbx_arena_alloc(&task->arena, n_folder + strlen(path) + 2);
	if (!out)
		return NULL;
	memcpy(out, folder, n_folder);
	n = n_folder;
	while (*path) {
		size_t n_part = strcspn(path, "/");
		if (n_part == 2 && !strncmp(path, "..", 2)) {
			if (n == 0)
				return NULL;
			while (n && out[n - 1] != '/')
				n--;
			n -= n > 0;
		} else if (n_part && !(n_part == 1 && *path == '.')) {
			if (n)
				out[n++] = '/';
			memcpy(out + n, path, n_part);
			n += n_part;
		}
		path += n_part;
		path += *path == '/';
	}
	out[n] = '\0';
	return out;
}

int sbx_task_queue(struct sbx_task *task, struct sbx_file *file, const char *root,
		   struct sbx_error *err)
{
	if (file->is_queued)
		return 0;
	if (task->n_queue >= N_MAX_SOURCES)
		return sbx_fail(err, SBX_E_INPUT,
				"%s: holds more than %d source files; name the program to run",
				task->facts->folder, N_MAX_SOURCES);
	struct sbx_file **slot =
		sbx_grow(&task->queue, &task->n_queue, &task->queue_room, sizeof(*slot));
	if (!slot)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	*slot = file;
	file->is_queued = true;
	file->root = root;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct sbx_entry *)a)->name, ((const struct sbx_entry *)b)->name);
}

static bool is_folder(int dfd, const struct dirent *d)
{
	struct stat st;
	if (d->d_type != DT_UNKNOWN)
		return d->d_type == DT_DIR;
	return fstatat(dfd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

struct sbx_entry *sbx_task_list(struct sbx_task *task, const char *folder)
{
	SBX_CLEANUP_FREE struct sbx_entry *found = NULL;
	size_t n = 0, room = 0;
	SBX_CLEANUP_FD int fd = sbx_open_in_root(task->dfd, *folder ? folder : ".",
						 O_RDONLY | O_DIRECTORY, 0, NULL);
	SBX_CLEANUP_DIR DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (dir)
		sbx_steal_fd(&fd);
	for (struct dirent *d; dir && (d = readdir(dir)) && task->n_entries < N_MAX_ENTRIES;) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		struct sbx_entry *e = sbx_grow(&found, &n, &room, sizeof(*e));
		if (!e)
			break;
		task->n_entries++;
		e->name = sbx_arena_string(&task->arena, d->d_name, strlen(d->d_name));
		e->is_folder = is_folder(dirfd(dir), d);
		if (!e->name)
			return NULL;
	}
	if (n)
		qsort(found, n, sizeof(*found), by_name);
	struct sbx_entry *list = sbx_arena_alloc(&task->arena, (n + 1) * sizeof(*list));
	if (list && n)
		memcpy(list, found, n * sizeof(*list));
	return list;
}

static bool is_environment(struct sbx_task *task, const char *folder)
{
	char *mark = sbx_task_join(task, folder, environment_mark);
	SBX_CLEANUP_FD int fd = mark ? sbx_open_in_root(task->dfd, mark, O_PATH, 0, NULL) : -1;
	return fd >= 0;
}

int sbx_task_walk(struct sbx_task *task, struct sbx_error *err)
{
	const char **folders = NULL;
	size_t n = 0, room = 0;
	int result = 0;
	const char **first = sbx_grow(&folders, &n, &room, sizeof(*folders));
	if (first)
		*first = "";
	/* The list grows as folders are found: breadth first, without recursion. */
	for (size_t i = 0; result == 0 && i < n; i++) {
		struct sbx_entry *e = sbx_task_list(task, folders[i]);
		for (; result == 0 && e && e->name; e++) {
			char *path = sbx_task_join(task, folders[i], e->name);
			if (*e->name == '.' || !path)
				continue;
			if (e->is_folder) {
				if (sbx_list_has(foreign_folders, e->name) ||
				    is_environment(task, path))
					continue;
				const char **slot = sbx_grow(&folders, &n, &room, sizeof(*slot));
				if (slot)
					*slot = path;
				continue;
			}
			struct sbx_file *file = sbx_task_file(task, path);
			if (file && file->language && !sbx_language_includes(file->language, path))
				result = sbx_task_queue(task, file, sbx_task_folder_of(task, path),
							err);
		}
	}
	free(folders);
	if (result == 0 && (!first || task->arena.failed))
		result = sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	return result;
}

static int check_entry(const struct sbx_file *entry, const char *shown, struct sbx_error *err)
{
	if (entry->n_bytes > N_MAX_SOURCE_BYTES)
		return sbx_fail(err, SBX_E_INPUT,
				"%s: %zu bytes are too many for a program's source (limit: 16 MiB)",
				shown, entry->n_bytes);
	if (!entry->data || !sbx_source_is_text(entry->data, entry->n_bytes))
		return sbx_fail(err, SBX_E_INPUT,
				"%s: is a binary file; give the source of the program", shown);
	if (strspn(entry->data, " \t\r\n\f") == entry->n_bytes)
		return sbx_fail(err, SBX_E_INPUT, "%s: is empty; there is nothing to run", shown);
	if (!entry->language)
		return sbx_fail(err, SBX_E_INPUT,
				"%s: is in no language that is known here; if it is, begin it with "
				"a line such as #!/usr/bin/env python3",
				shown);
	if (!*entry->language->run)
		return sbx_fail(err, SBX_E_INPUT,
				"%s: says what a task needs, but is none; give the program or its "
				"folder",
				shown);
	return 0;
}

/* Split the path into folder and entry, open the folder. *out_name: NULL for a folder. */
static int open_folder(struct sbx_task *task, const char *path, const char **out_name,
		       struct sbx_error *err)
{
	struct stat st;
	if (!*path)
		return sbx_fail(err, SBX_E_USAGE, "the task's name is empty");
	if (stat(path, &st) < 0)
		return sbx_fail_os(err, SBX_E_INPUT, errno, "%s", path);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return sbx_fail(err, SBX_E_INPUT, "%s: is neither a file nor a folder", path);
	const char *slash = strrchr(path, '/');
	task->is_folder = task->facts->is_folder = S_ISDIR(st.st_mode);
	const char *folder = path;
	if (!task->is_folder) {
		folder = !slash ? "."
				: sbx_arena_string(&task->arena, path,
						   slash == path ? 1 : (size_t)(slash - path));
		*out_name = slash ? slash + 1 : path;
	}
	if (!folder)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	task->facts->folder = realpath(folder, NULL);
	task->dfd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!task->facts->folder || task->dfd < 0)
		return sbx_fail_os(err, SBX_E_INPUT, errno, "%s", folder);
	return 0;
}

/* The entry may be a link to anywhere: it is what was asked for by name. */
static struct sbx_file *load_entry(struct sbx_task *task, const char *path, const char *name,
				   struct sbx_error *err)
{
	struct sbx_file *file = sbx_arena_alloc(&task->arena, sizeof(*file));
	if (!file) {
		sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
		return NULL;
	}
	file->path = name;
	file->data = sbx_read_file(AT_FDCWD, path, N_MAX_SOURCE_BYTES, &file->n_bytes, err);
	if (!file->data)
		return NULL;
	sbx_task_decode(task, file);
	file->language = sbx_language_detect(name, file->data, file->n_bytes);
	sbx_task_add_file(task, file);
	return file;
}

int sbx_task_open(struct sbx_task *task, struct sbx_facts *facts, const char *path,
		  struct sbx_error *err)
{
	*task = (struct sbx_task){.facts = facts, .dfd = -1};
	if (sbx_rules_check_names(err) < 0)
		return -1;
	const char *name = NULL;
	if (open_folder(task, path, &name, err) < 0)
		return -1;
	if (!name)
		name = sbx_task_choose_entry(task);
	if (!name)
		return sbx_fail(err, SBX_E_INPUT,
				"%s: which file is the program? Name it, or call it main.* or "
				"app.*, so that it can be told from the others",
				path);
	struct sbx_file *entry =
		task->is_folder ? sbx_task_file(task, name) : load_entry(task, path, name, err);
	if (!entry)
		return sbx_fail(err, SBX_E_INPUT, "%s: cannot be read", path);
	if (check_entry(entry, task->is_folder ? name : path, err) < 0)
		return -1;
	task->entry = name;
	facts->entry = strdup(name);
	facts->language = entry->language;
	if (!facts->entry)
		return sbx_fail(err, SBX_E_NO_SPACE, "out of memory");
	return sbx_task_queue(task, entry, "", err);
}

void sbx_task_release(struct sbx_task *task)
{
	sbx_close(&task->dfd);
	for (struct sbx_file *f = task->files; f; f = f->next)
		free(f->data);
	free(task->queue);
	free(task->searches);
	sbx_map_release(&task->by_path);
	sbx_map_release(&task->on_disk);
	sbx_map_release(&task->defines);
	sbx_arena_release(&task->arena);
}
