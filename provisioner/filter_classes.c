/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/classes.h"
#include "provisioner/compile/generate.h"
#include "provisioner/filter.h"
#include "provisioner/watch.h"

/* A call of base/classes.def, and in which classes it stands with that condition. */
struct sbx_class_call {
	unsigned number, condition;
	uint64_t classes;
};

/* Made by compile/class_calls.c; by number, the row without a condition last. */
#include "class_calls.h"

static const struct sbx_condition conditions[] = {
#define X(call, name, argument, mask, value) {argument, '=', mask, value},
	SBX_CALL_CONDITIONS(X)
#undef X
};

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

const char *sbx_call_name(unsigned number)
{
	return number < N_OF(sbx_call_names) ? sbx_call_names[number] : NULL;
}

/*
 * What the classes have is let through, on to the built-in filter; what only other classes have is
 * refused as if it were not permitted. A socket's family is refused as one that is not there, which
 * programs expect of families.
 */
static void add_call(struct sbx_verdict *verdict, const struct sbx_class_call *call,
		     uint64_t classes)
{
	uint32_t error = call->number == SYS_socket ? EAFNOSUPPORT : EPERM;
	struct sbx_rule *last = verdict->n_rules ? &verdict->rules[verdict->n_rules - 1] : NULL;
	/* The refusal of the row before was for all that its condition did not fit. */
	struct sbx_rule *rule = last && last->action != SECCOMP_RET_ALLOW
					? last
					: &verdict->rules[verdict->n_rules++];
	*rule = (struct sbx_rule){.action = SECCOMP_RET_ERRNO | error};
	if (!(call->classes & classes))
		return;
	rule->action = SECCOMP_RET_ALLOW;
	if (call->condition >= N_OF(conditions))
		return;
	rule->conditions[rule->n_conditions++] = conditions[call->condition];
	verdict->rules[verdict->n_rules++] = (struct sbx_rule){.action = SECCOMP_RET_ERRNO | error};
}

const struct sock_filter *sbx_filter_classes_program(uint64_t classes, uint64_t refusals,
						     size_t *out_n)
{
	static struct sbx_verdict verdicts[SBX_MAX_CALLS];
	static struct sbx_bpf program;
	memset(verdicts, 0, sizeof(verdicts));
	for (size_t i = 0; i < N_OF(sbx_class_calls); i++)
		add_call(&verdicts[sbx_class_calls[i].number], &sbx_class_calls[i], classes);
	sbx_filter_generate(verdicts, &program);
	sbx_filter_set_refusals(program.code, program.n, refusals);
	*out_n = program.n;
	return program.code;
}

int sbx_filter_install_program(const struct sock_filter *code, size_t n)
{
	struct sock_fprog program = {
		.len = (unsigned short)n,
		.filter = (struct sock_filter *)code,
	};
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 ? -errno : 0;
}
