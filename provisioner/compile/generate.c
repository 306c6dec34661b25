/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts into BPF: see seccomp(2) and the kernel's networking/filter documentation. */
#include <errno.h>
#include <linux/audit.h>
#include <stddef.h>
#include <string.h>

#include "provisioner/compile/generate.h"

#define X32_BIT 0x40000000 /* calls of x86-64's 32-bit flavour */

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define NATIVE AUDIT_ARCH_PPC64LE
#else
#error "this architecture's audit number, and a look at the order of clone's arguments, are missing"
#endif

/* The halves of an argument, little-endian. */
#define LOW_HALF(n)  (uint32_t)(offsetof(struct seccomp_data, args) + 8 * (n))
#define HIGH_HALF(n) (LOW_HALF(n) + 4)

static void emit(struct sbx_bpf *p, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	/* A program that is too long is refused by the kernel; the table is far from it. */
	if (p->n < BPF_MAXINSNS)
		p->code[p->n++] = (struct sock_filter){code, jt, jf, k};
}

static void emit_load(struct sbx_bpf *p, uint32_t offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void emit_return(struct sbx_bpf *p, uint32_t action)
{
	emit(p, BPF_RET | BPF_K, action, 0, 0);
}

/* Placeholders in jt and jf, until it is known where a rule's end is. */
enum { NEXT = 0, TRUE_END = 254, FALSE_END = 255 };

/* One half of `==` or `!=`; a half that the mask leaves out is not looked at. */
static void emit_half(struct sbx_bpf *p, uint32_t offset, uint32_t mask, uint32_t value,
		      uint8_t equal, uint8_t different)
{
	if (!mask)
		return;
	emit_load(p, offset);
	if (mask != UINT32_MAX)
		emit(p, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, value, equal, different);
}

static void emit_condition(struct sbx_bpf *p, const struct sbx_condition *c)
{
	uint32_t high = HIGH_HALF(c->argument), low = LOW_HALF(c->argument);
	uint32_t value_high = (uint32_t)(c->value >> 32), value_low = (uint32_t)c->value;
	uint32_t mask_high = (uint32_t)(c->mask >> 32), mask_low = (uint32_t)c->mask;
	if (c->comparison == '=') {
		emit_half(p, high, mask_high, value_high, NEXT, FALSE_END);
		emit_half(p, low, mask_low, value_low, NEXT, FALSE_END);
	} else if (c->comparison == '!') {
		/* The last half that is looked at decides; an earlier one may say true. */
		emit_half(p, high, mask_high, value_high, mask_low ? NEXT : FALSE_END, TRUE_END);
		emit_half(p, low, mask_low, value_low, FALSE_END, TRUE_END);
	} else {
		emit_load(p, high);
		emit(p, BPF_JMP | BPF_JGT | BPF_K, value_high, TRUE_END, NEXT);
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, value_high, NEXT, FALSE_END);
		emit_load(p, low);
		emit(p, BPF_JMP | BPF_JGE | BPF_K, value_low, TRUE_END, FALSE_END);
	}
}

/* Put the distances to two places into the placeholders. */
static void resolve(struct sbx_bpf *p, size_t from, uint8_t placeholder, size_t to)
{
	for (size_t i = from; i < p->n; i++) {
		if (BPF_CLASS(p->code[i].code) != BPF_JMP)
			continue;
		if (p->code[i].jt == placeholder)
			p->code[i].jt = (uint8_t)(to - i - 1);
		if (p->code[i].jf == placeholder)
			p->code[i].jf = (uint8_t)(to - i - 1);
	}
}

static void emit_rule(struct sbx_bpf *p, const struct sbx_rule *rule)
{
	size_t start = p->n;
	for (unsigned i = 0; i < rule->n_conditions; i++) {
		size_t condition = p->n;
		emit_condition(p, &rule->conditions[i]);
		resolve(p, condition, TRUE_END, p->n);
	}
	emit_return(p, rule->action);
	resolve(p, start, FALSE_END, p->n);
}

static void emit_verdict(struct sbx_bpf *p, const struct sbx_verdict *v)
{
	for (unsigned i = 0; i < v->n_rules; i++)
		emit_rule(p, &v->rules[i]);
	if (v->n_rules == 0 || v->rules[v->n_rules - 1].n_conditions > 0)
		emit_return(p, SBX_UNKNOWN_CALL);
}

/* Calls that follow each other and are treated alike without a look at arguments. */
static bool are_alike(const struct sbx_verdict *a, const struct sbx_verdict *b)
{
	uint32_t of_a = a->n_rules ? a->rules[0].action : SBX_UNKNOWN_CALL;
	uint32_t of_b = b->n_rules ? b->rules[0].action : SBX_UNKNOWN_CALL;
	return (!a->n_rules || a->rules[0].n_conditions == 0) &&
	       (!b->n_rules || b->rules[0].n_conditions == 0) && of_a == of_b;
}

/* Binary search over ranges[first..last): the call's number is in the accumulator. */
static void emit_search(struct sbx_bpf *p, const struct sbx_verdict *verdicts,
			const unsigned *ranges, size_t first, size_t last)
{
	if (last - first == 1) {
		emit_verdict(p, &verdicts[ranges[first]]);
		return;
	}
	size_t middle = first + (last - first) / 2, branch = p->n;
	/* Jumps on conditions reach 255 instructions, others any number. */
	emit(p, BPF_JMP | BPF_JGE | BPF_K, ranges[middle], 0, 1);
	emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
	emit_search(p, verdicts, ranges, first, middle);
	size_t distance = p->n - branch - 1;
	if (distance - 1 <= UINT8_MAX) {
		memmove(&p->code[branch + 1], &p->code[branch + 2],
			(distance - 1) * sizeof(p->code[0]));
		p->n--;
		p->code[branch].jt = (uint8_t)(distance - 1);
		p->code[branch].jf = 0;
	} else {
		p->code[branch + 1].k = (uint32_t)(distance - 1);
	}
	emit_search(p, verdicts, ranges, middle, last);
}

void sbx_filter_generate(const struct sbx_verdict verdicts[SBX_MAX_CALLS], struct sbx_bpf *out)
{
	unsigned ranges[SBX_MAX_CALLS];
	size_t n = 0;
	for (unsigned call = 0; call < SBX_MAX_CALLS; call++)
		if (call == 0 || !are_alike(&verdicts[call - 1], &verdicts[call]))
			ranges[n++] = call;
	emit_load(out, offsetof(struct seccomp_data, arch));
	emit(out, BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0);
	emit_return(out, SECCOMP_RET_KILL_PROCESS);
	emit_load(out, offsetof(struct seccomp_data, nr));
	/* Not -1, which a tracer puts there: that call is skipped. */
	emit(out, BPF_JMP | BPF_JSET | BPF_K, X32_BIT, 0, 2);
	emit(out, BPF_JMP | BPF_JEQ | BPF_K, UINT32_MAX, 1, 0);
	emit_return(out, SECCOMP_RET_KILL_PROCESS);
	emit_search(out, verdicts, ranges, 0, n);
}
