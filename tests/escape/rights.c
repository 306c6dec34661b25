/* SPDX-License-Identifier: Apache-2.0 */
/* More rights than were given: capabilities, users, priorities, limits. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/escape/attempts.h"

static int raise_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{1U << CAP_SYS_ADMIN, 1U << CAP_SYS_ADMIN, 0}};
	return must_fail("capset", syscall(SYS_capset, &header, data));
}

static int any_capability(void)
{
	char text[4096];
	int outcome = REFUSED;
	if (read_text("/proc/self/status", text, sizeof(text)) < 0)
		return could_not_try("status");
	static const char *const sets[] = {"CapInh:\t", "CapPrm:\t", "CapEff:\t", "CapBnd:\t",
					   "CapAmb:\t"};
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		char *line = strstr(text, sets[i]);
		if (!line || strtoull(line + strlen(sets[i]), NULL, 16) != 0)
			outcome = got_out(sets[i]);
	}
	return outcome;
}

static int ambient(void)
{
	return must_fail("ambient",
			 prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0));
}

static int new_privileges(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1
		       ? must_fail("clear it", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0))
		       : got_out("no_new_privs is off");
}

/* Started as a copy of this program that has a set-user-id bit, or file capabilities. */
static int gain_by(const char *program)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		execl(program, program, "any-right", NULL);
		_exit(COULD_NOT_TRY);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : REFUSED;
}

static int setuid_program(void)
{
	return gain_by(fact("setuid_program"));
}

static int capable_program(void)
{
	return gain_by(fact("capable_program"));
}

/* What those two look for. */
static int any_right(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};
	syscall(SYS_capget, &header, data);
	printf("euid %d uid %d permitted %x\n", geteuid(), getuid(), data[0].permitted);
	return geteuid() != getuid() || data[0].permitted ? GOT_OUT : REFUSED;
}

static int other_user(void)
{
	int outcome = must_fail("setresuid", syscall(SYS_setresuid, 4242, 4242, 4242));
	outcome = worse(outcome, must_fail("setresgid", syscall(SYS_setresgid, 4242, 4242, 4242)));
	gid_t group = 4242;
	return worse(outcome, must_fail("setgroups", syscall(SYS_setgroups, 1, &group)));
}

static int real_time(void)
{
	struct sched_param param = {.sched_priority = 1};
	int outcome = must_fail("SCHED_FIFO", sched_setscheduler(0, SCHED_FIFO, &param));
	struct rlimit limit;
	getrlimit(RLIMIT_RTPRIO, &limit);
	return limit.rlim_max ? got_out("RLIMIT_RTPRIO") : outcome;
}

static int priority(void)
{
	errno = 0;
	int now = getpriority(PRIO_PROCESS, 0);
	return must_fail("setpriority", setpriority(PRIO_PROCESS, 0, now - 1));
}

static int raise_limit(void)
{
	static const int resources[] = {RLIMIT_NOFILE,	   RLIMIT_FSIZE,   RLIMIT_CPU,
					RLIMIT_MEMLOCK,	   RLIMIT_RTPRIO,  RLIMIT_NICE,
					RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE};
	int outcome = REFUSED;
	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
		struct rlimit limit;
		getrlimit((__rlimit_resource_t)resources[i], &limit);
		if (limit.rlim_max == RLIM_INFINITY)
			continue;
		limit.rlim_max++;
		outcome = worse(outcome,
				must_fail("setrlimit",
					  setrlimit((__rlimit_resource_t)resources[i], &limit)));
	}
	return outcome;
}

static int survive_out_of_memory(void)
{
	return must_fail("oom_score_adj", write_text("/proc/self/oom_score_adj", "-1000"));
}

/* core(5): a limit of 0 does not keep the kernel from starting the handler of core_pattern. */
static int start_core_handler(void)
{
	struct rlimit none = {0, 0}, now;
	setrlimit(RLIMIT_CORE, &none);
	getrlimit(RLIMIT_CORE, &now);
	printf("limits %lld %lld\n", (long long)now.rlim_cur, (long long)now.rlim_max);
	/* A hard limit that was 0 before cannot be raised by anyone here. */
	return now.rlim_max > 1 || (now.rlim_max == 0 && fact_number("core_hard") != 0) ? GOT_OUT
											: REFUSED;
}

static int leave_filter(void)
{
	/* A filter of its own can only take away; and it cannot go back to none. */
	int outcome = must_fail("PR_SET_SECCOMP", prctl(PR_SET_SECCOMP, 0, 0, 0, 0));
	char text[4096];
	if (read_text("/proc/self/status", text, sizeof(text)) > 0 && !strstr(text, "Seccomp:\t2"))
		return got_out("there is no filter");
	return outcome;
}

static int host_name(void)
{
	return must_be_barred("sethostname", syscall(SYS_sethostname, "x", 1));
}

const struct attempt attempts_on_rights[] = {
	{"raise-capabilities", raise_capabilities, "capabilities", "root", "take CAP_SYS_ADMIN"},
	{"any-capability", any_capability, "capabilities", "without:bounding-set,capabilities",
	 "any capability in any of the five sets"},
	{"ambient-capability", ambient, "capabilities", "no: takes an inheritable one before",
	 "an ambient capability"},
	{"new-privileges", new_privileges, "no_new_privs",
	 "without:no-new-privileges,seccomp,stay-inside", "no_new_privs, which is on, off"},
	{"setuid-program", setuid_program, "no_new_privs, mounts", "custom",
	 "a set-user-id program of the template"},
	{"capable-program", capable_program, "no_new_privs, mounts", "custom",
	 "a program of the template with file capabilities"},
	{"any-right", any_right, "capabilities", "root",
	 "other ids, or capabilities, from the start"},
	{"other-user", other_user, "capabilities", "root", "become another user or group"},
	{"real-time", real_time, "capabilities, resource limits",
	 "no: takes a group with real-time budget outside",
	 "a real-time priority, past the CPU quota"},
	{"priority", priority, "capabilities", "root", "a better nice value"},
	{"raise-limit", raise_limit, "capabilities", "no: takes CAP_SYS_RESOURCE outside",
	 "raise a hard resource limit"},
	{"survive-out-of-memory", survive_out_of_memory, "capabilities",
	 "no: takes CAP_SYS_RESOURCE outside", "tell the OOM killer to take others"},
	{"start-core-handler", start_core_handler, "system calls, resource limits",
	 "without:seccomp", "have the host's root run core_pattern's program"},
	{"leave-filter", leave_filter, "system calls",
	 "without:no-new-privileges,seccomp,stay-inside", "take the system call filter off"},
	{"set-host-name", host_name, "system calls", "unshared", "another host name"},
	{0},
};
