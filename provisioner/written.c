/* SPDX-License-Identifier: Apache-2.0 */
/* What a sandbox wrote, by its layers; they are as hostile as what wrote them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/record.h"
#include "provisioner/source.h"

#define MAX_DEPTH	64
#define MAX_LOOKED_AT	100000
#define MAX_PATH_LENGTH 1024

struct walk {
	struct sbx_written *out;
	const struct sbx_options *options;
	uint64_t n_looked_at;
};

/* A file that was made to mount something on it, by us. */
static bool is_mount_point(const struct walk *w, const char *path)
{
	const struct sbx_options *o = w->options;
	for (size_t i = 0; i < o->n_binds; i++)
		if (o->binds[i].kind != SBX_BIND_OVERLAY && strcmp(o->binds[i].target, path) == 0)
			return true;
	return strcmp(SBX_INPUT_PATH, path) == 0;
}

static void note(struct walk *w, const char *path, const struct stat *st)
{
	struct sbx_written *out = w->out;
	/* overlayfs: a removed name of a lower layer. */
	bool is_gone = S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
	if (S_ISREG(st->st_mode) && st->st_size == 0 && is_mount_point(w, path))
		return;
	uint64_t n_bytes = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
	out->n_deleted += is_gone;
	out->n_files += !is_gone;
	if (__builtin_add_overflow(out->n_bytes, n_bytes, &out->n_bytes) ||
	    out->n_bytes > INT64_MAX)
		out->n_bytes = INT64_MAX;
	if (out->n_paths == SBX_MAX_WRITTEN || strlen(path) > MAX_PATH_LENGTH)
		return;
	char *copy = strdup(path);
	if (!copy)
		return;
	out->path[out->n_paths++] = (struct sbx_written_path){
		.path = copy,
		.n_bytes = n_bytes,
		.what = is_gone		       ? "deleted"
			: S_ISREG(st->st_mode) ? "file"
			: S_ISLNK(st->st_mode) ? "link"
					       : "special",
	};
}

static void walk(struct walk *w, int dfd, const char *path, unsigned depth)
{
	SBX_CLEANUP_DIR DIR *dir = fdopendir(dfd);
	if (!dir) {
		close(dfd);
		w->out->is_incomplete = true;
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir));) {
		struct stat st;
		SBX_CLEANUP_FREE char *name = NULL;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (++w->n_looked_at > MAX_LOOKED_AT || depth == MAX_DEPTH ||
		    asprintf(&name, "%s/%s", path, entry->d_name) < 0 ||
		    fstatat(dfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			w->out->is_incomplete = true;
			return;
		}
		if (!S_ISDIR(st.st_mode)) {
			note(w, name, &st);
			continue;
		}
		int below =
			openat(dfd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below < 0)
			w->out->is_incomplete = true;
		else
			walk(w, below, name, depth + 1);
	}
}

/* One layer of the staging folder, whose place inside is `path`. */
static void walk_layer(struct walk *w, int layers_fd, const char *name, const char *path)
{
	int dfd = openat(layers_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dfd >= 0)
		walk(w, dfd, path, 0);
}

void sbx_record_look(struct sbx_record *record, const struct sbx_options *options)
{
	unsigned n_overlays = 0;
	int fd = record->layers_fd;
	if (fd < 0)
		return;
	record->written = calloc(1, sizeof(*record->written));
	if (!record->written)
		return;
	struct walk w = {.out = record->written, .options = options};
	if (options->layer) {
		const struct sbx_source_base base = {.root = options->source_root,
						     .shared = options->shared};
		SBX_CLEANUP_FD int layer =
			sbx_source_open(&base, options->layer, O_RDONLY | O_DIRECTORY, NULL);
		walk_layer(&w, layer, "upper", "");
	} else {
		walk_layer(&w, fd, "upper", "");
	}
	for (size_t i = 0; i < options->n_binds; i++) {
		char name[16];
		if (options->binds[i].kind != SBX_BIND_OVERLAY)
			continue;
		snprintf(name, sizeof(name), "upper%u", ++n_overlays);
		walk_layer(&w, fd, name, options->binds[i].target);
	}
	walk_layer(&w, fd, "tmp", "/tmp");
	walk_layer(&w, fd, "shm", "/dev/shm");
	walk_layer(&w, fd, "output", SBX_OUTPUT_PATH);
}
