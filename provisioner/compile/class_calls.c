/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of base/classes.def by number, for the provisioner to make a filter of. */
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "base/classes.h"
#include "compile/seccomp_compile.h"

static const struct {
	const char *call, *name;
} conditions[] = {
#define X(call, name, argument, mask, value) {call, name},
	SBX_CALL_CONDITIONS(X)
#undef X
};

#define N_CONDITIONS (sizeof(conditions) / sizeof(conditions[0]))

/* Classes by call and condition; the last column is for the call without one. */
static uint64_t classes_of[SBX_MAX_CALLS][N_CONDITIONS + 1];

/* "socket(AF_INET)": which condition; N_CONDITIONS: none. */
static size_t find_condition(const struct table *t, char *call)
{
	char *open = strchr(call, '(');
	if (!open)
		return N_CONDITIONS;
	*open = '\0';
	open[1 + strcspn(open + 1, ")")] = '\0';
	for (size_t i = 0; i < N_CONDITIONS; i++)
		if (strcmp(conditions[i].call, call) == 0 &&
		    strcmp(conditions[i].name, open + 1) == 0)
			return i;
	die(t, "no such condition", open + 1);
}

static void add_class(const struct table *t, int class)
{
	const char *list = sbx_classes[class].calls, *word;
	size_t n;
	while (sbx_class_next_word(&list, &word, &n)) {
		char call[64] = "";
		if (n >= sizeof(call))
			die(t, "the name is too long", word);
		memcpy(call, word, n);
		size_t condition = find_condition(t, call);
		int number = find_call(t, call);
		if (number >= 0)
			classes_of[number][condition] |= UINT64_C(1) << class;
	}
}

static void print_names(FILE *out)
{
	fprintf(out, "static const char *const sbx_call_names[] = {\n");
	for (int number = 0; number < SBX_MAX_CALLS; number++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
		if (name)
			fprintf(out, "\t[%d] = \"%s\",\n", number, name);
		free(name);
	}
	fprintf(out, "};\n");
}

void print_class_calls(const struct table *t, FILE *out)
{
	for (int i = 0; i < SBX_N_CLASSES; i++)
		add_class(t, i);
	fprintf(out, "/* SPDX-License-Identifier: Apache-2.0 */\n"
		     "/* Made by seccomp_compile out of base/classes.def. */\n");
	fprintf(out, "/* Number, condition (%zu: none), classes. */\n", N_CONDITIONS);
	fprintf(out, "static const struct sbx_class_call sbx_class_calls[] = {\n");
	for (unsigned number = 0; number < SBX_MAX_CALLS; number++)
		for (size_t c = 0; c <= N_CONDITIONS; c++)
			if (classes_of[number][c])
				fprintf(out, "\t{%u, %zu, %#llx},\n", number, c,
					(unsigned long long)classes_of[number][c]);
	fprintf(out, "};\n");
	print_names(out);
}
