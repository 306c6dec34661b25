/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/template.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/idmap.h"
#include "provisioner/source.h"

#define ID_DIGITS 64

void sbx_lower_release(struct sbx_lower *lower)
{
	free(lower->path);
	free(lower->asked);
	free(lower->base);
	sbx_close(&lower->lock_fd);
	*lower = (struct sbx_lower)SBX_LOWER_INIT;
}

/* Newly allocated, NULL with *err set. */
static char *state_root(const char *root_dir, struct sbx_error *err)
{
	const char *root = root_dir ? root_dir : getenv("SBX_ROOT");
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int n = -1;
	if (root && *root)
		n = asprintf(&path, "%s", root);
	else if (geteuid() == 0)
		n = asprintf(&path, "/var/lib/sbx");
	else if (data && *data == '/')
		n = asprintf(&path, "%s/sbx", data);
	else if (home && *home == '/')
		n = asprintf(&path, "%s/.local/share/sbx", home);
	else
		sbx_fail(err, SBX_E_USAGE,
			 "neither $SBX_ROOT nor $HOME is set; say with --root where templates are");
	if (n < 0)
		sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "template");
	return n < 0 ? NULL : path;
}

static bool is_id(const char *name)
{
	return strlen(name) == ID_DIGITS && strspn(name, "0123456789abcdef") == ID_DIGITS;
}

/* The one id that begins with `prefix`, newly allocated. */
static char *find_by_prefix(int templates_dfd, const char *prefix, const char *where,
			    struct sbx_error *err)
{
	int fd = openat(templates_dfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SBX_CLEANUP_DIR DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		sbx_close(&fd);
		sbx_fail_os(err, SBX_E_NOT_FOUND, errno, "%s", where);
		return NULL;
	}
	SBX_CLEANUP_FREE char *found = NULL;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (!is_id(entry->d_name) || strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		if (found) {
			sbx_fail(err, SBX_E_USAGE,
				 "%s: several templates begin so (%.12s, %.12s); give more digits",
				 prefix, found, entry->d_name);
			return NULL;
		}
		found = strdup(entry->d_name);
	}
	if (!found)
		sbx_fail(err, SBX_E_NOT_FOUND,
			 "%s: no template of that id or name in %s; sbx-build ls lists them",
			 prefix, where);
	return sbx_steal(found);
}

/* The id that a link leads to; "" when it leads to none, NULL when it is no link. */
static char *id_of_link(int dfd, const char *name)
{
	char link[2 * ID_DIGITS];
	ssize_t n = readlinkat(dfd, name, link, sizeof(link) - 1);
	if (n < 0)
		return NULL;
	link[n] = '\0';
	while (n > 0 && link[n - 1] == '/')
		link[--n] = '\0';
	const char *id = strrchr(link, '/');
	id = id ? id + 1 : link;
	return strdup(is_id(id) ? id : "");
}

/* The folder's own name: a link in templates/ (a name) may be put on another id at any time. */
static char *resolve(int templates_dfd, const char *name, const char *where, struct sbx_error *err)
{
	SBX_CLEANUP_FREE char *id = id_of_link(templates_dfd, name);
	if (id) {
		if (*id)
			return sbx_steal(id);
		sbx_fail(err, SBX_E_DAMAGED,
			 "%s: the name's link in %s leads to no template; remove it with sbx-build "
			 "rm",
			 name, where);
		return NULL;
	}
	struct stat st;
	if (fstatat(templates_dfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		return strdup(name);
	return find_by_prefix(templates_dfd, name, where, err);
}

static int lock(int dfd, const char *file, const char *id, struct sbx_lower *out,
		struct sbx_error *err)
{
	out->has_lock = true;
	out->lock_fd = openat(dfd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (out->lock_fd < 0)
		return sbx_fail_os(err, SBX_E_NOT_FOUND, errno,
				   "template %.12s is incomplete; build it again: %s", id, file);
	if (flock(out->lock_fd, LOCK_SH | LOCK_NB) < 0)
		return sbx_fail(err, SBX_E_BUSY, "template %.12s is being removed; build it again",
				id);
	return 0;
}

static int lock_by_id(int templates_dfd, const char *id, struct sbx_lower *out,
		      struct sbx_error *err)
{
	char file[NAME_MAX + sizeof("/lock")];
	snprintf(file, sizeof(file), "%s/lock", id);
	return lock(templates_dfd, file, id, out, err);
}

int sbx_lower_lock(struct sbx_lower *lower, struct sbx_error *err)
{
	SBX_CLEANUP_FREE char *file = NULL;
	if (!lower->has_lock || lower->lock_fd >= 0)
		return 0;
	if (asprintf(&file, "%s/../lock", lower->path) < 0)
		return sbx_fail(err, SBX_E_NO_SPACE, "template: out of memory");
	return lock(AT_FDCWD, file, lower->path, lower, err);
}

/* One with a root of its own may still have the layer that it was made with: that is done with. */
static int find_files(int templates_dfd, const char *where, const char *name, const char *id,
		      struct sbx_lower *out, struct sbx_error *err)
{
	char file[NAME_MAX + sizeof("/layer")];
	struct stat st;
	snprintf(file, sizeof(file), "%s/root", id);
	bool is_whole = fstatat(templates_dfd, file, &st, AT_SYMLINK_NOFOLLOW) == 0;
	snprintf(file, sizeof(file), "%s/base", id);
	SBX_CLEANUP_FREE char *base = is_whole ? NULL : id_of_link(templates_dfd, file);
	if (!is_whole && !base)
		return sbx_fail(err, SBX_E_NOT_FOUND,
				"template %.12s is incomplete; build it again: neither root nor "
				"base is in %s/%s",
				id, where, id);
	if (base && !*base)
		return sbx_fail(err, SBX_E_DAMAGED,
				"template %.12s: its base leads to no template; run sbx-build fsck",
				id);
	const char *files = base ? "layer" : "root";
	if (asprintf(&out->path, "%s/%s/%s", where, id, files) < 0 ||
	    asprintf(&out->asked, "%s/%s/%s", where, name, files) < 0 ||
	    (base && asprintf(&out->base, "%s/%s/root", where, base) < 0))
		return sbx_fail(err, SBX_E_NO_SPACE, "template: out of memory");
	return 0;
}

static int find_in_store(const char *root_dir, const char *name, struct sbx_lower *out,
			 struct sbx_error *err)
{
	if (name[0] == '.' || strlen(name) > NAME_MAX)
		return sbx_fail(err, SBX_E_NOT_FOUND,
				"%s: is no template's name; a path needs a '/' in it, such as ./%s",
				name, name);
	SBX_CLEANUP_FREE char *root = state_root(root_dir, err);
	SBX_CLEANUP_FREE char *where = NULL;
	if (!root || asprintf(&where, "%s/templates", root) < 0)
		return sbx_fail(err, SBX_E_NO_SPACE, "template: out of memory");
	SBX_CLEANUP_FD int dfd = open(where, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dfd < 0)
		return sbx_fail_os(
			err, SBX_E_NOT_FOUND, errno,
			"%s: no templates; build one, or say with --root where they are: %s", name,
			where);
	SBX_CLEANUP_FREE char *id = resolve(dfd, name, where, err);
	return !id || lock_by_id(dfd, id, out, err) < 0
		       ? -1
		       : find_files(dfd, where, name, id, out, err);
}

static int check_folder(const char *path, bool *out_has_folders, struct sbx_error *err)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return sbx_fail_os(err, SBX_E_NOT_FOUND, errno, "template %s%s", path,
				   sbx_source_hint(errno, 0));
	if (!S_ISDIR(st.st_mode))
		return sbx_fail(err, SBX_E_NOT_FOUND,
				"template %s: is no folder; a root file system was expected", path);
	/* Most file systems count its folders as links to it. */
	*out_has_folders = st.st_nlink > 2;
	return 0;
}

static char *copy(const char *path, struct sbx_error *err)
{
	char *text = strdup(path);
	if (!text)
		sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "template");
	return text;
}

int sbx_lower_find(const char *root_dir, const char *name, const char *base, struct sbx_lower *out,
		   struct sbx_error *err)
{
	SBX_CLEANUP_LOWER struct sbx_lower lower = SBX_LOWER_INIT;
	bool is_path = strchr(name, '/') != NULL;
	if (base && !is_path)
		return sbx_fail(err, SBX_E_USAGE,
				"--base: %s is a template's name, and its base is known; leave it "
				"out",
				name);
	if (is_path ? !(lower.path = copy(name, err)) || !(lower.asked = copy(name, err)) ||
			      (base && !(lower.base = copy(base, err)))
		    : find_in_store(root_dir, name, &lower, err) < 0)
		return -1;
	if (check_folder(lower.path, &lower.has_folders, err) < 0 ||
	    (lower.base && check_folder(lower.base, &lower.has_folders, err) < 0))
		return -1;
	*out = lower;
	lower = (struct sbx_lower)SBX_LOWER_INIT;
	return 0;
}

const char *sbx_lower_empty(const struct sbx_lower *lower)
{
	const char *root = lower->base ? lower->base : lower->path;
	if (lower->has_folders)
		return NULL;
	SBX_CLEANUP_DIR DIR *dir = opendir(root);
	struct dirent *entry;
	while (dir && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return NULL;
	return dir ? root : NULL;
}

static int enter_ids(int store_dfd, const char *path, const char *what, struct sbx_error *err)
{
	struct sbx_idmap map;
	int found = sbx_idmap_read(store_dfd, path, &map, err);
	if (found == 0 || (found > 0 && sbx_idmap_enter(&map, err) == 0))
		return 0;
	return sbx_error_prefix(err, "%s", what);
}

int sbx_lower_enter_ids(const struct sbx_lower *lower, struct sbx_error *err)
{
	/* $SBX_ROOT/templates/ID/root, which is no template of ours without what is beside it. */
	SBX_CLEANUP_FREE char *beside = NULL;
	if (asprintf(&beside, "%s/../meta.json", lower->path) < 0)
		return sbx_fail(err, SBX_E_NO_SPACE, "template: out of memory");
	if (access(beside, F_OK) < 0)
		return 0;
	SBX_CLEANUP_FD int fd = open(lower->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? 0 : enter_ids(fd, "../../../" SBX_IDMAP_FILE, lower->path, err);
}

int sbx_store_enter_ids(const char *root_dir, struct sbx_error *err)
{
	SBX_CLEANUP_FREE char *root = state_root(root_dir, NULL);
	SBX_CLEANUP_FD int dfd = root ? open(root, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	return dfd < 0 ? 0 : enter_ids(dfd, SBX_IDMAP_FILE, root, err);
}
