/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_WATCH_H
#define SBX_PROVISIONER_WATCH_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>

#include "provisioner/filter.h"
#include "provisioner/ledger.h"

/*
 * Seeing the calls of a command that are refused, and whom it tries to reach (--record). A filter
 * lets the kernel ask about these calls alone (seccomp_unotify(2)); all others take no longer. The
 * first process inside answers, with what the filter would have said: it lives in the sandbox's own
 * cgroups, so that a command which makes nothing but refused calls spends its own processor time.
 * When it is gone, so is the sandbox. What it answers is decided by the call's numbers; memory of
 * the command is read for the ledger alone.
 */
struct sbx_watch_program {
	/* What decides: the classes' program, if any, with the built-in one behind it. */
	struct sock_filter judge[2 * BPF_MAXINSNS];
	size_t n_judge;
	/* The same, but it asks instead of refusing, and before the network is used. */
	struct sock_filter ask[2 * BPF_MAXINSNS];
	size_t n_ask;
};

/* Put it together in static memory. `calls`, `network`: what it asks about. */
struct sbx_watch_program *sbx_watch_program(enum sbx_filter filter, bool has_classes,
					    uint64_t classes, uint64_t refusals, bool calls,
					    bool network);

/* Install it for this thread and all that come from it: the listener's descriptor, or -errno. */
int sbx_watch_install(const struct sbx_watch_program *program);

/* What a program says of a call: SECCOMP_RET_*. */
uint32_t sbx_watch_judge(const struct sock_filter *code, size_t n, const struct seccomp_data *call);

/* Answer one question, if there is one, and write it down. False: nobody asks any more. */
bool sbx_watch_answer(const struct sbx_watch_program *program, int listener_fd,
		      struct sbx_ledger *ledger);

/* "mount"; NULL: no such call here. */
const char *sbx_call_name(unsigned number);

#endif
