/* SPDX-License-Identifier: Apache-2.0 */
/* Further commands in a sandbox of a server. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "provisioner/serve.h"

int sbx_entry_exec(struct sbx_entry *e, struct sbx_client *c, const struct sbx_message *m,
		   const char *const *words, const int fds[], unsigned n_fds, struct sbx_error *err)
{
	size_t n_env = (size_t)m->value;
	if (e->n_commands == SBX_MAX_COMMANDS)
		return sbx_fail(err, SBX_E_BUSY, "%d commands run in sandbox %u already",
				SBX_MAX_COMMANDS, e->number);
	SBX_CLEANUP_FREE const char **env = calloc(n_env + 1, sizeof(*env));
	if (!env)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "exec");
	memcpy(env, words, n_env * sizeof(*env));
	while (++e->last_command == 0)
		;
	struct sbx_exec what = {
		.command = e->last_command,
		.words = words + n_env,
		.env = env,
		.stdio_fd = {-1, -1, -1},
	};
	for (unsigned i = 0; i < n_fds; i++)
		what.stdio_fd[i] = fds[i];
	if (e->sandbox->backend->exec(e->sandbox, &what, err) < 0)
		return -1;
	e->command[e->n_commands++] = (struct sbx_entry_command){
		.client = c, .theirs = m->command, .ours = e->last_command};
	return 0;
}

int sbx_entry_signal(struct sbx_entry *e, const struct sbx_client *c, const struct sbx_message *m,
		     struct sbx_error *err)
{
	if (m->command == 0)
		return e->sandbox->backend->signal(e->sandbox, 0, m->value, err);
	for (unsigned i = 0; i < e->n_commands; i++)
		if (e->command[i].client == c && e->command[i].theirs == m->command)
			return e->sandbox->backend->signal(e->sandbox, e->command[i].ours, m->value,
							   err);
	return sbx_fail(err, SBX_E_NOT_FOUND, "signal: no command %u of this client runs in it",
			m->command);
}

void sbx_entry_tell_command(struct sbx_server *s, struct sbx_entry *e,
			    const struct sbx_event *event)
{
	unsigned i = 0;
	while (i < e->n_commands && e->command[i].ours != event->command)
		i++;
	if (i == e->n_commands)
		return;
	struct sbx_entry_command command = e->command[i];
	bool failed = event->kind == SBX_EVENT_COMMAND_FAILED;
	struct sbx_message m = {
		.type = failed ? SBX_MESSAGE_ERROR : SBX_MESSAGE_COMMAND_ENDED,
		.sandbox = e->number,
		.command = command.theirs,
		.value = failed ? sbx_code_exit_status(event->error.code) : event->wait_status,
		.n_words = failed,
	};
	const struct sbx_buffer text = {.data = (char *)event->error.message,
					.n_bytes = strlen(event->error.message) + 1};
	e->command[i] = e->command[--e->n_commands];
	sbx_client_send(s, command.client, &m, failed ? &text : NULL);
}
