/* SPDX-License-Identifier: Apache-2.0 */
/* `sbx-provision ctl`: drive a server from a terminal. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/names.h"
#include "provisioner/ctl.h"
#include "provisioner/print.h"
#include "provisioner/serve.h"
#include "provisioner/values.h"

static const int own_stdio[3] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
static const struct sbx_descriptors own = {own_stdio, 3}, none;

static int print_words(const struct sbx_message *m, const char *words)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	for (uint32_t i = 0; i < m->n_words; i++, words += strlen(words) + 1)
		sbx_buffer_printf(&text, "%s%s", words,
				  *words && words[strlen(words) - 1] == '\n' ? "" : "\n");
	return sbx_print(&text);
}

/* warm NAME MODULES TEMPLATE [N [PYTHON]] */
static int ctl_warm(struct sbx_connection *c, int argc, char **argv, struct sbx_error *err)
{
	struct sbx_message m = {.type = SBX_MESSAGE_WARM, .value = 1};
	const char *answer;
	/* 0: none waits, and one is forked when it is asked for. */
	uint64_t n = argc > 3 ? 0 : 1;
	if (argc > 3 && strcmp(argv[3], "0") != 0 &&
	    sbx_parse_count(argv[3], INT32_MAX, &n, err) < 0)
		return sbx_error_prefix(err, "warm");
	m.value = (int32_t)n;
	const char *words[] = {argv[0], argc > 4 ? argv[4] : "python3", argv[1], argv[2], NULL};
	if (sbx_connection_ask(c, &m, words, none, &answer, err) < 0)
		return -1;
	return print_words(&m, answer);
}

static int ctl_cool(struct sbx_connection *c, int argc, char **argv, struct sbx_error *err)
{
	struct sbx_message m = {.type = SBX_MESSAGE_COOL};
	return sbx_connection_ask(c, &m, (const char *const *)argv, none, NULL, err) < 0 ? -1 : 0;
}

static int number_of(const char *text, uint32_t *out, struct sbx_error *err)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	if (end == text || *end || n == 0 || n > UINT32_MAX)
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected a sandbox's number (see ls)",
				text);
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
	return sbx_ctl_wait(c, sandbox, command, -1, NULL, err);
}

/* By number, or by name as kill(1) takes it. */
static int signal_of(const char *text, int32_t *out, struct sbx_error *err)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	char *end;
	long n = strtol(text, &end, 10);
	for (int i = 1; i < NSIG && (end == text || *end); i++)
		if (sbx_signal_name(i) && strcasecmp(sbx_signal_name(i), name) == 0) {
			*out = i;
			return 0;
		}
	if (end == text || *end || n < 1 || n >= NSIG)
		return sbx_fail(
			err, SBX_E_USAGE,
			"signal: '%s': expected a signal, as TERM or 15; kill -l lists them", text);
	*out = (int32_t)n;
	return 0;
}

/* Those that take a sandbox's number, perhaps more words, and print what they are answered. */
static int ask_about(struct sbx_connection *c, enum sbx_message_type type, char **argv,
		     struct sbx_error *err)
{
	struct sbx_message m = {.type = type};
	const char *words;
	if (type != SBX_MESSAGE_LIST && type != SBX_MESSAGE_ZYGOTES &&
	    number_of(argv[0], &m.sandbox, err) < 0)
		return -1;
	if (type == SBX_MESSAGE_SIGNAL && signal_of(argv[1] ? argv[1] : "TERM", &m.value, err) < 0)
		return -1;
	if (sbx_connection_ask(c, &m,
			       type == SBX_MESSAGE_SET ? (const char *const *)argv + 1 : NULL, none,
			       &words, err) < 0)
		return -1;
	if (type != SBX_MESSAGE_SET)
		return print_words(&m, words);
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	for (uint32_t i = 0; i < m.n_words; i++, words += strlen(words) + 1)
		sbx_buffer_printf(&text, "%s: fixed when the sandbox started, and as it was\n",
				  words);
	return sbx_print(&text);
}

#define ABOUT(name, type)                                                                          \
	static int ctl_##name(struct sbx_connection *c, int argc, char **argv,                     \
			      struct sbx_error *err)                                               \
	{                                                                                          \
		return ask_about(c, SBX_MESSAGE_##type, argv, err);                                \
	}
ABOUT(ls, LIST)
ABOUT(zygotes, ZYGOTES)
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
	int least, most; /* words */
} table[] = {
	{"create",
	 "[--keep] [--input FILE] [--output DIR] [--status-fd N] [--zygote NAME --modules A,B] "
	 "[OPTION...] TEMPLATE [-- COMMAND...]",
	 "make a sandbox with the options of run, and wait for its end; --keep: print its number "
	 "and let it live on; --input, --output, --status-fd as for run, with this user's rights; "
	 "--zygote: fork its python3 from a warm one",
	 sbx_ctl_create, 1, INT_MAX},
	{"warm", "NAME MODULES TEMPLATE [N [PYTHON]]",
	 "keep a Python with these modules (- for none), and N children of it ready (default: 1); "
	 "tasks of one "
	 "trust domain alone should share a name",
	 ctl_warm, 3, 5},
	{"cool", "NAME", "end those, and every task forked from them", ctl_cool, 1, 1},
	{"zygotes", "", "list this user's zygotes: state, memory (PSS), idle time, tasks",
	 ctl_zygotes, 0, 0},
	{"exec", "SANDBOX [NAME=VALUE...] -- COMMAND...", "run another command in it", ctl_exec, 3,
	 INT_MAX},
	{"ls", "", "list the sandboxes of this user", ctl_ls, 0, 0},
	{"stats", "SANDBOX", "print what it takes at the moment", ctl_stats, 1, 1},
	{"pause", "SANDBOX", "stop every process in it", ctl_pause, 1, 1},
	{"resume", "SANDBOX", "let them go on", ctl_resume, 1, 1},
	{"signal", "SANDBOX [SIGNAL]", "send a signal to its first command (default: TERM)",
	 ctl_signal, 1, 2},
	{"set", "SANDBOX --LIMIT=VALUE|--policy=POSTURE|--syscalls=CLASSES...",
	 "change limits, up or down, or take one off (VALUE none), or make it stricter; prints "
	 "what is fixed",
	 ctl_set, 2, INT_MAX},
	{"rm", "SANDBOX", "end it and print its record", ctl_rm, 1, 1},
};

void sbx_ctl_add_manual(struct sbx_buffer *out)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		sbx_help_add_item(out, table[i].name, table[i].arguments, table[i].help);
}

void sbx_ctl_add_completion(struct sbx_completion *c)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		sbx_completion_word(c, table[i].name);
		sbx_completion_mentioned(c, table[i].arguments);
	}
}

static int usage(void)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	sbx_buffer_add_string(
		&text, "Usage: sbx-provision ctl [--socket PATH] VERB ...\n"
		       "Drive a server (sbx-provision serve) from a terminal. Without --socket "
		       "it is the\none that $SBX_SOCKET names.\n\n");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		sbx_buffer_printf(&text, "  %s%s%s\n      %s\n", table[i].name,
				  *table[i].arguments ? " " : "", table[i].arguments,
				  table[i].help);
	return sbx_print(&text);
}

static int run(const char *socket_path, int argc, char **argv, struct sbx_error *err)
{
	SBX_CLEANUP_CONNECTION struct sbx_connection c = SBX_CONNECTION_INIT;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].name, argv[0]) != 0)
			continue;
		if (argc - 1 < table[i].least || argc - 1 > table[i].most)
			return sbx_fail(err, SBX_E_USAGE, "%s: %s%s", table[i].name,
					*table[i].arguments ? "write " : "takes no further word",
					table[i].arguments);
		if (sbx_connection_open(&c, socket_path, err) < 0)
			return -1;
		return table[i].run(&c, argc - 1, argv + 1, err);
	}
	return sbx_fail(err, SBX_E_USAGE, "%s: no such verb; see sbx-provision ctl --help",
			argv[0]);
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int sbx_verb_ctl(int argc, char **argv)
{
	struct sbx_error err = SBX_ERROR_INIT;
	const char *socket_path = getenv("SBX_SOCKET");
	int i = 1;
	if (argc > i && strncmp(argv[i], "--socket=", 9) == 0) {
		socket_path = argv[i++] + 9;
	} else if (argc > i && strcmp(argv[i], "--socket") == 0) {
		socket_path = argv[i + 1];
		i += 2;
	}
	/* In place of the verb, or right behind it: further words may be a command's. */
	for (int k = i; k < argc && k <= i + 1; k++)
		if (is_help(argv[k]))
			return usage();
	int status = -1;
	if (!socket_path || !*socket_path)
		sbx_fail(&err, SBX_E_USAGE,
			 "--socket is missing, or its path is; or set SBX_SOCKET");
	else if (argc <= i)
		sbx_fail(&err, SBX_E_USAGE, "what to do is missing; see sbx-provision ctl --help");
	else
		status = run(socket_path, argc - i, argv + i, &err);
	if (status >= 0)
		return status;
	fprintf(stderr, "sbx-provision: ctl: %s\n", err.message);
	return sbx_code_exit_status(err.code);
}
