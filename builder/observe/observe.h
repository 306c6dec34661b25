/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_OBSERVE_OBSERVE_H
#define SBX_BUILDER_OBSERVE_OBSERVE_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * sbx-observe [--no-sleep] OUT COMMAND...: run a command inside the build sandbox and write down
 * every path that it, or a process it started, named in a system call (docs/architecture.md, "What
 * a script read"). It is linked statically and carried into the sandbox by the builder.
 *
 * OUT gets records that end with a NUL: a letter and a path. 'n' the path was named, 'o' it was
 * opened as well (if it is a folder, its names may have been read), 'x' something happened that
 * paths do not describe; then the path is the reason, and what the command did must not be kept.
 */
#define SBX_OBSERVED_NAMED    'n'
#define SBX_OBSERVED_OPENED   'o'
#define SBX_OBSERVED_UNCLEAR  'x'
#define SBX_OBSERVED_MAX_PATH 4096

/* What a call does with the paths it names. */
enum sbx_call_kind {
	SBX_CALL_NAMES,	    /* looks at it, changes it or makes it */
	SBX_CALL_OPENS,	    /* opens it, with the flags in argument `flags` */
	SBX_CALL_OPENS_HOW, /* the same, flags in the struct open_how that it points to */
	SBX_CALL_EXECUTES,
	SBX_CALL_SYMLINKS, /* the first path is a link's text, the second where it is put */
	SBX_CALL_RENAMES,
	SBX_CALL_MAKES_FOLDER,
	SBX_CALL_UNCLEAR, /* paths mean something else after it */
};

/* Numbers of arguments; -1: there is none. A path without a folder starts at the cwd. */
struct sbx_call {
	int number;
	enum sbx_call_kind kind;
	int8_t folder, path, folder2, path2, flags;
	const char *name;
};

/* The calls that are watched, ended by a row with number -1. */
extern const struct sbx_call sbx_calls[];
const struct sbx_call *sbx_call_find(int number);

/* Are the calls made that wait for a time? */
enum sbx_observe_sleep { SBX_OBSERVE_SLEEP, SBX_OBSERVE_NO_SLEEP };

/* Install the filter in this process; the listener's descriptor, or -1 with errno. */
int sbx_observe_filter(enum sbx_observe_sleep sleep);

/* Handle one notification: all paths that the call names are noted. */
void sbx_observe_call(const struct seccomp_notif *call);

/* Texts of the task that waits. Return the length, 0 for an empty text, -1 if it can't be read. */
ssize_t sbx_task_text(pid_t pid, uint64_t address, char out[SBX_OBSERVED_MAX_PATH]);
bool sbx_task_bytes(pid_t pid, uint64_t address, void *out, size_t n);

/* Note a path (absolute). Returns whether it is new, or is now noted for more. */
bool sbx_seen_add(const char *path, char how);
void sbx_seen_unclear(const char *reason);
/* 0, or -1 with errno. */
int sbx_seen_write(const char *path);

/* The interpreters without which a program does not start: the kernel opens them unseen. */
void sbx_executable_note(const char *path, int depth);

#endif
