/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp_compile TABLE HEADER: turn the table of system calls into BPF programs, as C arrays.
 *
 * libseccomp knows one action per call and default; here a call may be allowed but for some
 * arguments. So each profile becomes two filters, one of refusals and one of permissions, and the
 * first goes on into the second wherever it would let a call through.
 */
#include <ctype.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"

enum { TASK, BUILD, EMULATED, N_PROFILES };
static const char *const profile_names[N_PROFILES] = {"task", "build", "emulated"};

struct table {
	const char *path;
	unsigned line;
	scmp_filter_ctx refusals[N_PROFILES], permissions[N_PROFILES];
};

struct rule {
	bool allow;
	unsigned profiles, n_conditions;
	uint32_t action;
	struct scmp_arg_cmp conditions[6];
};

static void die(const struct table *t, const char *what, const char *which)
{
	fprintf(stderr, "seccomp_compile: %s:%u: %s: '%s'\n", t->path, t->line, what, which);
	exit(1);
}

static const struct {
	const char *name;
	int number;
} errors[] = {
	{"0", 0},
	{"EPERM", EPERM},
	{"ENOSYS", ENOSYS},
	{"EAFNOSUPPORT", EAFNOSUPPORT},
	{"EPROTONOSUPPORT", EPROTONOSUPPORT},
};

static uint32_t parse_error(const struct table *t, const char *name)
{
	for (size_t i = 0; name && i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(errors[i].name, name) == 0)
			return SCMP_ACT_ERRNO((uint16_t)errors[i].number);
	die(t, "no such error", name ? name : "");
	return 0;
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

/* "argN [& MASK] ==|>=|!= VALUE", taken from the current strtok() string. */
static struct scmp_arg_cmp parse_condition(const struct table *t, char **state)
{
	char *arg = strtok_r(NULL, " ", state);
	if (!arg || strncmp(arg, "arg", 3) != 0 || !isdigit((unsigned char)arg[3]))
		die(t, "expected argN", arg ? arg : "");
	unsigned index = (unsigned)parse_number(t, arg + 3);
	char *comparison = strtok_r(NULL, " ", state);
	unsigned long long mask = ~0ULL;
	if (comparison && strcmp(comparison, "&") == 0) {
		mask = parse_number(t, strtok_r(NULL, " ", state));
		comparison = strtok_r(NULL, " ", state);
	}
	unsigned long long value = parse_number(t, strtok_r(NULL, " ", state));
	if (comparison && strcmp(comparison, "==") == 0)
		return SCMP_CMP(index, SCMP_CMP_MASKED_EQ, mask, value);
	if (comparison && mask == ~0ULL && strcmp(comparison, ">=") == 0)
		return SCMP_CMP(index, SCMP_CMP_GE, value);
	if (comparison && mask == ~0ULL && strcmp(comparison, "!=") == 0)
		return SCMP_CMP(index, SCMP_CMP_NE, value);
	die(t, "expected ==, >= or != (the latter two without a mask)",
	    comparison ? comparison : "");
	return (struct scmp_arg_cmp){0};
}

/* What stands before the colon. */
static struct rule parse_head(const struct table *t, char *head)
{
	struct rule rule = {.action = SCMP_ACT_ALLOW};
	char *state, *word = strtok_r(head, " ", &state);
	rule.allow = word && strcmp(word, "allow") == 0;
	if (!word || (!rule.allow && strcmp(word, "refuse") != 0))
		die(t, "expected allow or refuse", word ? word : "");
	if (!rule.allow)
		rule.action = parse_error(t, strtok_r(NULL, " ", &state));
	word = strtok_r(NULL, " ", &state);
	rule.profiles = parse_profiles(t, word ? word : "");
	const char *joint = "if";
	while ((word = strtok_r(NULL, " ", &state)) != NULL && rule.n_conditions < 6) {
		if (strcmp(word, joint) != 0)
			die(t, "expected 'if' or 'and'", word);
		rule.conditions[rule.n_conditions++] = parse_condition(t, &state);
		joint = "and";
	}
	return rule;
}

/* The call's number; what this architecture does not have is below 0. */
static int parse_call(const struct table *t, char *call)
{
	char *equals = strchr(call, '=');
	if (equals)
		*equals = '\0';
	int number = seccomp_syscall_resolve_name(call);
	if (number == __NR_SCMP_ERROR && !equals)
		die(t, "no such system call", call);
	return number == __NR_SCMP_ERROR ? (int)parse_number(t, equals + 1) : number;
}

static void add_line(struct table *t, char *line)
{
	char *colon = strrchr(line, ':');
	if (!colon)
		die(t, "expected a colon", line);
	*colon = '\0';
	struct rule rule = parse_head(t, line);
	char *state;
	for (char *call = strtok_r(colon + 1, " ", &state); call;
	     call = strtok_r(NULL, " ", &state)) {
		int number = parse_call(t, call);
		for (unsigned p = 0; number >= 0 && p < N_PROFILES; p++) {
			if (!(rule.profiles & 1U << p))
				continue;
			scmp_filter_ctx filter = rule.allow ? t->permissions[p] : t->refusals[p];
			int failed = seccomp_rule_add_array(filter, rule.action, number,
							    rule.n_conditions, rule.conditions);
			if (failed)
				die(t, strerror(-failed), call);
		}
	}
}

static scmp_filter_ctx new_filter(uint32_t fallback)
{
	scmp_filter_ctx filter = seccomp_init(fallback);
	/* 2: a binary tree instead of one comparison after the other. */
	if (!filter || seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0 ||
	    seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0) {
		fprintf(stderr, "seccomp_compile: libseccomp 2.5 or newer is needed\n");
		exit(1);
	}
	return filter;
}

static struct sock_filter *export(scmp_filter_ctx filter, size_t *out_n)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	if (fd < 0 || seccomp_export_bpf(filter, fd) != 0) {
		perror("seccomp_compile: seccomp_export_bpf");
		exit(1);
	}
	off_t bytes = lseek(fd, 0, SEEK_END);
	struct sock_filter *program = malloc((size_t)bytes);
	if (!program || pread(fd, program, (size_t)bytes, 0) != bytes) {
		perror("seccomp_compile: read");
		exit(1);
	}
	close(fd);
	*out_n = (size_t)bytes / sizeof(*program);
	return program;
}

static void print_program(FILE *out, const char *name, scmp_filter_ctx refusals,
			  scmp_filter_ctx permissions)
{
	size_t n_first, n_second;
	struct sock_filter *first = export(refusals, &n_first);
	struct sock_filter *second = export(permissions, &n_second);
	fprintf(out, "static const struct sock_filter sbx_filter_%s[] = {\n", name);
	for (size_t i = 0; i < n_first + n_second; i++) {
		struct sock_filter f = i < n_first ? first[i] : second[i - n_first];
		if (i < n_first && f.code == (BPF_RET | BPF_K) && f.k == SECCOMP_RET_ALLOW)
			f = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA,
							 (uint32_t)(n_first - i - 1));
		fprintf(out, "\t{%#x, %u, %u, %#x},\n", f.code, f.jt, f.jf, f.k);
	}
	fprintf(out, "};\n\n");
	free(first);
	free(second);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: seccomp_compile TABLE HEADER\n");
		return 2;
	}
	struct table t = {.path = argv[1]};
	for (unsigned p = 0; p < N_PROFILES; p++) {
		t.refusals[p] = new_filter(SCMP_ACT_ALLOW);
		t.permissions[p] = new_filter(SCMP_ACT_ERRNO(ENOSYS));
	}
	SBX_CLEANUP_FILE FILE *in = fopen(argv[1], "re");
	SBX_CLEANUP_FILE FILE *out = fopen(argv[2], "we");
	if (!in || !out) {
		perror(in ? argv[2] : argv[1]);
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
		print_program(out, profile_names[p], t.refusals[p], t.permissions[p]);
		seccomp_release(t.refusals[p]);
		seccomp_release(t.permissions[p]);
	}
	return 0;
}
