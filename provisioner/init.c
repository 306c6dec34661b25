/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/apply.h"
#include "provisioner/descriptors.h"
#include "provisioner/filter.h"
#include "provisioner/shown.h"
#include "provisioner/supervise.h"

void sbx_init_report(const struct sbx_init *init, const struct sbx_report *report)
{
	while (send(init->socket_fd, report, sizeof(*report), MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static _Noreturn void report_and_end(const struct sbx_init *init, const struct sbx_report *report)
{
	sbx_init_report(init, report);
	_exit(0);
}

/*
 * Die with sbx-provision. The kernel forgets this whenever ids or capabilities change, so it is
 * called again after that. Should sbx-provision have died in between, its end of the socket is
 * closed; a hang-up shows that even while its last packet is still unread.
 */
static int die_with_parent(const struct sbx_init *init, struct sbx_error *err)
{
	struct pollfd socket = {.fd = init->socket_fd < 0 ? init->handover_fd : init->socket_fd};
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "parent-death signal");
	if (poll(&socket, 1, 0) != 0)
		_exit(0);
	return 0;
}

/* Nothing that the caller had open, knowingly or not, gets inside. */
static int close_inherited(const struct sbx_init *init, struct sbx_error *err)
{
	const int own[] = {init->socket_fd, init->handover_fd, init->lock_fd,
			   init->join_fd,   init->userns_fd,   init->input_fd};
	const size_t n_own = sizeof(own) / sizeof(own[0]);
	const size_t n_sources = init->sources ? init->plan->n_ops : 0;
	SBX_CLEANUP_FREE int *kept = calloc(n_own + n_sources, sizeof(*kept));
	if (!kept)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "descriptors");
	memcpy(kept, own, sizeof(own));
	if (n_sources)
		memcpy(kept + n_own, init->sources, n_sources * sizeof(*kept));
	return sbx_close_all_but(kept, n_own + n_sources, err);
}

/* /proc/1/cmdline can be read by all inside: it shall not tell the host's paths. */
static void wipe_command_line(const struct sbx_init *init)
{
	for (char **word = init->arguments; word && *word; word++)
		memset(*word, 0, strlen(*word));
	char *program = program_invocation_name;
	strncpy(program, "sbx-init", strlen(program));
}

char **sbx_copy_words(char **words)
{
	size_t n = 0;
	while (words[n])
		n++;
	char **copy = calloc(n + 1, sizeof(*copy));
	for (size_t i = 0; copy && i < n; i++) {
		copy[i] = strdup(words[i]);
		if (!copy[i])
			return NULL;
	}
	return copy;
}

static int wait_for_go(const struct sbx_init *init, struct sbx_error *err)
{
	struct sbx_order order;
	ssize_t n;
	do
		n = recv(init->socket_fd, &order, sizeof(order), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "waiting for cgroups");
	if (n == 0 || order.kind == SBX_ORDER_END)
		_exit(0);
	return 0;
}

static int set_up_ahead(const struct sbx_init *init, struct sbx_apply *apply,
			struct sbx_init_fds *fds, struct sbx_error *err)
{
	*apply = (struct sbx_apply){
		.plan = init->plan,
		.host_uid = init->host_uid,
		.host_gid = init->host_gid,
		.report_fd = init->socket_fd,
		.input_fd = init->input_fd,
		.userns_fd = init->userns_fd,
		.has_command_elsewhere = init->join_fd >= 0,
		.first_id = init->first_id,
		.sources = sbx_shown_base(init->options, SBX_OP_BIND),
		.lower = sbx_shown_base(init->options, SBX_OP_STAGING),
		.given = init->sources,
		.host_proc_fd = -1,
		.root_fd = -1,
		.proc_fd = -1,
		.cover_fd = {-1, -1},
		.dev_fd = -1,
		.rules_fd = -1,
	};
	if (close_inherited(init, err) < 0 || die_with_parent(init, err) < 0)
		return -1;
	/* As long as it is ours to open: a process that is not dumpable belongs to root. */
	if (init->ledger)
		fds->io_fd = open("/proc/self/io", O_RDONLY | O_CLOEXEC);
	umask(0);
	if (setsid() < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "setsid");
	if (sbx_apply_ahead(apply, err) < 0 || die_with_parent(init, err) < 0)
		return -1;
	sbx_close(&apply->userns_fd);
	sbx_close(&apply->host_proc_fd);
	sbx_close(&apply->root_fd);
	sbx_close(&apply->proc_fd);
	sbx_close(&apply->cover_fd[0]);
	sbx_close(&apply->cover_fd[1]);
	sbx_close(&apply->dev_fd);
	umask(022);
	/* Whatever runs inside may not look into this process, nor reach its file. */
	prctl(PR_SET_NAME, "sbx-init", 0, 0, 0);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "dumpable");
	return 0;
}

/*
 * While nobody waits. A mount that is new knows no names: what nearly every command makes the
 * kernel look up, as its loader does, is looked up now; in a template without glibc it is not
 * there. And memory that starting one takes is still shared with the keeper.
 */
static void warm_up(void)
{
	static const char *const paths[] = {
#if defined(__x86_64__)
		"/lib64/ld-linux-x86-64.so.2",
		"/lib/x86_64-linux-gnu/libc.so.6",
#elif defined(__aarch64__)
		"/lib/ld-linux-aarch64.so.1",
		"/lib/aarch64-linux-gnu/libc.so.6",
#endif
		"/bin/sh",
		"/etc/ld.so.cache",
		"/etc/ld.so.preload",
	};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		access(paths[i], F_OK);
	sbx_start_ahead();
}

static int set_up(struct sbx_init *init, struct sbx_init_fds *fds, struct sbx_error *err)
{
	struct sbx_apply apply;
	int failed = set_up_ahead(init, &apply, fds, err);
	/* What has failed is told to whoever asks. */
	if (init->handover_fd >= 0 && init->join_fd >= 0 && failed == 0)
		failed = (init->joined = sbx_init_join(init, err)) < 0 ? -1 : 0;
	if (init->handover_fd >= 0 && init->join_fd < 0 && failed == 0)
		warm_up();
	if (init->handover_fd >= 0)
		sbx_init_take_over(init);
	if (failed < 0 || sbx_apply_rest(&apply, err) < 0)
		return -1;
	return init->wait_for_go ? wait_for_go(init, err) : 0;
}

/* Before the command is: whatever ends from now on shall be seen. */
static int open_signals(const struct sbx_init *init, struct sbx_error *err)
{
	sigset_t set = init->signals;
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? sbx_fail_os(err, SBX_E_SANDBOX, errno, "signalfd") : fd;
}

static pid_t start_first(const struct sbx_init *init, struct sbx_init_fds *fds,
			 struct sbx_error *err)
{
	const struct sbx_policy *policy = &init->options->policy;
	unsigned record = init->ledger ? init->options->record : 0;
	char **argv = sbx_copy_words(init->command), **env = sbx_copy_words(init->command_env);
	if (!argv || !env)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "the command's arguments");
	pid_t joined = init->joined || init->join_fd < 0 ? init->joined : sbx_init_join(init, err);
	/* The plan's own words are wiped, too. */
	wipe_command_line(init);
	struct sbx_start start = {
		.argv = argv,
		.env = env,
		.mask = init->caller_mask,
		.has_classes = policy->has_classes,
		.classes = policy->classes,
		.refusals = sbx_filter_refusals(policy->unknown, policy->dangerous),
		.out_listener_fd = &fds->listener_fd,
	};
	if (joined != 0)
		return joined < 0 || sbx_init_become(init, joined, argv, env, err) < 0 ? -1
										       : joined;
	if (record & (SBX_RECORD_CALLS | SBX_RECORD_NETWORK))
		start.watch = fds->watch = sbx_watch_program(
			(enum sbx_filter)init->plan->filter, start.has_classes, start.classes,
			start.refusals, record & SBX_RECORD_CALLS, record & SBX_RECORD_NETWORK);
	return init->command[0] ? sbx_start_command(&start, err) : 0;
}

void sbx_init_run(const struct sbx_init *given)
{
	struct sbx_init own = *given, *init = &own;
	struct sbx_report report = {.kind = SBX_REPORT_FAILED, .error = SBX_ERROR_INIT};
	struct sbx_init_fds fds = {.signal_fd = -1, .io_fd = -1, .listener_fd = -1};
	if (init->ledger)
		init->ledger->begun_nsec = sbx_now_nsec();
	if (set_up(init, &fds, &report.error) < 0 ||
	    (fds.signal_fd = open_signals(init, &report.error)) < 0)
		report_and_end(init, &report);
	report.built_nsec = sbx_now_nsec();
	pid_t first = start_first(init, &fds, &report.error);
	if (first < 0)
		report_and_end(init, &report);
	report.kind = SBX_REPORT_STARTED;
	report.command_nsec = sbx_now_nsec();
	if (init->ledger) {
		init->ledger->built_nsec = report.built_nsec;
		init->ledger->command_nsec = first ? report.command_nsec : 0;
	}
	if (init->is_live)
		sbx_init_report(init, &report);
	sbx_init_live(init, first, &fds);
}
