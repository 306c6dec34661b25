/* SPDX-License-Identifier: Apache-2.0 */
/* From a waiting call to the paths that it names. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/observe/observe.h"

/* Not part of the tree: they are mounted over it, and the same for every script. */
static const char *const outside[] = {"/proc", "/sys", "/dev", "/run", "/tmp", NULL};

/*
 * Since a link has been made, a path may lead to a file through it whose own name was never said.
 * From then on, what a path leads to is looked up and noted too.
 */
static bool links_were_made;

static bool is_outside(const char *path)
{
	for (const char *const *prefix = outside; *prefix; prefix++) {
		size_t n = strlen(*prefix);
		if (strncmp(path, *prefix, n) == 0 && (path[n] == '/' || path[n] == '\0'))
			return true;
	}
	return false;
}

/* Join to an absolute path; false when it does not fit. */
static bool join(char out[SBX_OBSERVED_MAX_PATH], const char *folder, const char *path)
{
	int n = path[0] == '/' ? snprintf(out, SBX_OBSERVED_MAX_PATH, "%s", path)
			       : snprintf(out, SBX_OBSERVED_MAX_PATH, "%s/%s",
					  strcmp(folder, "/") == 0 ? "" : folder, path);
	return n > 0 && n < SBX_OBSERVED_MAX_PATH;
}

/* The folder that a relative path of the call starts at. */
static bool start_folder(const struct seccomp_notif *n, int argument,
			 char out[SBX_OBSERVED_MAX_PATH])
{
	char link[64];
	int fd = argument < 0 ? AT_FDCWD : (int)n->data.args[argument];
	if (fd == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/%u/cwd", n->pid);
	else
		snprintf(link, sizeof(link), "/proc/%u/fd/%d", n->pid, fd);
	ssize_t length = readlink(link, out, SBX_OBSERVED_MAX_PATH - 1);
	if (length <= 0)
		return false;
	out[length] = '\0';
	return true;
}

/*
 * The absolute path in an argument. Empty when there is none: no such argument, a null pointer, an
 * empty text, or a folder descriptor that is not open (then the call fails whatever the tree is).
 */
static void argument_path(const struct seccomp_notif *n, int folder, int argument,
			  char out[SBX_OBSERVED_MAX_PATH])
{
	char text[SBX_OBSERVED_MAX_PATH], start[SBX_OBSERVED_MAX_PATH] = "/";
	out[0] = '\0';
	if (argument < 0 || n->data.args[argument] == 0)
		return;
	ssize_t length = sbx_task_text((pid_t)n->pid, n->data.args[argument], text);
	if (length < 0)
		sbx_seen_unclear("a path could not be read from the process that named it");
	if (length <= 0 || (text[0] != '/' && !start_folder(n, folder, start)))
		return;
	if (!join(out, start, text))
		out[0] = '\0';
}

/* What it leads to now, if that is somewhere else. */
static void note_destination(const char *path, char how)
{
	char link[64], target[SBX_OBSERVED_MAX_PATH];
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, target, sizeof(target) - 1);
	close(fd);
	if (n <= 0)
		return;
	target[n] = '\0';
	if (!is_outside(target))
		sbx_seen_add(target, how);
}

static bool note(const char *path, char how)
{
	if (!path[0] || is_outside(path))
		return false;
	if (links_were_made)
		note_destination(path, how);
	return sbx_seen_add(path, how);
}

/* What a link at `at` that says `text` leads to. */
static void note_link(const char *text, const char *at)
{
	char folder[SBX_OBSERVED_MAX_PATH], target[SBX_OBSERVED_MAX_PATH];
	snprintf(folder, sizeof(folder), "%s", at);
	char *slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	links_were_made = true;
	if (join(target, folder, text))
		note(target, SBX_OBSERVED_OPENED);
}

static void on_symlink(const struct seccomp_notif *n, const struct sbx_call *call)
{
	char text[SBX_OBSERVED_MAX_PATH], at[SBX_OBSERVED_MAX_PATH];
	argument_path(n, call->folder2, call->path2, at);
	if (sbx_task_text((pid_t)n->pid, n->data.args[call->path], text) <= 0)
		return;
	note(at, SBX_OBSERVED_NAMED);
	if (at[0])
		note_link(text, at);
}

/* Folders that the script made: what lies in them has been noted when it was put there. */
static char *made[256];
static size_t n_made;

static void on_make_folder(const char *path)
{
	if (path[0] && n_made < sizeof(made) / sizeof(made[0]) && access(path, F_OK) < 0)
		made[n_made++] = strdup(path);
}

static bool was_made(const char *path)
{
	for (size_t i = 0; i < n_made; i++)
		if (made[i] && strcmp(made[i], path) == 0)
			return true;
	return false;
}

static void on_rename(const char *from, const char *to)
{
	struct stat st;
	char text[SBX_OBSERVED_MAX_PATH];
	if (!from[0] || !to[0] || lstat(from, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode) && !was_made(from)) {
		sbx_seen_unclear("a folder of the tree was renamed");
	} else if (S_ISLNK(st.st_mode)) {
		ssize_t n = readlink(from, text, sizeof(text) - 1);
		if (n <= 0)
			return;
		text[n] = '\0';
		note_link(text, to);
	}
}

static void on_open(const struct seccomp_notif *n, const struct sbx_call *call, const char *path)
{
	uint64_t flags = n->data.args[call->flags];
	struct open_how how;
	if (call->kind == SBX_CALL_OPENS_HOW)
		flags = sbx_task_bytes((pid_t)n->pid, n->data.args[call->flags], &how, sizeof(how))
				? how.flags
				: 0;
	note(path, flags & O_PATH ? SBX_OBSERVED_NAMED : SBX_OBSERVED_OPENED);
}

void sbx_observe_call(const struct seccomp_notif *n)
{
	char path[SBX_OBSERVED_MAX_PATH], path2[SBX_OBSERVED_MAX_PATH];
	const struct sbx_call *call = sbx_call_find(n->data.nr);
	if (!call || call->kind == SBX_CALL_UNCLEAR) {
		sbx_seen_unclear(call ? call->name : "a call of another architecture");
		return;
	}
	if (call->kind == SBX_CALL_SYMLINKS) {
		on_symlink(n, call);
		return;
	}
	argument_path(n, call->folder, call->path, path);
	argument_path(n, call->folder2, call->path2, path2);
	if (call->kind == SBX_CALL_OPENS || call->kind == SBX_CALL_OPENS_HOW)
		on_open(n, call, path);
	else if (call->kind == SBX_CALL_RENAMES)
		on_rename(path, path2);
	else if (call->kind == SBX_CALL_MAKES_FOLDER)
		on_make_folder(path);
	else if (call->kind == SBX_CALL_EXECUTES && note(path, SBX_OBSERVED_OPENED))
		sbx_executable_note(path, 0);
	note(path, SBX_OBSERVED_NAMED);
	note(path2, SBX_OBSERVED_NAMED);
}
