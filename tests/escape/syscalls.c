/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that lead to much kernel code, or to the whole host. Arguments are inert: what gets through
 * fails of them, and counts as got out.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/escape/attempts.h"

static void *const nowhere = NULL;

#define BARRED(call, ...) must_be_barred(#call, syscall(SYS_##call, ##__VA_ARGS__))

static int use_bpf(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
	return BARRED(bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int fault_handler(void)
{
	return BARRED(userfaultfd, 1 /* UFFD_USER_MODE_ONLY */);
}

static int performance_events(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_SW_CPU_CLOCK,
				       .exclude_kernel = 1};
	return BARRED(perf_event_open, &attr, 0, -1, -1, 0);
}

static int keyrings(void)
{
	int outcome = BARRED(keyctl, 0 /* GET_KEYRING_ID */, -3, 1);
	outcome = worse(outcome, BARRED(add_key, "user", "sbx", "x", 1, -2));
	return worse(outcome, BARRED(request_key, "user", "sbx", nowhere, 0));
}

static int modules(void)
{
	int outcome = BARRED(init_module, nowhere, 0, "");
	outcome = worse(outcome, BARRED(finit_module, -1, "", 0));
	return worse(outcome, BARRED(delete_module, "no-such-module", 0));
}

static int new_kernel(void)
{
	int outcome = BARRED(kexec_load, 0, 0, nowhere, 0xffff0000);
#ifdef SYS_kexec_file_load
	outcome = worse(outcome, BARRED(kexec_file_load, -1, -1, 0, nowhere, 0));
#endif
	return outcome;
}

static int reboot_host(void)
{
	return BARRED(reboot, 0, 0, 0, nowhere);
}

static int swapping(void)
{
	int outcome = BARRED(swapon, "/nowhere", 0);
	return worse(outcome, BARRED(swapoff, "/nowhere"));
}

static int accounting(void)
{
	return BARRED(acct, "/nowhere");
}

static int quotas(void)
{
	int outcome = BARRED(quotactl, 0x800001 << 8, "/nowhere", 0, nowhere);
	return worse(outcome, must_be_barred("quotactl_fd", syscall(443, -1, 0, 0, nowhere)));
}

static int kernel_log(void)
{
	return BARRED(syslog, 10 /* SIZE_BUFFER */, nowhere, 0);
}

static int set_clock(void)
{
	struct timex none = {0};
	int outcome = BARRED(settimeofday, nowhere, nowhere);
	outcome = worse(outcome, BARRED(clock_settime, 0, nowhere));
	outcome = worse(outcome, BARRED(clock_adjtime, 0, &none));
	return worse(outcome, BARRED(adjtimex, &none));
}

static int rings(void)
{
	char params[256] = {0};
	return BARRED(io_uring_setup, 1, params);
}

static int file_events(void)
{
	return BARRED(fanotify_init, 0, 0);
}

static int segments(void)
{
#if defined(__x86_64__)
	char room[16];
	return BARRED(modify_ldt, 0, room, sizeof(room));
#else
	return REFUSED;
#endif
}

static int memory_policy(void)
{
	int outcome = BARRED(move_pages, 0, 0, nowhere, nowhere, nowhere, 0);
	return worse(outcome, BARRED(migrate_pages, 0, 0, nowhere, nowhere));
}

static int weak_personality(void)
{
	static const unsigned long flags[] = {READ_IMPLIES_EXEC, MMAP_PAGE_ZERO, ADDR_COMPAT_LAYOUT,
					      STICKY_TIMEOUTS};
	int outcome = REFUSED;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		outcome = worse(outcome, must_be_barred("personality", personality(flags[i])));
	return outcome;
}

static int secret_memory(void)
{
	return must_be_barred("memfd_secret", syscall(447, 0));
}

/* A pool of the whole host. */
static int huge_pages(void)
{
	int outcome = must_fail("memfd", memfd_create("x", 4 /* MFD_HUGETLB */));
	void *map = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	outcome = worse(outcome, must_fail("mmap", map == MAP_FAILED ? -1 : 0));
	return worse(outcome,
		     must_fail("shmget", shmget(IPC_PRIVATE, 2 << 20, SHM_HUGETLB | 0600)));
}

static int unknown_calls(void)
{
	int outcome = REFUSED;
	for (long nr = 470; nr < 600; nr++) {
		if (syscall(nr, -1, nowhere, 0, 0, 0, 0) >= 0 || errno != ENOSYS)
			outcome = got_out("a call without a name");
	}
	return outcome;
}

/* Another way into the kernel, with other numbers; each in a child, which is to be killed. */
static int in_child(void (*act)(void))
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		act();
		_exit(GOT_OUT);
	}
	waitpid(pid, &status, 0);
	printf("status %#x\n", (unsigned)status);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? REFUSED : GOT_OUT;
}

static void call_i386(void)
{
#if defined(__x86_64__)
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
#else
	raise(SIGSYS);
#endif
}

static void call_x32(void)
{
#if defined(__x86_64__)
	syscall(0x40000000 + SYS_getpid);
#else
	raise(SIGSYS);
#endif
}

static int calls_of_32_bits(void)
{
	return in_child(call_i386);
}

static int calls_of_x32(void)
{
	return in_child(call_x32);
}

/* Requests of aio are counted for the whole host. */
static int aio(void)
{
	unsigned long context = 0;
	return must_fail("io_setup", syscall(SYS_io_setup, 20000, &context));
}

static const char calls[] = "system calls", both[] = "system calls, capabilities";

const struct attempt attempts_on_syscalls[] = {
	{"bpf", use_bpf, both, "root", "load BPF"},
	{"userfaultfd", fault_handler, calls, "without:seccomp", "stop the kernel at a page fault"},
	{"perf-events", performance_events, calls, "root", "perf_event_open"},
	{"keyrings", keyrings, calls, "without:seccomp", "keys of the host's user"},
	{"modules", modules, both, "no: dangerous", "load or remove kernel modules"},
	{"new-kernel", new_kernel, both, "no: dangerous", "kexec"},
	{"reboot", reboot_host, both, "no: dangerous", "reboot"},
	{"swap", swapping, both, "no: dangerous", "swapon, swapoff"},
	{"accounting", accounting, both, "no: dangerous",
	 "have every process's end written somewhere"},
	{"quotas", quotas, both, "without:seccomp", "quotactl"},
	{"kernel-log", kernel_log, both, "root", "read the kernel's log"},
	{"set-clock", set_clock, both, "no: dangerous", "set the host's clock"},
	{"io-uring", rings, calls, "without:seccomp", "io_uring"},
	{"file-events", file_events, both, "root", "fanotify"},
	{"segments", segments, calls, "without:seccomp", "modify_ldt"},
	{"memory-policy", memory_policy, calls, "without:seccomp", "move_pages, migrate_pages"},
	{"personality", weak_personality, calls, "without:seccomp",
	 "a personality that makes exploits easier"},
	{"memfd-secret", secret_memory, calls, "no: takes a kernel that has it",
	 "memory that no one sees"},
	{"huge-pages", huge_pages, calls, "without:seccomp", "the host's pool of huge pages"},
	{"unknown-calls", unknown_calls, calls, "no: there are none yet",
	 "calls younger than the filter"},
	{"calls-of-32-bits", calls_of_32_bits, calls, "without:seccomp", "int 0x80"},
	{"calls-of-x32", calls_of_x32, calls, "without:seccomp", "x32's numbers"},
	{"aio", aio, calls, "without:seccomp", "take the whole host's share of asynchronous I/O"},
	{0},
};
