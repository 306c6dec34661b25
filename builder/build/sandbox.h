/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_SANDBOX_H
#define SBX_BUILDER_BUILD_SANDBOX_H

#include "builder/context.h"

/*
 * Something that runs while a template is built: maintainer scripts, the byte compiler. It runs in
 * `sbx-provision run --profile build`, without network, over `root`, which is not written to.
 */
struct sbx_sandbox {
	const char *provisioner;	 /* path of sbx-provision */
	const char *root;		 /* the tree, read-only lower */
	const char *base;		 /* what `root` is a layer over, or NULL */
	const char *layer;		 /* folder that gets upper/: what was changed */
	const char *work;		 /* folder that is bound at /run/sbx */
	const char *const *ro_binds;	 /* "SRC:DST" over files of the tree, NULL-ended */
	const char *const *argv;	 /* command inside, NULL-ended */
	int stdin_fd;			 /* 0: it has nothing to read */
	guint silence_seconds;		 /* kill it when it prints nothing for so long */
	gboolean (*idle)(gpointer data); /* as long as it has no reason to print; NULL: never */
	void (*line)(const char *line, gpointer data); /* for each line of its stdout */
	gpointer data;
};

/*
 * Run it to its end. *out_status is the command's exit status; *out_silent tells that it was
 * killed for saying nothing. What it writes to stderr is kept in *out_stderr (its end, newly
 * allocated). FALSE: it could not be run, or was cancelled.
 */
gboolean sbx_sandbox_run(const struct sbx_sandbox *sandbox, int *out_status, gboolean *out_silent,
			 char **out_stderr, GCancellable *cancellable, GError **error);

/*
 * Write a file that will be executed inside. Never while another thread starts a process: between
 * fork and exec that would hold the file open for writing, and executing it would fail (ETXTBSY).
 */
gboolean sbx_sandbox_write_file(const char *folder, const char *name, const char *text,
				gsize n_bytes, int mode, GError **error);

/* Start argv with signals as a fresh process has them; descriptors -1 are inherited. */
gboolean sbx_sandbox_spawn(const char *const *argv, int stdin_fd, int stdout_fd, int stderr_fd,
			   pid_t *out_pid, GError **error);

#endif
