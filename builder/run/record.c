/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/run/record.h"

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "builder/build/sandbox.h"

#define MAX_RECORD_BYTES (1 << 20)

void sbx_run_record_release(struct sbx_run_record *record)
{
	g_clear_pointer(&record->reason, g_free);
	g_clear_pointer(&record->message, g_free);
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

static gint64 member(JsonObject *object, const char *name)
{
	return json_object_get_int_member_with_default(object, name, 0);
}

static void parse(struct sbx_run_record *record, const char *text)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	/* Without a record (sbx-provision was killed) what is known is still worth having. */
	JsonNode *root = json_parser_load_from_data(parser, text, -1, NULL)
				 ? json_parser_get_root(parser)
				 : NULL;
	if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
		record->reason = g_strdup("unknown");
		return;
	}
	JsonObject *object = json_node_get_object(root);
	record->reason =
		g_strdup(json_object_get_string_member_with_default(object, "reason", "unknown"));
	record->wall_usec = member(object, "wall_usec");
	record->cpu_usec = member(object, "cpu_usec");
	record->peak_bytes = member(object, "peak_memory_bytes");
	JsonNode *error = json_object_get_member(object, "error");
	if (error && JSON_NODE_HOLDS_OBJECT(error))
		record->message = g_strdup(json_object_get_string_member_with_default(
			json_node_get_object(error), "message", "it could not be started"));
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
	return TRUE;
}
