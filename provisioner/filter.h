/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_FILTER_H
#define SBX_PROVISIONER_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "provisioner/policy.h"

struct sock_filter;

/* The system call filters; seccomp_calls.def says what each lets through. */
enum sbx_filter {
	SBX_FILTER_TASK,
	SBX_FILTER_SHARING,  /* a task that can write to what is the host's */
	SBX_FILTER_BUILD,    /* maintainer scripts as root */
	SBX_FILTER_EMULATED, /* the same where root's ids do not exist: changing them does nothing
			      */
	SBX_FILTER_ZYGOTE,   /* a warm interpreter, whose children join sandboxes */
	SBX_N_FILTERS
};

const char *sbx_filter_name(enum sbx_filter filter);

/*
 * What becomes of calls that nobody has heard of, and of those refused with EPERM, as one number:
 * 0 stands for ENOSYS and EPERM (provisioner/policy.h).
 */
uint64_t sbx_filter_refusals(enum sbx_refusal unknown, enum sbx_refusal dangerous);

/* In that number: refuse nothing, ask (watch.h); without anybody to ask it is ENOSYS. */
#define SBX_REFUSALS_ASK (UINT64_C(1) << 16)

/*
 * The compiled program with these refusals, in static memory that the next call uses again, and its
 * length in instructions.
 */
const struct sock_filter *sbx_filter_program(enum sbx_filter filter, uint64_t refusals,
					     size_t *out_n);

/*
 * Install it for this process and all that come from it, for good (seccomp(2)). Needs
 * no_new_privs. SBX_E_UNSUPPORTED on a kernel without filters.
 */
int sbx_filter_install(enum sbx_filter filter, uint64_t refusals, struct sbx_error *err);

/*
 * The filter of some classes (base/classes.h): what they have is let through, what no class has is
 * refused with ENOSYS, the rest with EPERM (a family of sockets with EAFNOSUPPORT). Installed
 * behind one of the above, it can only take away: the kernel obeys the stricter one. The program is
 * made anew in static memory by each call.
 */
const struct sock_filter *sbx_filter_classes_program(uint64_t classes, uint64_t refusals,
						     size_t *out_n);

/* Put the refusals into a program. */
void sbx_filter_set_refusals(struct sock_filter *code, size_t n, uint64_t refusals);

/* Install a program; between vfork and exec, so without an error's text: a negative errno. */
int sbx_filter_install_program(const struct sock_filter *code, size_t n);

#endif
