/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/run/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json_tree.h"
#include "builder/build/sandbox.h"

#define MAX_RECORD_BYTES (1 << 20)

void sbx_run_record_release(struct sbx_run_record *record)
{
	g_clear_pointer(&record->reason, g_free);
	g_clear_pointer(&record->message, g_free);
	g_clear_pointer(&record->json, g_free);
}

static char *read_to_end(int fd)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char chunk[4096];
	ssize_t n;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0 && text->len < MAX_RECORD_BYTES)
			g_string_append_len(text, chunk, n);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static gint64 number(const struct sbx_json_value *object, const char *name)
{
	const struct sbx_json_value *value = sbx_json_member(object, name);
	return value && value->is_integer ? value->integer : 0;
}

static char *text(const struct sbx_json_value *object, const char *name, const char *otherwise)
{
	const struct sbx_json_value *value = sbx_json_member(object, name);
	return g_strdup(value && value->kind == SBX_JSON_KIND_STRING ? value->string : otherwise);
}

static void parse(struct sbx_run_record *record, const char *json)
{
	SBX_CLEANUP_JSON_TREE struct sbx_json_tree tree = {0};
	/* Without a record (sbx-provision was killed) what is known is still worth having. */
	const struct sbx_json_value *object =
		sbx_json_tree_parse(&tree, json, strlen(json), SBX_RUN_RECORD_DEPTH, NULL) == 0
			? tree.root
			: NULL;
	record->reason = text(object, "reason", "unknown");
	record->wall_usec = number(object, "wall_usec");
	record->cpu_usec = number(object, "cpu_usec");
	record->peak_bytes = number(object, "peak_memory_bytes");
	const struct sbx_json_value *error = sbx_json_member(object, "error");
	if (error && error->kind == SBX_JSON_KIND_OBJECT)
		record->message = text(error, "message", "it could not be started");
}

gboolean sbx_run_record_spawn(const char *provisioner, const GPtrArray *arguments, int stdin_fd,
			      int stdout_fd, int stderr_fd, struct sbx_run_record *out,
			      GError **error)
{
	int pipe_fds[2], status;
	pid_t pid;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "pipe");
	SBX_CLEANUP_FD int read_fd = pipe_fds[0];
	SBX_CLEANUP_FD int write_fd = pipe_fds[1];
	fcntl(write_fd, F_SETFD, 0); /* the child writes to it under the same number */
	g_autofree char *number = g_strdup_printf("%d", write_fd);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	const char *first[] = {provisioner, "run", "--status-fd", number};
	for (guint i = 0; i < G_N_ELEMENTS(first); i++)
		g_ptr_array_add(argv, (gpointer)first[i]);
	for (guint i = 0; i < arguments->len; i++)
		g_ptr_array_add(argv, arguments->pdata[i]);
	g_ptr_array_add(argv, NULL);
	if (!sbx_sandbox_spawn((const char *const *)argv->pdata, stdin_fd, stdout_fd, stderr_fd,
			       &pid, error))
		return FALSE;
	sbx_close(&write_fd);
	g_autofree char *text = read_to_end(read_fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	out->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	parse(out, text);
	out->json = g_steal_pointer(&text);
	return TRUE;
}
