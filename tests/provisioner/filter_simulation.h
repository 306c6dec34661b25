/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_TESTS_FILTER_SIMULATION_H
#define SBX_TESTS_FILTER_SIMULATION_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* This machine's architecture, and another that its processors know. */
#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#define OTHER  AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#define OTHER  AUDIT_ARCH_ARM
#elif defined(__riscv)
#define NATIVE AUDIT_ARCH_RISCV64
#define OTHER  AUDIT_ARCH_RISCV32
#else
#define NATIVE AUDIT_ARCH_PPC64LE
#define OTHER  AUDIT_ARCH_PPC
#endif

#define REFUSED(error) (SECCOMP_RET_ERRNO | (uint32_t)(error))

/* What a filter says of a call: an interpreter of the few BPF codes that ours are made of. */
static inline uint32_t run_code(const struct sock_filter *code, size_t n,
				const struct seccomp_data *data)
{
	uint32_t a = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t k = code[i].k;
		switch (code[i].code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(k + 4 <= sizeof(*data));
			memcpy(&a, (const char *)data + k, 4);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= k;
			break;
		case BPF_JMP | BPF_JA:
			i += k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			i += a == k ? code[i].jt : code[i].jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			i += a >= k ? code[i].jt : code[i].jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			i += a > k ? code[i].jt : code[i].jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			i += a & k ? code[i].jt : code[i].jf;
			break;
		case BPF_RET | BPF_K:
			return k;
		default:
			fail_msg("code %#x at %zu", code[i].code, i);
		}
	}
	fail_msg("the program runs off its end");
	return 0;
}

#endif
