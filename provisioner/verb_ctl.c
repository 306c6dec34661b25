/* SPDX-License-Identifier: Apache-2.0 */
/* `sbx-provision ctl`: drive a server from a terminal. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/client.h"
#include "provisioner/serve.h"

static const int own_stdio[3] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
static const struct sbx_descriptors own = {own_stdio, 3}, none;

static int status_of(int32_t wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

static int print_words(const struct sbx_message *m, const char *words)
{
	for (uint32_t i = 0; i < m->n_words; i++, words += strlen(words) + 1)
		if (printf("%s%s", words, *words && words[strlen(words) - 1] == '\n' ? "" : "\n") <
		    0)
			return 1;
	return fflush(stdout) == 0 ? 0 : 1;
}

/* The number that the record of an end has behind a name; what prints it is our own. */
static int number_in(const char *record, const char *name)
{
	const char *at = strstr(record, name);
	return at ? atoi(at + strlen(name)) : 1;
}

/* Until the sandbox, or the command in it, has ended. */
static int wait_for_end(struct sbx_connection *c, uint32_t sandbox, uint32_t command, int status_fd,
			struct sbx_error *err)
{
	struct sbx_message m;
	const char *words;
	while (sbx_connection_receive(c, &m, &words, err) == 0) {
		if (m.sandbox != sandbox)
			continue;
		if (m.type == SBX_MESSAGE_COMMAND_ENDED && m.command == command)
			return status_of(m.value);
		if (m.type == SBX_MESSAGE_ERROR && m.command == command)
			return sbx_connection_fail(&m, words, err);
		if (m.type == SBX_MESSAGE_ENDED && status_fd >= 0 &&
		    sbx_write_all(status_fd, words, strlen(words)) < 0)
			return sbx_fail_os(err, SBX_E_FAILED, errno, "--status-fd %d", status_fd);
		if (m.type == SBX_MESSAGE_ENDED)
			return number_in(words, "\"exit_status\":");
	}
	return -1;
}

/* What stands in front of the words of run. */
struct creation {
	const char *zygotes, *modules, *input, *output, *status;
	bool keep;
	int input_fd, output_fd, status_fd;
};

static int read_front(struct creation *n, int *argc, char ***argv, struct sbx_error *err)
{
	const struct {
		const char *name, **value;
	} rows[] = {{"--zygote", &n->zygotes},
		    {"--modules", &n->modules},
		    {"--input", &n->input},
		    {"--output", &n->output},
		    {"--status-fd", &n->status}};
	for (; *argc > 0; --*argc, ++*argv) {
		const char **value = NULL;
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			value = strcmp((*argv)[0], rows[i].name) == 0 ? rows[i].value : value;
		if (!value && strcmp((*argv)[0], "--keep") != 0)
			break;
		if (!value) {
			n->keep = true;
			continue;
		}
		if (*argc < 2)
			return sbx_fail(err, SBX_E_USAGE, "%s: its value is missing", (*argv)[0]);
		*value = (*argv)[1];
		--*argc;
		++*argv;
	}
	if (!n->zygotes != !n->modules)
		return sbx_fail(err, SBX_E_USAGE, "--zygote and --modules go together");
	n->status_fd = n->status ? atoi(n->status) : -1;
	if (n->status && (n->keep || fcntl(n->status_fd, F_GETFD) < 0))
		return sbx_fail(err, SBX_E_USAGE,
				"--status-fd %s: is not an open descriptor, or it is for --keep, "
				"which waits for no end",
				n->status);
	return 0;
}

/* With our own rights: the server gets what is open. */
static int open_front(struct creation *n, struct sbx_error *err)
{
	if (n->input &&
	    (n->input_fd = open(n->input, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) < 0)
		return sbx_fail_os(err, SBX_E_INPUT, errno, "--input %s", n->input);
	if (n->output && mkdir(n->output, 0755) < 0 && errno != EEXIST)
		return sbx_fail_os(err, SBX_E_INPUT, errno, "--output %s", n->output);
	if (n->output && (n->output_fd = open(n->output, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return sbx_fail_os(err, SBX_E_INPUT, errno, "--output %s", n->output);
	return 0;
}

static int ask_to_create(struct sbx_connection *c, struct creation *n, struct sbx_message *m,
			 const char *const *words, struct sbx_error *err)
{
	int fds[5];
	struct sbx_descriptors all = {fds, 0};
	if (open_front(n, err) < 0)
		return -1;
	for (int i = 0; !n->keep && i < 3; i++)
		fds[all.n++] = own_stdio[i];
	if (n->input)
		fds[all.n++] = n->input_fd;
	if (n->output)
		fds[all.n++] = n->output_fd;
	m->flags = (n->keep ? SBX_FLAG_KEEP : 0) | (n->zygotes ? SBX_FLAG_ZYGOTE : 0) |
		   (n->input ? SBX_FLAG_INPUT : 0) | (n->output ? SBX_FLAG_OUTPUT : 0);
	return sbx_connection_ask(c, m, words, all, NULL, err);
}

/* create [OPTION of ours...] WORDS of run: with --keep its number is printed and it lives on. */
static int ctl_create(struct sbx_connection *c, int argc, char **argv, struct sbx_error *err)
{
	struct creation front = {.input_fd = -1, .output_fd = -1, .status_fd = -1};
	struct sbx_message m = {.type = SBX_MESSAGE_CREATE};
	if (read_front(&front, &argc, &argv, err) < 0)
		return -1;
	SBX_CLEANUP_FREE const char **words = calloc((size_t)argc + 3, sizeof(*words));
	int n = 0;
	if (!words)
		return sbx_fail(err, SBX_E_NO_SPACE, "create: no memory");
	if (front.zygotes) {
		words[n++] = front.zygotes;
		words[n++] = front.modules;
	}
	memcpy(words + n, argv, (size_t)(argc + 1) * sizeof(*words));
	int failed = ask_to_create(c, &front, &m, words, err);
	sbx_close(&front.input_fd);
	sbx_close(&front.output_fd);
	if (failed < 0)
		return -1;
	if (front.keep)
		return printf("%u\n", m.sandbox) > 0 && fflush(stdout) == 0 ? 0 : 1;
	return wait_for_end(c, m.sandbox, 0, front.status_fd, err);
}

/* warm NAME MODULES TEMPLATE [N [PYTHON]] */
static int ctl_warm(struct sbx_connection *c, int argc, char **argv, struct sbx_error *err)
{
	struct sbx_message m = {.type = SBX_MESSAGE_WARM, .value = 1};
	const char *answer;
	if (argc < 3 || argc > 5)
		return sbx_fail(err, SBX_E_USAGE,
				"warm: write NAME MODULES TEMPLATE [N [PYTHON]]; - for no module");
	if (argc > 3)
		m.value = atoi(argv[3]);
	const char *words[] = {argv[0], argc > 4 ? argv[4] : "python3", argv[1], argv[2], NULL};
	if (sbx_connection_ask(c, &m, words, none, &answer, err) < 0)
		return -1;
	return print_words(&m, answer);
}

static int ctl_cool(struct sbx_connection *c, int argc, char **argv, struct sbx_error *err)
{
	struct sbx_message m = {.type = SBX_MESSAGE_COOL};
	if (argc != 1)
		return sbx_fail(err, SBX_E_USAGE, "cool: write NAME");
	return sbx_connection_ask(c, &m, (const char *const *)argv, none, NULL, err) < 0 ? -1 : 0;
}

static int number_of(const char *text, uint32_t *out, struct sbx_error *err)
{
	char *end;
	unsigned long n = text ? strtoul(text, &end, 10) : 0;
	if (!text || end == text || *end || n == 0 || n > UINT32_MAX)
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected a sandbox's number (see ls)",
				text ? text : "");
	*out = (uint32_t)n;
	return 0;
}

/* exec SANDBOX [NAME=VALUE...] -- COMMAND */
static int ctl_exec(struct sbx_connection *c, int argc, char **argv, struct sbx_error *err)
{
	/* A number of our own among those of others in the same sandbox. */
	struct sbx_message m = {.type = SBX_MESSAGE_EXEC, .command = (uint32_t)getpid()};
	if (number_of(argv[0], &m.sandbox, err) < 0)
		return -1;
	int n_env = 0;
	while (argv[1 + n_env] && strcmp(argv[1 + n_env], "--") != 0)
		n_env++;
	if (!argv[1 + n_env] || !argv[2 + n_env])
		return sbx_fail(err, SBX_E_USAGE, "exec: write SANDBOX [NAME=VALUE...] -- COMMAND");
	memmove(&argv[1 + n_env], &argv[2 + n_env], (size_t)(argc - 1 - n_env) * sizeof(*argv));
	m.value = n_env;
	uint32_t sandbox = m.sandbox, command = m.command;
	if (sbx_connection_ask(c, &m, (const char *const *)argv + 1, own, NULL, err) < 0)
		return -1;
	return wait_for_end(c, sandbox, command, -1, err);
}

/* Those that take a sandbox's number, perhaps more words, and print what they are answered. */
static int ask_about(struct sbx_connection *c, enum sbx_message_type type, char **argv,
		     struct sbx_error *err)
{
	struct sbx_message m = {.type = type};
	const char *words;
	if (type != SBX_MESSAGE_LIST && number_of(argv[0], &m.sandbox, err) < 0)
		return -1;
	if (type == SBX_MESSAGE_SIGNAL)
		m.value = argv[1] ? atoi(argv[1]) : SIGTERM;
	if (sbx_connection_ask(c, &m,
			       type == SBX_MESSAGE_SET ? (const char *const *)argv + 1 : NULL, none,
			       &words, err) < 0)
		return -1;
	return print_words(&m, words);
}

#define ABOUT(name, type)                                                                          \
	static int ctl_##name(struct sbx_connection *c, int argc, char **argv,                     \
			      struct sbx_error *err)                                               \
	{                                                                                          \
		return ask_about(c, SBX_MESSAGE_##type, argv, err);                                \
	}
ABOUT(ls, LIST)
ABOUT(stats, STATS)
ABOUT(pause, PAUSE)
ABOUT(resume, RESUME)
ABOUT(signal, SIGNAL)
ABOUT(set, SET)
ABOUT(rm, DESTROY)
#undef ABOUT

static const struct {
	const char *name, *arguments, *help;
	int (*run)(struct sbx_connection *c, int argc, char **argv, struct sbx_error *err);
} table[] = {
	{"create",
	 "[--keep] [--input FILE] [--output DIR] [--status-fd N] [--zygote NAME --modules A,B] "
	 "[OPTION...] TEMPLATE [-- COMMAND...]",
	 "make a sandbox with the options of run, and wait for its end; --keep: print its number "
	 "and let it live on; --input, --output, --status-fd as for run, with this user's rights; "
	 "--zygote: fork its python3 from a warm one",
	 ctl_create},
	{"warm", "NAME MODULES TEMPLATE [N [PYTHON]]",
	 "keep a Python with these modules, and N children of it ready (default: 1); tasks of one "
	 "trust domain alone should share a name",
	 ctl_warm},
	{"cool", "NAME", "end those, and every task forked from them", ctl_cool},
	{"exec", "SANDBOX [NAME=VALUE...] -- COMMAND...", "run another command in it", ctl_exec},
	{"ls", "", "list the sandboxes of this user", ctl_ls},
	{"stats", "SANDBOX", "print what it takes at the moment", ctl_stats},
	{"pause", "SANDBOX", "stop every process in it", ctl_pause},
	{"resume", "SANDBOX", "let them go on", ctl_resume},
	{"signal", "SANDBOX [NUMBER]", "send a signal to its first command (default: 15)",
	 ctl_signal},
	{"set", "SANDBOX --LIMIT=VALUE|--policy=POSTURE|--syscalls=CLASSES...",
	 "change limits, up or down, or make it stricter; prints what is fixed", ctl_set},
	{"rm", "SANDBOX", "end it and print its record", ctl_rm},
};

static int usage(FILE *to)
{
	fprintf(to, "usage: sbx-provision ctl --socket PATH VERB ...\n\n");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		fprintf(to, "  %s %s\n      %s\n", table[i].name, table[i].arguments,
			table[i].help);
	return fflush(to) == 0 ? 0 : 1;
}

static int run(const char *socket_path, int argc, char **argv, struct sbx_error *err)
{
	SBX_CLEANUP_CONNECTION struct sbx_connection c = SBX_CONNECTION_INIT;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].name, argv[0]) != 0)
			continue;
		if (sbx_connection_open(&c, socket_path, err) < 0)
			return -1;
		return table[i].run(&c, argc - 1, argv + 1, err);
	}
	return sbx_fail(err, SBX_E_USAGE, "%s: no such verb; see sbx-provision ctl --help",
			argv[0]);
}

int sbx_verb_ctl(int argc, char **argv)
{
	struct sbx_error err = SBX_ERROR_INIT;
	const char *socket_path = getenv("SBX_SOCKET");
	int i = 1;
	if (argc > i && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0))
		return usage(stdout);
	if (argc > i && strncmp(argv[i], "--socket=", 9) == 0)
		socket_path = argv[i++] + 9;
	else if (argc > i + 1 && strcmp(argv[i], "--socket") == 0)
		socket_path = argv[(i += 2) - 1];
	int status = -1;
	if (!socket_path)
		sbx_fail(&err, SBX_E_USAGE, "--socket is missing; or set SBX_SOCKET");
	else if (argc <= i)
		sbx_fail(&err, SBX_E_USAGE, "what to do is missing; see sbx-provision ctl --help");
	else
		status = run(socket_path, argc - i, argv + i, &err);
	if (status >= 0)
		return status;
	fprintf(stderr, "sbx-provision: ctl: %s\n", err.message);
	return sbx_code_exit_status(err.code);
}
