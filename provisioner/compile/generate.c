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

/*
 * Written from its end to its beginning, since jumps lead forward alone: where one leads to is
 * known. A place in it is how many instructions there are from there to the end.
 */
#define MAX_RETURNS 32
#define FAR	    128 /* another return costs what a jump to one does */

struct writer {
	struct sbx_bpf *out;
	struct {
		uint32_t action;
		size_t place;
	} returns[MAX_RETURNS];
	unsigned n_returns;
};

static size_t put(struct writer *w, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	struct sbx_bpf *p = w->out;
	/* A program that is too long is refused by the kernel; the table is far from it. */
	if (p->n < BPF_MAXINSNS)
		p->code[BPF_MAXINSNS - ++p->n] = (struct sock_filter){code, jt, jf, k};
	return p->n;
}

static size_t put_load(struct writer *w, uint32_t offset)
{
	return put(w, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

/* Jumps on conditions reach 255 instructions, others any number. */
static size_t in_reach(struct writer *w, size_t place)
{
	size_t distance = w->out->n - place;
	return distance < UINT8_MAX ? place : put(w, BPF_JMP | BPF_JA, (uint32_t)distance, 0, 0);
}

static size_t put_branch(struct writer *w, uint16_t comparison, uint32_t k, size_t then,
			 size_t otherwise)
{
	then = in_reach(w, then);
	otherwise = in_reach(w, otherwise);
	size_t n = w->out->n;
	return put(w, BPF_JMP | comparison | BPF_K, k, (uint8_t)(n - then),
		   (uint8_t)(n - otherwise));
}

/* Where that is returned: there are few verdicts for many calls, so that they share them. */
static size_t return_of(struct writer *w, uint32_t action)
{
	unsigned i = 0;
	while (i < w->n_returns && w->returns[i].action != action)
		i++;
	if (i < w->n_returns && w->out->n - w->returns[i].place < FAR)
		return w->returns[i].place;
	size_t place = put(w, BPF_RET | BPF_K, action, 0, 0);
	if (i == w->n_returns && i < MAX_RETURNS)
		w->returns[w->n_returns++].action = action;
	if (i < w->n_returns)
		w->returns[i].place = place;
	return place;
}

/* One half of `==` or `!=`; a half that the mask leaves out is not looked at. */
static size_t put_half(struct writer *w, uint32_t offset, uint32_t mask, uint32_t value,
		       size_t equal, size_t different)
{
	if (!mask)
		return equal;
	put_branch(w, BPF_JEQ, value, equal, different);
	if (mask != UINT32_MAX)
		put(w, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
	return put_load(w, offset);
}

static size_t put_condition(struct writer *w, const struct sbx_condition *c, size_t then,
			    size_t otherwise)
{
	uint32_t high = HIGH_HALF(c->argument), low = LOW_HALF(c->argument);
	uint32_t value_high = (uint32_t)(c->value >> 32), value_low = (uint32_t)c->value;
	uint32_t mask_high = (uint32_t)(c->mask >> 32), mask_low = (uint32_t)c->mask;
	size_t rest;
	if (c->comparison == '=') {
		rest = put_half(w, low, mask_low, value_low, then, otherwise);
		return put_half(w, high, mask_high, value_high, rest, otherwise);
	}
	if (c->comparison == '!') {
		rest = put_half(w, low, mask_low, value_low, otherwise, then);
		return put_half(w, high, mask_high, value_high, rest, then);
	}
	put_branch(w, BPF_JGE, value_low, then, otherwise);
	rest = put_load(w, low);
	rest = put_branch(w, BPF_JEQ, value_high, rest, otherwise);
	put_branch(w, BPF_JGT, value_high, then, rest);
	return put_load(w, high);
}

static size_t put_verdict(struct writer *w, const struct sbx_verdict *v)
{
	size_t place = 0;
	for (unsigned i = v->n_rules; i-- > 0;) {
		const struct sbx_rule *rule = &v->rules[i];
		if (!place && rule->n_conditions)
			place = return_of(w, SBX_UNKNOWN_CALL);
		size_t otherwise = place;
		place = return_of(w, rule->action);
		for (unsigned c = rule->n_conditions; c-- > 0;)
			place = put_condition(w, &rule->conditions[c], place, otherwise);
	}
	return place ? place : return_of(w, SBX_UNKNOWN_CALL);
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
static size_t put_search(struct writer *w, const struct sbx_verdict *verdicts,
			 const unsigned *ranges, size_t first, size_t last)
{
	if (last - first == 1)
		return put_verdict(w, &verdicts[ranges[first]]);
	size_t middle = first + (last - first) / 2;
	size_t above = put_search(w, verdicts, ranges, middle, last);
	size_t below = put_search(w, verdicts, ranges, first, middle);
	return put_branch(w, BPF_JGE, ranges[middle], above, below);
}

void sbx_filter_generate(const struct sbx_verdict verdicts[SBX_MAX_CALLS], struct sbx_bpf *out)
{
	struct writer w = {.out = out};
	unsigned ranges[SBX_MAX_CALLS];
	size_t n = 0;
	for (unsigned call = 0; call < SBX_MAX_CALLS; call++)
		if (call == 0 || !are_alike(&verdicts[call - 1], &verdicts[call]))
			ranges[n++] = call;
	out->n = 0;
	size_t search = put_search(&w, verdicts, ranges, 0, n);
	size_t end = put(&w, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	/* Not -1, which a tracer puts there: that call is skipped. */
	size_t is_skipped = put_branch(&w, BPF_JEQ, UINT32_MAX, search, end);
	put_branch(&w, BPF_JSET, X32_BIT, is_skipped, search);
	size_t number = put_load(&w, offsetof(struct seccomp_data, nr));
	put_branch(&w, BPF_JEQ, NATIVE, number, end);
	put_load(&w, offsetof(struct seccomp_data, arch));
	memmove(out->code, out->code + BPF_MAXINSNS - out->n, out->n * sizeof(out->code[0]));
}
