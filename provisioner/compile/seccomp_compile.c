/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_compile TABLE FILTERS CLASSES: turn the table of system calls into BPF programs
 * (seccomp(2)), as C arrays. seccomp_calls.def explains the table; libseccomp knows the calls'
 * numbers.
 *
 * The program is a binary search over ranges of calls that are treated alike, since its length is
 * what installing it costs: the kernel translates it anew for every sandbox. What it costs per call
 * matters less: the kernel remembers which calls are always allowed (Linux 5.11).
 */
#include "compile/seccomp_compile.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

static const char *const profile_names[N_PROFILES] = {"task", "sharing", "build", "emulated",
						      "zygote"};

void die(const struct table *t, const char *what, const char *which)
{
	fprintf(stderr, "seccomp_compile: %s:%u: %s: '%s'\n", t->path, t->line, what, which);
	exit(1);
}

static const struct {
	const char *name;
	uint32_t number;
} errors[] = {
	{"0", 0},
	{"EPERM", EPERM},
	{"ENOSYS", ENOSYS},
	{"ENOMEM", ENOMEM},
	{"EAFNOSUPPORT", EAFNOSUPPORT},
	{"EPROTONOSUPPORT", EPROTONOSUPPORT},
};

static uint32_t parse_error(const struct table *t, const char *name)
{
	for (size_t i = 0; name && i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(errors[i].name, name) == 0)
			return SECCOMP_RET_ERRNO | errors[i].number;
	die(t, "no such error", name ? name : "");
}

static unsigned parse_profiles(const struct table *t, const char *names)
{
	unsigned found = 0;
	if (strcmp(names, "all") == 0)
		return (1U << N_PROFILES) - 1;
	while (*names) {
		size_t n = strcspn(names, ",");
		unsigned p = 0;
		while (p < N_PROFILES &&
		       (strlen(profile_names[p]) != n || memcmp(profile_names[p], names, n) != 0))
			p++;
		if (p == N_PROFILES)
			die(t, "no such profile", names);
		found |= 1U << p;
		names += n + (names[n] == ',');
	}
	return found;
}

static unsigned long long parse_number(const struct table *t, const char *text)
{
	char *end = NULL;
	unsigned long long value = text ? strtoull(text, &end, 0) : 0;
	if (!text || end == text || *end)
		die(t, "expected a number", text ? text : "");
	return value;
}

/* "argN [& MASK] OPERATOR VALUE", the next words of strtok_r()'s string. */
static struct sbx_condition parse_condition(const struct table *t, char **state)
{
	struct sbx_condition c = {.mask = ~0ULL};
	char *word = strtok_r(NULL, " ", state);
	if (!word || strncmp(word, "arg", 3) != 0)
		die(t, "expected argN", word ? word : "");
	c.argument = (unsigned)parse_number(t, word + 3);
	word = strtok_r(NULL, " ", state);
	if (word && strcmp(word, "&") == 0) {
		c.mask = parse_number(t, strtok_r(NULL, " ", state));
		word = strtok_r(NULL, " ", state);
	}
	if (!word || strlen(word) != 2 || word[1] != '=' || !strchr("=!>", word[0]))
		die(t, "expected ==, != or >=", word ? word : "");
	c.comparison = word[0];
	c.value = parse_number(t, strtok_r(NULL, " ", state));
	if (c.argument > 5 || (c.value & ~c.mask))
		die(t, "this can never be true", "if");
	return c;
}

/* What stands before the colon. */
static struct sbx_rule parse_head(const struct table *t, char *head)
{
	struct sbx_rule rule = {.action = SECCOMP_RET_ALLOW};
	char *state, *word = strtok_r(head, " ", &state);
	bool allow = word && strcmp(word, "allow") == 0;
	if (!word || (!allow && strcmp(word, "refuse") != 0))
		die(t, "expected allow or refuse", word ? word : "");
	if (!allow)
		rule.action = parse_error(t, strtok_r(NULL, " ", &state));
	word = strtok_r(NULL, " ", &state);
	rule.profiles = parse_profiles(t, word ? word : "");
	const char *joint = "if";
	while ((word = strtok_r(NULL, " ", &state)) != NULL) {
		if (strcmp(word, joint) != 0 || rule.n_conditions == MAX_CONDITIONS)
			die(t, "expected 'if' or 'and'", word);
		rule.conditions[rule.n_conditions++] = parse_condition(t, &state);
		joint = "and";
	}
	return rule;
}

int find_call(const struct table *t, const char *call)
{
	int number = seccomp_syscall_resolve_name(call);
	for (unsigned i = 0; number == __NR_SCMP_ERROR && i < t->n_young; i++)
		if (strcmp(t->young[i].name, call) == 0)
			number = t->young[i].number;
	if (number == __NR_SCMP_ERROR)
		die(t, "no such system call", call);
	if (number >= SBX_MAX_CALLS)
		die(t, "its number is too large", call);
	return number;
}

/* "call" or "call=NUMBER", which is remembered. */
static int parse_call(struct table *t, char *call)
{
	char *equals = strchr(call, '=');
	if (equals) {
		*equals = '\0';
		if (t->n_young == MAX_YOUNG || strlen(call) >= sizeof(t->young[0].name))
			die(t, "too many calls with numbers, or too long a name", call);
		t->young[t->n_young].number = (int)parse_number(t, equals + 1);
		strcpy(t->young[t->n_young++].name, call);
	}
	return find_call(t, call);
}

static void add_line(struct table *t, char *line)
{
	char *colon = strrchr(line, ':');
	if (!colon)
		die(t, "expected a colon", line);
	*colon = '\0';
	struct sbx_rule rule = parse_head(t, line);
	char *state;
	for (char *call = strtok_r(colon + 1, " ", &state); call;
	     call = strtok_r(NULL, " ", &state)) {
		int number = parse_call(t, call);
		for (unsigned p = 0; number >= 0 && p < N_PROFILES; p++) {
			struct sbx_verdict *v = &t->verdicts[p][number];
			if (!(rule.profiles & 1U << p))
				continue;
			if (v->n_rules && v->rules[v->n_rules - 1].n_conditions == 0)
				die(t, "an earlier line has decided this call", call);
			if (v->n_rules == MAX_RULES)
				die(t, "too many lines about this call", call);
			v->rules[v->n_rules++] = rule;
		}
	}
}

static void print_program(FILE *out, const char *name, const struct sbx_bpf *program)
{
	fprintf(out, "static const struct sock_filter sbx_filter_%s[] = {\n", name);
	for (size_t i = 0; i < program->n; i++) {
		const struct sock_filter *f = &program->code[i];
		fprintf(out, "\t{%#x, %u, %u, %#x},\n", f->code, f->jt, f->jf, f->k);
	}
	fprintf(out, "};\n\n");
}

int main(int argc, char **argv)
{
	static struct table t;
	if (argc != 4) {
		fprintf(stderr, "usage: seccomp_compile TABLE FILTERS CLASSES\n");
		return 2;
	}
	t.path = argv[1];
	SBX_CLEANUP_FILE FILE *in = fopen(argv[1], "re");
	SBX_CLEANUP_FILE FILE *out = fopen(argv[2], "we");
	SBX_CLEANUP_FILE FILE *classes = fopen(argv[3], "we");
	if (!in || !out || !classes) {
		perror(!in ? argv[1] : !out ? argv[2] : argv[3]);
		return 1;
	}
	SBX_CLEANUP_FREE char *line = NULL;
	for (size_t room = 0; getline(&line, &room, in) >= 0;) {
		t.line++;
		line[strcspn(line, "#\n")] = '\0';
		if (*line)
			add_line(&t, line);
	}
	fprintf(out, "/* SPDX-License-Identifier: Apache-2.0 */\n"
		     "/* Made by seccomp_compile out of seccomp_calls.def. */\n");
	for (unsigned p = 0; p < N_PROFILES; p++) {
		static struct sbx_bpf program;
		sbx_filter_generate(t.verdicts[p], &program);
		print_program(out, profile_names[p], &program);
	}
	print_class_calls(&t, classes);
	return 0;
}
