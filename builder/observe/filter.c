/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/observe/observe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "sbx-observe: name this architecture's AUDIT_ARCH_ here"
#endif

#define X32_BIT	     0x40000000u
#define MAX_PROGRAM  256
#define LOAD(field)  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)

struct program {
	struct sock_filter code[MAX_PROGRAM];
	unsigned short n;
};

static void add(struct program *p, struct sock_filter instruction)
{
	if (p->n < MAX_PROGRAM)
		p->code[p->n++] = instruction;
}

/* fstat(2) of the C library is newfstatat with an empty path: the commonest call, and no path. */
static void add_unless_empty_path(struct program *p, unsigned number, unsigned flags_argument)
{
	const struct sock_filter lines[] = {
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 (unsigned)(offsetof(struct seccomp_data, args) + flags_argument * 8)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, AT_EMPTY_PATH, 0, 1),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_USER_NOTIF),
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		add(p, lines[i]);
}

/* Calls that succeed without being made. */
static void add_done(struct program *p, const unsigned *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, numbers[i], 0, 1));
		add(p, (struct sock_filter)RETURN(SECCOMP_RET_ERRNO));
	}
}

static void make(struct program *p, enum sbx_observe_sleep sleep)
{
	/* What a script writes is copied and synced when all have run: nothing to wait for. */
	static const unsigned syncs[] = {__NR_fsync, __NR_fdatasync, __NR_sync, __NR_syncfs,
					 __NR_sync_file_range};
	static const unsigned sleeps[] = {__NR_nanosleep, __NR_clock_nanosleep};

	add(p, (struct sock_filter)LOAD(arch));
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
	add(p, (struct sock_filter)RETURN(SECCOMP_RET_USER_NOTIF));
	add(p, (struct sock_filter)LOAD(nr));
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1));
	add(p, (struct sock_filter)RETURN(SECCOMP_RET_USER_NOTIF));
	add_done(p, syncs, sizeof(syncs) / sizeof(syncs[0]));
	if (sleep == SBX_OBSERVE_NO_SLEEP)
		add_done(p, sleeps, sizeof(sleeps) / sizeof(sleeps[0]));
	add_unless_empty_path(p, __NR_newfstatat, 3);
	add_unless_empty_path(p, __NR_statx, 2);
	for (const struct sbx_call *call = sbx_calls; call->number != -1; call++) {
		unsigned number = (unsigned)call->number;
		add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
		add(p, (struct sock_filter)RETURN(SECCOMP_RET_USER_NOTIF));
	}
	add(p, (struct sock_filter)RETURN(SECCOMP_RET_ALLOW));
}

int sbx_observe_filter(enum sbx_observe_sleep sleep)
{
	static struct program p;
	make(&p, sleep);
	struct sock_fprog program = {.len = p.n, .filter = p.code};
	if (p.n == MAX_PROGRAM) {
		errno = E2BIG;
		return -1;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &program);
}
