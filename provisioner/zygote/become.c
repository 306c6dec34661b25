/* SPDX-License-Identifier: Apache-2.0 */
/* From a copy of a zygote to a sandbox's command. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/apply.h"
#include "provisioner/filter.h"
#include "provisioner/packet.h"
#include "provisioner/zygote/park.h"
#include "provisioner/zygote/python.h"
#include "provisioner/zygote/text.h"

/*
 * The last walls know of 0, 1 and 2, or would keep us from taking those. What only lowers limits
 * can be done as late, too.
 */
static bool is_late(uint32_t kind)
{
	return kind == SBX_OP_RLIMIT || kind >= SBX_OP_STAY_INSIDE;
}

/* What the plan has for the process itself, done by the functions that do it for any command. */
static int apply_ops(const struct sbx_join *join, const struct sbx_join_text *text, bool late,
		     struct sbx_error *err)
{
	struct sbx_apply apply = {
		.userns_fd = -1,
		.host_proc_fd = -1,
		.root_fd = -1,
		.proc_fd = -1,
		.dev_fd = -1,
		.rules_fd = -1,
	};
	struct sbx_join_text t = *text;
	struct sbx_op op;
	int more;
	while ((more = sbx_join_text_next(&t, &op)) > 0)
		if (is_late(op.kind) == late && sbx_apply_op(&apply, &op, err) < 0)
			return -1;
	if (more < 0)
		return sbx_fail(err, SBX_E_SANDBOX, "zygote: malformed join");
	int failed =
		late && join->n_filter ? sbx_filter_install_program(t.filter, join->n_filter) : 0;
	if (failed)
		return sbx_fail_os(err, SBX_E_SANDBOX, -failed, "--syscalls: seccomp filter");
	return 0;
}

static void restore_signals(uint64_t blocked)
{
	sigset_t mask;
	sigemptyset(&mask);
	for (int signo = 1; signo <= 64; signo++)
		if (blocked >> (signo - 1) & 1)
			sigaddset(&mask, signo);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

static int take_stdio(const int *fds, struct sbx_error *err)
{
	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			return sbx_fail_os(err, SBX_E_SANDBOX, errno, "zygote: descriptor %d", i);
	return 0;
}

/* What to be; the words are in memory that stays. Ends this process when nobody asks any more. */
static int take_over(int socket_fd, struct sbx_become *out, char ***out_words, char ***out_env,
		     struct sbx_error *err)
{
	int fds[SBX_MAX_PACKET_FDS];
	unsigned n_fds;
	if (sbx_packet_receive(socket_fd, 0, out, sizeof(*out), fds, &n_fds) != sizeof(*out) ||
	    n_fds != SBX_BECOME_FDS)
		_exit(0);
	char *at = sbx_read_text(fds[SBX_BECOME_TEXT], out->n_bytes, err);
	if (!at || take_stdio(fds + SBX_BECOME_STDIO, err) < 0)
		return -1;
	sbx_close_others(socket_fd);
	char *end = at + out->n_bytes;
	*out_words = sbx_take_words(&at, end, out->n_words);
	*out_env = *out_words ? sbx_take_words(&at, end, out->n_env) : NULL;
	return *out_env && **out_words ? 0
				       : sbx_fail(err, SBX_E_SANDBOX, "zygote: malformed words");
}

/*
 * What need not wait for a script, so that nobody waits for it: what modules want to do in a child,
 * new seeds, and copies of the pages that are written to in any case. It has no rights any more,
 * and the last walls go up around one thread.
 */
static void get_ready(struct sbx_error *err)
{
	if (sbx_shared_renew(err) < 0)
		return;
	sbx_reseed_libraries();
	if (sbx_python_ready(err) < 0)
		return;
	unsigned n = sbx_count_threads();
	if (n != 1)
		sbx_fail(err, SBX_E_UNSUPPORTED,
			 "zygote: %u threads run in its child: a module starts them when it is "
			 "forked; start without a zygote",
			 n);
}

void sbx_become(int socket_fd, const struct sbx_join *join, char *text)
{
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_become become;
	struct sbx_join_text t;
	char **words = NULL, **env = NULL;
	setsid();
	if (!sbx_join_text_open(join, text, &t))
		sbx_fail(&err, SBX_E_SANDBOX, "zygote: malformed join");
	else
		apply_ops(join, &t, false, &err);
	/* The kernel says with it which process sends: so process 1 knows its command. */
	sbx_answer(socket_fd, &err);
	if (err.code)
		_exit(127);
	get_ready(&err);
	if (take_over(socket_fd, &become, &words, &env, &err) == 0 && !err.code)
		apply_ops(join, &t, true, &err);
	/* As after execve(2): joining namespaces took it away. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	sbx_answer(socket_fd, &err);
	if (err.code)
		_exit(127);
	sbx_close(&socket_fd);
	restore_signals(become.mask);
	sbx_python_main(words, env);
}
