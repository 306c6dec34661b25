/* SPDX-License-Identifier: Apache-2.0 */
/* The list of what a back end has to do. */
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/provisioner/conformance/stage.h"

static void sleep_msec(long msec)
{
	const struct timespec t = {msec / 1000, msec % 1000 * 1000000};
	nanosleep(&t, NULL);
}

/* Of this test's template: others of the host come and go. */
static unsigned n_mounts(const struct stage *s)
{
	SBX_CLEANUP_FREE char *text =
		sbx_read_file(AT_FDCWD, "/proc/self/mountinfo", 16 << 20, NULL, NULL);
	unsigned n = 0;
	for (const char *p = text; p && (p = strstr(p, s->template)); p++)
		n++;
	return n;
}

static unsigned n_paths(const char *pattern)
{
	glob_t found = {0};
	unsigned n = glob(pattern, 0, NULL, &found) == 0 ? (unsigned)found.gl_pathc : 0;
	globfree(&found);
	return n;
}

static unsigned n_descriptors(void)
{
	return n_paths("/proc/self/fd/*");
}

/* This process's own cgroups, and its children. */
static unsigned n_own_groups(void)
{
	char pattern[128];
	unsigned n = 0;
	for (int depth = 1; depth <= 4; depth++) {
		snprintf(pattern, sizeof(pattern), "/sys/fs/cgroup%.*s/sbx-%d-*", 2 * depth,
			 "/*/*/*/*", getpid());
		n += n_paths(pattern);
	}
	return n;
}

/* A slot's keeper is one of ours that stays. */
static bool has_children(const struct stage *s)
{
	siginfo_t info = {0};
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return false;
	return !s->slot || info.si_pid != 0;
}

static void a_life(struct stage *s)
{
	stage_plan(s, NONE, LIST("/bin/sh", "-c", "exit 7"));
	stage_start(s);
	stage_await(s, SBX_EVENT_STARTED);
	struct sbx_event event = stage_await(s, SBX_EVENT_ENDED);
	MUST(WEXITSTATUS(event.wait_status) == 7);
	stage_await_end(s);
	stage_destroy(s);
	MUST(s->result.reason == SBX_REASON_EXITED && s->result.exit_status == 7);
	stage_release(s);
}

static void its_own_signal_is_told(struct stage *s)
{
	stage_plan(s, NONE, LIST("/bin/sh", "-c", "kill -SEGV $$"));
	stage_start(s);
	stage_await_end(s);
	stage_destroy(s);
	MUST(s->result.reason == SBX_REASON_SIGNALLED && s->result.signal == SIGSEGV);
	MUST(s->result.exit_status == 128 + SIGSEGV);
	stage_release(s);
}

static void without_a_command_it_waits_for_some(struct stage *s)
{
	int status = -1;
	stage_plan(s, NONE, NONE);
	stage_start(s);
	stage_await(s, SBX_EVENT_STARTED);
	MUST(strcmp(stage_shell(s, 1, "echo $$; exit 3", &status), "2\n") == 0);
	MUST(WEXITSTATUS(status) == 3);
	/* What one wrote the next one finds. */
	stage_shell(s, 2, "echo kept >/tmp/kept", NULL);
	MUST(strcmp(stage_shell(s, 3, "cat /tmp/kept", NULL), "kept\n") == 0);
	MUST(!s->sandbox->has_ended);
	stage_destroy(s);
	MUST(s->result.reason == SBX_REASON_SIGNALLED && s->result.signal == SIGKILL);
	stage_release(s);
}

static void exec_has_the_sandbox_s_rights(struct stage *s)
{
	stage_plan(s, LIST("--env", "A=1"), LIST("/bin/sleep", "60"));
	stage_start(s);
	stage_await(s, SBX_EVENT_STARTED);
	MUST(strcmp(stage_shell(s, 1,
				"echo $A; grep CapEff /proc/self/status; readlink /proc/1/fd/0",
				NULL),
		    "1\nCapEff:\t0000000000000000\n") == 0);
	/* The same namespaces: the first command is in sight, and nothing else. */
	MUST(strstr(stage_shell(s, 2, "cat /proc/2/cmdline", NULL), "sleep"));
	MUST(strcmp(stage_shell(s, 3, "cd /proc; set -- [0-9]*; echo $#", NULL), "3\n") == 0);
	stage_destroy(s);
	stage_release(s);
}

static void exec_of_what_is_not_there(struct stage *s)
{
	struct sbx_error err = SBX_ERROR_INIT;
	stage_plan(s, NONE, NONE);
	stage_start(s);
	stage_await(s, SBX_EVENT_STARTED);
	struct sbx_exec exec = {.command = 1, .words = LIST("/nowhere"), .stdio_fd = {-1, -1, -1}};
	MUST(s->backend->exec(s->sandbox, &exec, &err) == 0);
	struct sbx_event event = stage_await(s, SBX_EVENT_COMMAND_FAILED);
	MUST(event.command == 1 && event.error.code == SBX_E_NO_COMMAND);
	/* A folder is a way out; none gets in. */
	exec.stdio_fd[0] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(s->backend->exec(s->sandbox, &exec, &err) < 0 && err.code == SBX_E_USAGE);
	MUST(strcmp(stage_shell(s, 2, "echo lives", NULL), "lives\n") == 0);
	stage_destroy(s);
	sbx_error_clear(&err);
	MUST(s->backend->exec(s->sandbox, &exec, &err) < 0 && err.code == SBX_E_NOT_FOUND);
	stage_release(s);
}

static void signals_reach_the_command_meant(struct stage *s)
{
	stage_plan(s, NONE, NONE);
	stage_start(s);
	stage_await(s, SBX_EVENT_STARTED);
	MUST(stage_exec(s, 1, "sleep 60", -1, NULL) == 0);
	MUST(stage_exec(s, 2, "sleep 60", -1, NULL) == 0);
	stage_await(s, SBX_EVENT_COMMAND_STARTED);
	stage_await(s, SBX_EVENT_COMMAND_STARTED);
	struct sbx_stats stats;
	MUST(s->backend->stats(s->sandbox, &stats, NULL) == 0 && stats.n_commands == 2);
	MUST(s->backend->signal(s->sandbox, 2, SIGINT, NULL) == 0);
	struct sbx_event event = stage_await(s, SBX_EVENT_COMMAND_ENDED);
	MUST(event.command == 2 && WTERMSIG(event.wait_status) == SIGINT);
	MUST(s->backend->signal(s->sandbox, 1, SIGKILL, NULL) == 0);
	event = stage_await(s, SBX_EVENT_COMMAND_ENDED);
	MUST(event.command == 1 && WTERMSIG(event.wait_status) == SIGKILL);
	MUST(s->backend->signal(s->sandbox, 1, 0, NULL) < 0);
	MUST(s->backend->stats(s->sandbox, &stats, NULL) == 0 && stats.n_commands == 0);
	stage_destroy(s);
	stage_release(s);
}

static void a_signal_ends_the_first_command(struct stage *s)
{
	stage_plan(s, NONE,
		   LIST("/bin/sh", "-c",
			"trap 'exit 9' USR1; : >/tmp/trapped; while :; do sleep 0.05; done"));
	stage_start(s);
	stage_await(s, SBX_EVENT_STARTED);
	stage_shell(s, 1, "until test -e /tmp/trapped; do sleep 0.05; done", NULL);
	MUST(s->backend->signal(s->sandbox, 0, SIGUSR1, NULL) == 0);
	struct sbx_event event = stage_await(s, SBX_EVENT_ENDED);
	MUST(WEXITSTATUS(event.wait_status) == 9);
	stage_destroy(s);
	stage_release(s);
}

static void stats_count(struct stage *s)
{
	struct sbx_stats stats;
	stage_plan(s, LIST("--memory", "256M", "--pids", "20"), NONE);
	stage_start(s);
	stage_await(s, SBX_EVENT_STARTED);
	MUST(s->backend->stats(s->sandbox, &stats, NULL) == 0);
	MUST(stats.has_memory && stats.has_pids && stats.has_cpu && stats.pids == 0);
	stage_exec(s, 1, "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; sleep 60 & sleep 60",
		   -1, NULL);
	EVENTUALLY(s->backend->stats(s->sandbox, &stats, NULL) < 0 || stats.pids >= 2);
	MUST(stats.pids == 2 && stats.memory_bytes > 100000 && stats.cpu_usec > 1000);
	MUST(stats.peak_memory_bytes >= stats.memory_bytes && !stats.is_paused);
	stage_destroy(s);
	MUST(s->backend->stats(s->sandbox, &stats, NULL) < 0);
	stage_release(s);
}

static void limits_go_both_ways(struct stage *s)
{
	static const char many[] =
		"for i in 1 2 3 4 5 6 7 8; do sleep 600 >/dev/null & done 2>/dev/null; echo $?";
	int status;
	stage_plan(s, LIST("--memory", "64M", "--pids", "4"), NONE);
	stage_start(s);
	stage_await(s, SBX_EVENT_STARTED);
	stage_shell(s, 1, many, &status);
	MUST(status != 0);
	MUST(s->backend->set_limit(s->sandbox, SBX_LIMIT_PIDS, 30, NULL) == 0);
	stage_shell(s, 2, many, &status);
	MUST(status == 0);
	/* 40 MB fit into 64, not into 20, and again when there is more. */
	static const char forty[] = "head -c 40000000 /dev/zero | tail -c 39999999 >/dev/null";
	stage_shell(s, 3, forty, &status);
	MUST(status == 0);
	MUST(s->backend->set_limit(s->sandbox, SBX_LIMIT_MEMORY, 20 << 20, NULL) == 0);
	stage_shell(s, 4, forty, &status);
	MUST(status != 0);
	MUST(s->backend->set_limit(s->sandbox, SBX_LIMIT_MEMORY, 128 << 20, NULL) == 0);
	stage_shell(s, 5, forty, &status);
	MUST(status == 0);
	MUST(s->backend->set_limit(s->sandbox, SBX_LIMIT_CPUS, 50000, NULL) == 0);
	MUST(s->backend->set_limit(s->sandbox, SBX_LIMIT_CPUS, 0, NULL) == 0);
	struct sbx_error err = SBX_ERROR_INIT;
	MUST(s->backend->set_limit(s->sandbox, SBX_LIMIT_NOFILE, 5, &err) < 0);
	MUST(err.code == SBX_E_UNSUPPORTED);
	stage_destroy(s);
	stage_release(s);
}

static void oom_is_told(struct stage *s)
{
	stage_plan(
		s, LIST("--memory", "20M"),
		LIST("/bin/sh", "-c", "head -c 60000000 /dev/zero | tail -c 59999999 >/dev/null"));
	stage_start(s);
	stage_await_end(s);
	stage_destroy(s);
	MUST(s->result.reason == SBX_REASON_OOM && s->result.oom_kills > 0);
	stage_release(s);
}

static long size_of(int fd)
{
	return (long)lseek(fd, 0, SEEK_END);
}

static void pause_really_pauses(struct stage *s)
{
	char path[] = "/tmp/sbx-conformance-XXXXXX";
	int fd = mkstemp(path);
	struct sbx_stats stats;
	MUST(fd >= 0 && unlink(path) == 0);
	stage_plan(s, NONE, NONE);
	stage_start(s);
	stage_await(s, SBX_EVENT_STARTED);
	MUST(stage_exec(s, 1, "while :; do echo x; done", fd, NULL) == 0);
	EVENTUALLY(size_of(fd) >= 1000);
	MUST(s->backend->pause(s->sandbox, NULL) == 0);
	MUST(s->backend->pause(s->sandbox, NULL) == 0);
	long before = size_of(fd);
	sleep_msec(200);
	MUST(size_of(fd) == before);
	MUST(s->backend->stats(s->sandbox, &stats, NULL) == 0 && stats.is_paused);
	MUST(s->backend->resume(s->sandbox, NULL) == 0);
	MUST(s->backend->resume(s->sandbox, NULL) == 0);
	EVENTUALLY(size_of(fd) > before);
	/* A paused one can be destroyed. */
	MUST(s->backend->pause(s->sandbox, NULL) == 0);
	stage_destroy(s);
	stage_release(s);
	close(fd);
}

static void time_and_output_limits_hold(struct stage *s)
{
	stage_plan(s, LIST("--timeout", "0.2", "--grace", "0.1"),
		   LIST("/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"));
	stage_start(s);
	stage_await_end(s);
	stage_destroy(s);
	MUST(s->result.reason == SBX_REASON_TIMED_OUT && s->result.exit_status == 124);
	stage_release(s);
	int null = open("/dev/null", O_WRONLY), out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	stage_plan(s, LIST("--output-limit", "1000"),
		   LIST("/bin/sh", "-c", "while :; do echo 0123456789; done"));
	stage_start(s);
	stage_await_end(s);
	stage_destroy(s);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	MUST(s->result.reason == SBX_REASON_OUTPUT_LIMIT && s->result.output_bytes == 1000);
	stage_release(s);
}

static void destroy_leaves_nothing(struct stage *s)
{
	stage_plan(s, LIST("--env", "X=y"), NONE);
	unsigned mounts = n_mounts(s), fds = n_descriptors();
	unsigned groups = n_own_groups();
	for (int round = 0; round < 3; round++) {
		struct sbx_error err = SBX_ERROR_INIT;
		MUST(s->backend->prepare(&s->request, &s->sandbox, &err) == 0);
		/* Before it was started, while it starts, when it runs. */
		if (round > 0)
			MUST(s->backend->start(s->sandbox, &err) == 0);
		if (round > 1) {
			stage_await(s, SBX_EVENT_STARTED);
			MUST(stage_exec(s, 1, "setsid sleep 60 & setsid sleep 60", -1, NULL) == 0);
			stage_await(s, SBX_EVENT_COMMAND_STARTED);
		}
		stage_destroy(s);
		MUST(n_mounts(s) == mounts && n_own_groups() == groups);
		/* The first that is started takes what the plan holds open for it. */
		MUST(n_descriptors() <= fds);
		fds = n_descriptors();
		MUST(!has_children(s));
		s->backend->free(s->sandbox);
		stage_next_slot(s);
	}
	s->sandbox = NULL;
	stage_release(s);
}

static void destroyed_twice_is_destroyed_once(struct stage *s)
{
	stage_plan(s, NONE, LIST("/bin/sh", "-c", "exit 4"));
	stage_start(s);
	stage_await_end(s);
	stage_destroy(s);
	struct sbx_result first = s->result;
	stage_destroy(s);
	MUST(memcmp(&first, &s->result, sizeof(first)) == 0 && first.exit_status == 4);
	MUST(s->backend->pause(s->sandbox, NULL) < 0 &&
	     s->backend->signal(s->sandbox, 0, 15, NULL) < 0);
	MUST(s->backend->set_limit(s->sandbox, SBX_LIMIT_PIDS, 3, NULL) < 0);
	stage_release(s);
}

/* Each of these fails at another step of the way: mounts, rights, execution. */
static void a_start_that_fails(struct stage *s)
{
	static const struct {
		const char *option, *value, *command;
		enum sbx_code code;
	} rows[] = {
		{"--bind", "/nowhere/at/all:/mnt", "/bin/true", SBX_E_SANDBOX},
		{"--overlay", "/etc/passwd:/mnt", "/bin/true", SBX_E_SANDBOX},
		{"--workdir", "/not/there", "/bin/true", SBX_E_SANDBOX},
		{"--env", "A=b", "/bin/not-there", SBX_E_NO_COMMAND},
		{"--env", "A=b", "/etc", SBX_E_CANNOT_EXEC},
	};
	unsigned mounts = n_mounts(s), groups = n_own_groups();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stage_plan(s, LIST(rows[i].option, rows[i].value), LIST(rows[i].command));
		stage_start(s);
		struct sbx_event event = stage_await(s, SBX_EVENT_FAILED);
		/* A slot's keeper refuses what it was not shared with before it looks. */
		enum sbx_code code = s->slot && i == 0 ? SBX_E_DENIED : rows[i].code;
		if (event.error.code != code)
			printf("%s\n", event.error.message);
		MUST(event.error.code == code && *event.error.message);
		stage_await_end(s);
		stage_destroy(s);
		MUST(s->result.reason == SBX_REASON_FAILED && s->result.error.code == code);
		stage_release(s);
	}
	MUST(n_mounts(s) == mounts && n_own_groups() == groups);
	MUST(!has_children(s));
}

static void two_at_once_know_nothing_of_each_other(struct stage *s)
{
	struct stage other;
	stage_second(s, &other);
	int status;
	stage_plan(s, NONE, NONE);
	stage_plan(&other, NONE, NONE);
	stage_start(s);
	stage_start(&other);
	stage_await(s, SBX_EVENT_STARTED);
	stage_await(&other, SBX_EVENT_STARTED);
	stage_shell(s, 1, "echo mine >/tmp/a; echo mine >/etc/b", NULL);
	stage_shell(&other, 1, "test ! -e /tmp/a -a ! -e /etc/b", &status);
	MUST(status == 0);
	stage_destroy(s);
	MUST(strcmp(stage_shell(&other, 2, "echo lives", NULL), "lives\n") == 0);
	stage_destroy(&other);
	stage_release(s);
	stage_release(&other);
	if (other.slot)
		sbx_slot_release(other.slot);
}

static void an_end_from_outside_is_told(struct stage *s)
{
	stage_plan(s, NONE, LIST("/bin/sleep", "60"));
	stage_start(s);
	stage_await(s, SBX_EVENT_STARTED);
	s->backend->kill(s->sandbox);
	stage_await_end(s);
	stage_destroy(s);
	MUST(s->result.reason == SBX_REASON_SIGNALLED && s->result.signal == SIGKILL);
	stage_release(s);
}

#define CASE(name)                                                                                 \
	{                                                                                          \
#name, name, false                                                                 \
	}
#define LIMITED_CASE(name)                                                                         \
	{                                                                                          \
#name, name, true                                                                  \
	}
const struct conformance_case conformance_cases[] = {
	CASE(a_life),
	CASE(its_own_signal_is_told),
	CASE(without_a_command_it_waits_for_some),
	CASE(exec_has_the_sandbox_s_rights),
	CASE(exec_of_what_is_not_there),
	CASE(signals_reach_the_command_meant),
	CASE(a_signal_ends_the_first_command),
	LIMITED_CASE(stats_count),
	LIMITED_CASE(limits_go_both_ways),
	LIMITED_CASE(oom_is_told),
	LIMITED_CASE(pause_really_pauses),
	CASE(time_and_output_limits_hold),
	CASE(destroy_leaves_nothing),
	CASE(destroyed_twice_is_destroyed_once),
	CASE(a_start_that_fails),
	CASE(two_at_once_know_nothing_of_each_other),
	CASE(an_end_from_outside_is_told),
	{NULL, NULL, false},
};
