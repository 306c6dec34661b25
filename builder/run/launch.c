/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/run/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "builder/build/sandbox.h"
#include "builder/run/collect.h"
#include "store/template.h"

#define MAX_RECORD_BYTES (1 << 20)

static void add(GPtrArray *argv, const char *option, const char *value)
{
	g_ptr_array_add(argv, g_strdup(option));
	if (value)
		g_ptr_array_add(argv, g_strdup(value));
}

static GPtrArray *command_line(const char *provisioner, const struct sbx_launch *launch,
			       const char *root, const char *staging, const char *status_fd)
{
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
	add(argv, provisioner, "run");
	add(argv, "--root", root);
	if (launch->whole_folder) {
		g_autofree char *overlay = g_strdup_printf("%s:/task", launch->folder);
		add(argv, "--overlay", overlay);
	} else {
		g_autofree char *bind = g_strdup_printf("%s/%s:/task/%s", launch->folder,
							launch->entry, launch->entry);
		add(argv, "--ro-bind", bind);
	}
	if (staging) {
		g_autofree char *bind = g_strdup_printf("%s:/output", staging);
		add(argv, "--bind", bind);
	}
	const char *pairs[] = {"--workdir", "/task",	     "--memory",       launch->memory,
			       "--cpus",    launch->cpus,    "--pids",	       launch->pids,
			       "--timeout", launch->timeout, "--output-limit", launch->output_limit,
			       "--disk",    launch->disk,    "--status-fd",    status_fd};
	for (guint i = 0; i < G_N_ELEMENTS(pairs); i += 2)
		add(argv, pairs[i], pairs[i + 1]);
	if (launch->host_network)
		add(argv, "--net", "host");
	for (const char *const *env = launch->env; env && *env; env++)
		add(argv, "--env", *env);
	add(argv, "--best-effort", launch->template_id);
	add(argv, "--", NULL);
	for (const char *const *word = launch->command; *word; word++)
		add(argv, *word, NULL);
	g_ptr_array_add(argv, NULL);
	return argv;
}

/* Read sbx-provision's record (docs/schemas/provision-result.schema.json) to its end. */
static char *read_record(int fd)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char chunk[4096];
	ssize_t n;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0 && text->len < MAX_RECORD_BYTES)
			g_string_append_len(text, chunk, n);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static gint64 member(JsonObject *object, const char *name)
{
	return json_object_get_int_member_with_default(object, name, 0);
}

static gboolean record_use(struct sbx_store *catalog, const struct sbx_launch *launch,
			   const char *record, int status, gint64 started_usec, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	struct sbx_use use = {.template_id = launch->template_id,
			      .task = launch->entry,
			      .reason = "unknown",
			      .exit_status = status,
			      .started_usec = started_usec};
	/* Without a record (sbx-provision was killed) what is known is still worth keeping. */
	JsonNode *root = json_parser_load_from_data(parser, record, -1, NULL)
				 ? json_parser_get_root(parser)
				 : NULL;
	if (root && JSON_NODE_HOLDS_OBJECT(root)) {
		JsonObject *object = json_node_get_object(root);
		use.reason =
			json_object_get_string_member_with_default(object, "reason", "unknown");
		use.wall_usec = member(object, "wall_usec");
		use.cpu_usec = member(object, "cpu_usec");
		use.peak_bytes = member(object, "peak_memory_bytes");
	}
	return sbx_catalog_record_use(catalog, &use, error);
}

/* gc must not take the template between here and sbx-provision's own lock on it. */
static int hold_template(struct sbx_store *catalog, const char *id, GError **error)
{
	g_autofree char *path = sbx_template_path(catalog, id, "lock");
	SBX_CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) < 0) {
		sbx_set_error(error, SBX_E_BUSY,
			      "%.16s: the template is being removed; run it again", id);
		return -1;
	}
	return sbx_steal_fd(&fd);
}

static gboolean spawn_and_wait(const GPtrArray *argv, int read_fd, int *write_fd, char **out_record,
			       int *out_status, GError **error)
{
	pid_t pid;
	int status;
	if (!sbx_sandbox_spawn((const char *const *)argv->pdata, -1, -1, -1, &pid, error))
		return FALSE;
	sbx_close(write_fd);
	*out_record = read_record(read_fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*out_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return TRUE;
}

gboolean sbx_launch_run(struct sbx_context *ctx, struct sbx_store *catalog,
			const struct sbx_launch *launch, int *out_status, GError **error)
{
	g_autofree char *provisioner = sbx_context_provisioner(ctx, error);
	SBX_CLEANUP_FD int held = hold_template(catalog, launch->template_id, error);
	if (!provisioner || held < 0)
		return FALSE;
	g_autofree char *staging = NULL;
	if (launch->output && !(staging = sbx_store_make_tmp(catalog, "output", error)))
		return FALSE;
	int pipe_fds[2];
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "pipe");
	SBX_CLEANUP_FD int read_fd = pipe_fds[0];
	SBX_CLEANUP_FD int write_fd = pipe_fds[1];
	fcntl(write_fd, F_SETFD, 0); /* the child writes to it under the same number */
	g_autofree char *status_fd = g_strdup_printf("%d", write_fd);
	g_autoptr(GPtrArray) argv =
		command_line(provisioner, launch, ctx->root, staging, status_fd);
	g_autofree char *record = NULL;
	gint64 started = g_get_real_time();
	gboolean fine = spawn_and_wait(argv, read_fd, &write_fd, &record, out_status, error);
	guint n_files = 0;
	if (fine && staging)
		fine = sbx_collect(ctx, staging, launch->output, &n_files, error);
	if (staging)
		sbx_store_remove_tree(staging, NULL);
	if (fine && staging && ctx->verbose)
		fprintf(stderr, "%-10s %u file%s in %s\n", "output", n_files,
			n_files == 1 ? "" : "s", launch->output);
	return fine && record_use(catalog, launch, record, *out_status, started, error);
}
