/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "provisioner/compile/generate.h"
#include "provisioner/watch.h"

#define DATA(field) (uint32_t) offsetof(struct seccomp_data, field)
#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* What the classes let through goes on to the program that is put behind theirs. */
static void add_judge(struct sbx_watch_program *p, const struct sock_filter *code, size_t n,
		      bool is_last)
{
	memcpy(p->judge + p->n_judge, code, n * sizeof(*code));
	for (size_t i = 0; i < n && !is_last; i++) {
		struct sock_filter *f = &p->judge[p->n_judge + i];
		if (f->code == (BPF_RET | BPF_K) && f->k == SECCOMP_RET_ALLOW)
			*f = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(n - i - 1));
	}
	p->n_judge += n;
}

/*
 * connect(2), and sendto(2) with an address. sendmsg(2) keeps its address in memory, where most
 * have none: asking about all of them would cost more than it tells.
 */
static void add_network(struct sbx_watch_program *p, uint32_t native)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA(arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, native, 0, 8),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA(nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_connect, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendto, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA(args[4])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, DATA(args[4]) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	memcpy(p->ask, code, sizeof(code));
	p->n_ask = N_OF(code);
}

struct sbx_watch_program *sbx_watch_program(enum sbx_filter filter, bool has_classes,
					    uint64_t classes, uint64_t refusals, bool calls,
					    bool network)
{
	static struct sbx_watch_program program;
	struct sbx_watch_program *p = &program;
	const struct sock_filter *code;
	size_t n;
	p->n_judge = p->n_ask = 0;
	if (has_classes) {
		code = sbx_filter_classes_program(classes, refusals, &n);
		add_judge(p, code, n, false);
	}
	code = sbx_filter_program(filter, refusals & ~SBX_REFUSALS_ASK, &n);
	add_judge(p, code, n, true);
	/* Both programs begin by looking at the architecture, so theirs is the second
	 * instruction's. */
	if (network)
		add_network(p, p->judge[1].k);
	memcpy(p->ask + p->n_ask, p->judge, p->n_judge * sizeof(p->judge[0]));
	if (calls)
		sbx_filter_set_refusals(p->ask + p->n_ask, p->n_judge, refusals | SBX_REFUSALS_ASK);
	p->n_ask += p->n_judge;
	return p;
}

int sbx_watch_install(const struct sbx_watch_program *program)
{
	const struct sock_fprog code = {
		.len = (unsigned short)program->n_ask,
		.filter = (struct sock_filter *)program->ask,
	};
	/* That signals do not make a call begin again while it is asked about takes Linux 5.19. */
	unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	if (program->n_ask > BPF_MAXINSNS)
		return -E2BIG;
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &code);
	if (fd < 0 && errno == EINVAL)
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			     &code);
	return fd < 0 ? -errno : (int)fd;
}

/* One jump's target, or the next instruction. */
static size_t jump(const struct sock_filter *f, uint32_t a)
{
	bool is_true = BPF_OP(f->code) == BPF_JEQ   ? a == f->k
		       : BPF_OP(f->code) == BPF_JGT ? a > f->k
		       : BPF_OP(f->code) == BPF_JGE ? a >= f->k
						    : (a & f->k) != 0; /* BPF_JSET */
	return BPF_OP(f->code) == BPF_JA ? f->k : is_true ? f->jt : f->jf;
}

uint32_t sbx_watch_judge(const struct sock_filter *code, size_t n, const struct seccomp_data *call)
{
	uint32_t a = 0;
	/* Jumps lead forward alone, so that this ends; what the generator does not make is refused.
	 */
	for (size_t i = 0; i < n; i++) {
		const struct sock_filter *f = &code[i];
		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (f->k > sizeof(*call) - sizeof(a))
				return SECCOMP_RET_ERRNO | EPERM;
			memcpy(&a, (const char *)call + f->k, sizeof(a));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= f->k;
			break;
		case BPF_RET | BPF_K:
			return f->k;
		default:
			if (BPF_CLASS(f->code) != BPF_JMP)
				return SECCOMP_RET_ERRNO | EPERM;
			i += jump(f, a);
		}
	}
	return SECCOMP_RET_ERRNO | EPERM;
}
