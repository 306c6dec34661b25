/* SPDX-License-Identifier: Apache-2.0 */
/* `sbx-provision ctl create`, and the end of what was made. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json_tree.h"
#include "provisioner/ctl.h"
#include "provisioner/options.h"
#include "provisioner/print.h"
#include "provisioner/source.h"
#include "provisioner/values.h"

static int status_of(int32_t wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

/* Which limit ended it, as run tells it; the limit itself may be the server's policy's. */
static void explain(const char *reason)
{
	static const struct {
		const char *reason, *text;
	} rows[] = {
		{"timed-out", "--timeout: its time was over; the sandbox was ended"},
		{"oom", "--memory: more was needed and the kernel killed for it; allow more"},
		{"output-limit",
		 "--output-limit: more was written than is allowed; the sandbox was killed"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(reason, rows[i].reason) == 0)
			fprintf(stderr, "sbx-provision: ctl: %s\n", rows[i].text);
}

/* What the server's policies, or those that were named, held down. */
static void tell_reduced(const struct sbx_json_value *record)
{
	static const char *const keys[] = {"option", "asked", "got", "because"};
	const struct sbx_json_value *reduced = sbx_json_member(record, "reduced");
	for (const struct sbx_json_value *one = reduced ? reduced->first : NULL; one;
	     one = one->next) {
		const char *text[4];
		for (int k = 0; k < 4; k++) {
			const struct sbx_json_value *v = sbx_json_member(one, keys[k]);
			text[k] = v && v->string ? v->string : "";
		}
		fprintf(stderr,
			"sbx-provision: ctl: warning: --%s %s: reduced to %s because of %s\n",
			text[0], text[1], *text[2] ? text[2] : "none", text[3]);
	}
}

/*
 * What the record of an end comes to: the exit status, and a line about what went wrong with the
 * sandbox, which the command could not tell.
 */
static int read_record(const char *record, struct sbx_error *err)
{
	SBX_CLEANUP_JSON_TREE struct sbx_json_tree tree = {0};
	if (sbx_json_tree_parse(&tree, record, strlen(record), 8, err) < 0)
		return -1;
	tell_reduced(tree.root);
	const struct sbx_json_value *status = sbx_json_member(tree.root, "exit_status");
	const struct sbx_json_value *error = sbx_json_member(tree.root, "error");
	const struct sbx_json_value *message = error ? sbx_json_member(error, "message") : NULL;
	if (message && message->string)
		fprintf(stderr, "sbx-provision: ctl: %s\n", message->string);
	const struct sbx_json_value *reason = sbx_json_member(tree.root, "reason");
	if (reason && reason->string)
		explain(reason->string);
	return status ? (int)status->integer : 1;
}

static int finish(const char *record, int status_fd, struct sbx_ctl_output *files,
		  struct sbx_error *err)
{
	if (files)
		sbx_ctl_output_copy(files, -1);
	if (status_fd >= 0 && sbx_write_all(status_fd, record, strlen(record)) < 0)
		return sbx_fail_os(err, SBX_E_FAILED, errno, "--status-fd %d", status_fd);
	if (files && files->failed)
		return sbx_fail_os(err, SBX_E_FAILED, files->failed, "writing the output");
	return read_record(record, err);
}

int sbx_ctl_wait(struct sbx_connection *c, uint32_t sandbox, uint32_t command, int status_fd,
		 struct sbx_ctl_output *files, struct sbx_error *err)
{
	struct sbx_message m;
	const char *words;
	for (;;) {
		if (files)
			sbx_ctl_output_copy(files, c->fd);
		if (sbx_connection_receive(c, &m, &words, err) < 0)
			return -1;
		if (m.sandbox != sandbox)
			continue;
		if (m.type == SBX_MESSAGE_COMMAND_ENDED && m.command == command)
			return status_of(m.value);
		if (m.type == SBX_MESSAGE_ERROR && m.command == command)
			return sbx_connection_fail(&m, words, err);
		if (m.type == SBX_MESSAGE_ENDED)
			return finish(words, status_fd, files, err);
	}
}

/* What is not for the server to read. */
struct creation {
	const char *zygotes, *modules, *input, *output, *status;
	bool keep;
	int input_fd, output_fd, status_fd;
	struct sbx_ctl_output files;
};

/* The value of an option of that name, in its word or the next one; NULL: it is none, or lacks it.
 */
static char *value_of(const char *name, char **at)
{
	size_t n = strlen(name);
	if (strncmp(*at, name, n) != 0 || ((*at)[n] && (*at)[n] != '='))
		return NULL;
	return (*at)[n] ? *at + n + 1 : at[1];
}

/* An option of run whose value is the next word, which may look like one of ours. */
static bool takes_next(const char *word)
{
	bool is_long = strncmp(word, "--", 2) == 0;
	const struct sbx_option *row = is_long ? sbx_option_find(word + 2, strlen(word + 2)) : NULL;
	return row && row->arg;
}

/* Ours are taken out of the words before the command; what is left is for the server. */
static int take_ours(struct creation *n, char **argv, struct sbx_error *err)
{
	const struct {
		const char *name, **value;
	} rows[] = {{"--zygote", &n->zygotes},
		    {"--modules", &n->modules},
		    {"--input", &n->input},
		    {"--output", &n->output},
		    {"--status-fd", &n->status}};
	char **to = argv;
	for (; *argv && strcmp(*argv, "--") != 0; argv++) {
		char *value = NULL;
		for (size_t i = 0; !value && i < sizeof(rows) / sizeof(rows[0]); i++) {
			if ((value = value_of(rows[i].name, argv)))
				*rows[i].value = value;
			else if (strcmp(*argv, rows[i].name) == 0)
				return sbx_fail(err, SBX_E_USAGE,
						"%s: is the last word; give it its value", *argv);
		}
		if (value) {
			argv += value == argv[1];
		} else if (strcmp(*argv, "--keep") == 0) {
			n->keep = true;
		} else {
			bool has_next = takes_next(*argv) && argv[1];
			*to++ = *argv;
			if (has_next)
				*to++ = *++argv;
		}
	}
	while ((*to++ = *argv))
		argv++;
	return 0;
}

static int read_words(struct creation *n, char **argv, struct sbx_error *err)
{
	uint64_t status_fd = 0;
	if (take_ours(n, argv, err) < 0)
		return -1;
	if (!*argv || strcmp(*argv, "--") == 0)
		return sbx_fail(err, SBX_E_USAGE,
				"create: TEMPLATE is missing; see sbx-provision ctl --help");
	if (!n->zygotes != !n->modules)
		return sbx_fail(err, SBX_E_USAGE, "--zygote and --modules go together");
	if (!n->status)
		return 0;
	if (n->keep)
		return sbx_fail(err, SBX_E_USAGE,
				"--status-fd: is not for --keep, which waits for no end; see rm");
	if (sbx_parse_count(n->status, 1U << 30, &status_fd, NULL) < 0 ||
	    fcntl((int)status_fd, F_GETFD) < 0)
		return sbx_fail(err, SBX_E_USAGE,
				"--status-fd: '%s': is not an open descriptor; open it before, as "
				"in 3>FILE",
				n->status);
	n->status_fd = (int)status_fd;
	return 0;
}

/* With our own rights: the server gets what is open. */
static int open_front(struct creation *n, struct sbx_error *err)
{
	if (n->input &&
	    (n->input_fd = open(n->input, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) < 0)
		return sbx_fail_os(err, SBX_E_INPUT, errno, "--input %s%s", n->input,
				   sbx_source_hint(errno, 0));
	if (!n->output)
		return 0;
	n->output_fd = mkdir(n->output, 0755) < 0 && errno != EEXIST
			       ? -1
			       : open(n->output, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return n->output_fd >= 0 ? 0
				 : sbx_fail_os(err, SBX_E_INPUT, errno, "--output %s%s", n->output,
					       sbx_source_hint(errno, O_DIRECTORY));
}

static int ask_to_create(struct sbx_connection *c, struct creation *n, struct sbx_message *m,
			 const char *const *words, struct sbx_error *err)
{
	int fds[5] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
	struct sbx_descriptors all = {fds, n->keep ? 0 : 3};
	if (open_front(n, err) < 0 || (!n->keep && sbx_ctl_output_open(&n->files, fds, err) < 0))
		return -1;
	if (n->input)
		fds[all.n++] = n->input_fd;
	if (n->output)
		fds[all.n++] = n->output_fd;
	m->flags = (n->keep ? SBX_FLAG_KEEP : 0) | (n->zygotes ? SBX_FLAG_ZYGOTE : 0) |
		   (n->input ? SBX_FLAG_INPUT : 0) | (n->output ? SBX_FLAG_OUTPUT : 0);
	return sbx_connection_ask(c, m, words, all, NULL, err);
}

int sbx_ctl_create(struct sbx_connection *c, int argc, char **argv, struct sbx_error *err)
{
	struct creation front = {
		.input_fd = -1, .output_fd = -1, .status_fd = -1, .files = SBX_CTL_OUTPUT_INIT};
	struct sbx_message m = {.type = SBX_MESSAGE_CREATE};
	if (read_words(&front, argv, err) < 0)
		return -1;
	SBX_CLEANUP_FREE const char **words = calloc((size_t)argc + 3, sizeof(*words));
	int n = 0;
	if (!words)
		return sbx_fail(err, SBX_E_NO_SPACE, "create: no memory");
	if (front.zygotes) {
		words[n++] = front.zygotes;
		words[n++] = front.modules;
	}
	for (; *argv; argv++)
		words[n++] = *argv;
	int failed = ask_to_create(c, &front, &m, words, err);
	sbx_close(&front.input_fd);
	sbx_close(&front.output_fd);
	sbx_ctl_output_sent(&front.files);
	SBX_CLEANUP_BUFFER struct sbx_buffer number = SBX_BUFFER_INIT;
	sbx_buffer_printf(&number, "%u\n", m.sandbox);
	if (failed == 0 && front.keep)
		failed = sbx_print(&number);
	else if (failed == 0)
		failed = sbx_ctl_wait(c, m.sandbox, 0, front.status_fd, &front.files, err);
	sbx_ctl_output_release(&front.files);
	return failed;
}
