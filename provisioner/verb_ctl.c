/* SPDX-License-Identifier: Apache-2.0 */
/* `sbx-provision ctl`: drive a server from a terminal. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/client.h"
#include "provisioner/serve.h"

static const int own_stdio[3] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};

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
static int wait_for_end(struct sbx_connection *c, uint32_t sandbox, uint32_t command,
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
		if (m.type == SBX_MESSAGE_ENDED)
			return number_in(words, "\"exit_status\":");
	}
	return -1;
}

/*
 * create [--keep] [--zygote NAME --modules MODULES] WORDS of run: with --keep its number is printed
 * and it lives on.
 */
static int ctl_create(struct sbx_connection *c, int argc, char **argv, struct sbx_error *err)
{
	const char *zygotes = NULL, *modules = NULL;
	struct sbx_message m = {.type = SBX_MESSAGE_CREATE};
	for (; argc > 0; argc--, argv++) {
		const char **value = strcmp(argv[0], "--zygote") == 0	 ? &zygotes
				     : strcmp(argv[0], "--modules") == 0 ? &modules
									 : NULL;
		if (!value && strcmp(argv[0], "--keep") != 0)
			break;
		if (!value) {
			m.flags |= SBX_FLAG_KEEP;
			continue;
		}
		if (argc < 2)
			return sbx_fail(err, SBX_E_USAGE, "%s: its value is missing", argv[0]);
		*value = argv[1];
		argc--;
		argv++;
	}
	if (!zygotes != !modules)
		return sbx_fail(err, SBX_E_USAGE, "--zygote and --modules go together");
	SBX_CLEANUP_FREE const char **words = calloc((size_t)argc + 3, sizeof(*words));
	int n = 0;
	if (!words)
		return sbx_fail(err, SBX_E_NO_SPACE, "create: no memory");
	if (zygotes) {
		m.flags |= SBX_FLAG_ZYGOTE;
		words[n++] = zygotes;
		words[n++] = modules;
	}
	memcpy(words + n, argv, (size_t)(argc + 1) * sizeof(*words));
	bool keep = m.flags & SBX_FLAG_KEEP;
	if (sbx_connection_ask(c, &m, words, keep ? NULL : own_stdio, NULL, err) < 0)
		return -1;
	if (keep)
		return printf("%u\n", m.sandbox) > 0 && fflush(stdout) == 0 ? 0 : 1;
	return wait_for_end(c, m.sandbox, 0, err);
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
	if (sbx_connection_ask(c, &m, words, NULL, &answer, err) < 0)
		return -1;
	return print_words(&m, answer);
}

static int ctl_cool(struct sbx_connection *c, int argc, char **argv, struct sbx_error *err)
{
	struct sbx_message m = {.type = SBX_MESSAGE_COOL};
	if (argc != 1)
		return sbx_fail(err, SBX_E_USAGE, "cool: write NAME");
	return sbx_connection_ask(c, &m, (const char *const *)argv, NULL, NULL, err) < 0 ? -1 : 0;
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
	if (sbx_connection_ask(c, &m, (const char *const *)argv + 1, own_stdio, NULL, err) < 0)
		return -1;
	return wait_for_end(c, sandbox, command, err);
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
			       type == SBX_MESSAGE_SET ? (const char *const *)argv + 1 : NULL, NULL,
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
	{"create", "[--keep] [--zygote NAME --modules A,B] [OPTION...] TEMPLATE [-- COMMAND...]",
	 "make a sandbox with the options of run, and wait for its end; --keep: print its number "
	 "and let it live on; --zygote: fork its python3 from a warm one",
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
