/* SPDX-License-Identifier: Apache-2.0 */
/* The command as a zygote's parked child: process 1 gives it everything, and becomes its parent. */
#include <errno.h>
#include <linux/filter.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fd.h"
#include "provisioner/filter.h"
#include "provisioner/init.h"
#include "provisioner/packet.h"
#include "provisioner/warm.h"
#include "provisioner/zygote/join.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

/* What the plan has for the command's process itself: all behind the new root but the command. */
static uint32_t add_ops(const struct sbx_plan *plan, struct sbx_buffer *ops,
			struct sbx_buffer *strings)
{
	uint32_t n = 0;
	bool is_behind = false;
	for (size_t i = 0; i < plan->n_ops; i++) {
		const struct sbx_op *op = &plan->ops[i];
		const struct sbx_join_op row = {op->kind, op->index, op->number};
		const char *target = op->target ? op->target : "";
		if (is_behind && op->kind != SBX_OP_COMMAND && op->kind != SBX_OP_CLASSES) {
			sbx_buffer_add(ops, &row, sizeof(row));
			sbx_buffer_add(strings, target, strlen(target) + 1);
			n++;
		}
		is_behind = is_behind || op->kind == SBX_OP_PIVOT;
	}
	return n;
}

static uint32_t add_words(struct sbx_buffer *strings, char **words)
{
	uint32_t n = 0;
	for (; words[n]; n++)
		sbx_buffer_add(strings, words[n], strlen(words[n]) + 1);
	return n;
}

static uint64_t mask_bits(const sigset_t *mask)
{
	uint64_t bits = 0;
	for (int signo = 1; signo <= 64; signo++)
		if (sigismember(mask, signo) == 1)
			bits |= UINT64_C(1) << (signo - 1);
	return bits;
}

static int open_text(const struct sbx_buffer *text, struct sbx_error *err)
{
	if (text->failed)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "zygote");
	SBX_CLEANUP_FD int fd = memfd_create("sbx", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("sbx", MFD_CLOEXEC);
	if (fd < 0 || sbx_write_all(fd, text->data, text->n_bytes) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "zygote: memfd");
	return sbx_steal_fd(&fd);
}

static int make_join(const struct sbx_init *init, struct sbx_join *out, struct sbx_error *err)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT, targets = SBX_BUFFER_INIT;
	const struct sbx_policy *policy = &init->options->policy;
	size_t n_filter = 0;
	out->n_ops = add_ops(init->plan, &text, &targets);
	if (policy->has_classes) {
		const struct sock_filter *filter = sbx_filter_classes_program(
			policy->classes, sbx_filter_refusals(policy->unknown, policy->dangerous),
			&n_filter);
		sbx_buffer_add(&text, filter, n_filter * sizeof(struct sock_filter));
	}
	out->n_filter = (uint32_t)n_filter;
	sbx_buffer_add(&text, targets.data, targets.n_bytes);
	text.failed = text.failed || targets.failed;
	out->n_bytes = text.n_bytes;
	return open_text(&text, err);
}

static int open_namespaces(int *fds, struct sbx_error *err)
{
	static const char *const names[SBX_JOIN_N_NAMESPACES] = SBX_JOIN_NAMES;
	char path[40];
	for (int i = 0; i < SBX_JOIN_N_NAMESPACES; i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (fds[i] < 0)
			return sbx_fail_os(err, SBX_E_SANDBOX, errno,
					   "%s; a zygote's child joins by it, start without one",
					   path);
	}
	return 0;
}

static void close_all(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sbx_close(&fds[i]);
}

/* Send it, and take the answer: the number in here of the process that gave it. */
static pid_t ask(const struct sbx_init *init, const void *packet, size_t n_bytes, const int *fds,
		 unsigned n_fds, struct sbx_error *err)
{
	pid_t pid;
	if (sbx_packet_send(init->join_fd, packet, n_bytes, NULL, 0, fds, n_fds) < 0)
		return sbx_fail_os(err, SBX_E_SANDBOX, errno, "zygote: its child is gone");
	return sbx_warm_answer(init->join_fd, SBX_WARM_PATIENCE_MSEC, &pid, err) < 0 ? -1 : pid;
}

pid_t sbx_init_join(const struct sbx_init *init, struct sbx_error *err)
{
	struct sbx_join join = {0};
	int fds[SBX_JOIN_FDS];
	for (int i = 0; i < SBX_JOIN_FDS; i++)
		fds[i] = -1;
	fds[SBX_JOIN_TEXT] = make_join(init, &join, err);
	pid_t pid = fds[SBX_JOIN_TEXT] < 0 || open_namespaces(fds + SBX_JOIN_NAMESPACES, err) < 0
			    ? -1
			    : ask(init, &join, sizeof(join), fds, SBX_JOIN_FDS, err);
	close_all(fds, SBX_JOIN_FDS);
	return pid == 0 || pid == 1 ? sbx_fail(err, SBX_E_SANDBOX, "zygote: its child did not join")
				    : pid;
}

int sbx_init_become(const struct sbx_init *init, pid_t joined, char **argv, char **env,
		    struct sbx_error *err)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	struct sbx_become become = {.mask = mask_bits(&init->caller_mask)};
	become.n_words = add_words(&text, argv);
	become.n_env = add_words(&text, env);
	become.n_bytes = text.n_bytes;
	SBX_CLEANUP_FD int text_fd = open_text(&text, err);
	const int fds[SBX_BECOME_FDS] = {text_fd, 0, 1, 2};
	pid_t pid = text_fd < 0 ? -1 : ask(init, &become, sizeof(become), fds, SBX_BECOME_FDS, err);
	int join_fd = init->join_fd;
	sbx_close(&join_fd);
	return pid < 0	       ? -1
	       : pid == joined ? 0
			       : sbx_fail(err, SBX_E_SANDBOX, "zygote: another child answered");
}
