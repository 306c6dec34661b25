/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "provisioner/apply.h"
#include "provisioner/container.h"
#include "provisioner/ids.h"
#include "provisioner/init.h"
#include "provisioner/record.h"
#include "provisioner/supervise.h"

/* In the copy that becomes process 1 inside. */
void sbx_container_become_init(const struct sbx_container *c, int *sources)
{
	const struct sbx_request *request = c->request;
	const struct sbx_init init = {
		.plan = request->plan,
		.options = request->options,
		.arguments = request->arguments,
		.command = request->options->command,
		.command_env = c->env,
		.host_uid = request->host->uid,
		.host_gid = request->host->gid,
		.socket_fd = c->inner_socket_fd,
		.handover_fd = c->handover_fd,
		.lock_fd = request->lock_fd,
		.input_fd = request->input_fd ? *request->input_fd : -1,
		.userns_fd = request->plan->maps_ids ? request->ids->userns_fd : -1,
		.first_id = request->plan->maps_ids ? request->ids->first : 0,
		/* What a keeper forks is in its groups already. */
		.wait_for_go = c->groups.n > 0 && !c->slot,
		.is_live = request->is_live,
		.ledger = request->record ? request->record->ledger : NULL,
		.signals = sbx_supervise_signals(),
		.caller_mask = *request->command_mask,
		.sources = sources,
		.join_fd = request->warm ? request->warm->socket_fd : -1,
	};
	for (int i = 0; c->stdio_fd && i < 3; i++)
		if (dup2(c->stdio_fd[i], i) < 0)
			_exit(1);
	if (c->base.relay.is_active)
		for (int i = 0; i < SBX_RELAY_CHANNELS; i++)
			if (dup2(c->base.relay.sandbox_fd[i], STDOUT_FILENO + i) < 0)
				_exit(1);
	sbx_init_run(&init);
}

int sbx_container_fail_to_clone(int why, bool user, struct sbx_error *err)
{
	if (user && (why == EPERM || why == ENOSPC || why == EUSERS))
		return sbx_fail_os(
			err, SBX_E_UNSUPPORTED, why,
			"this host gives ordinary users no user namespaces; run as root, or "
			"allow them (sysctl user.max_user_namespaces, "
			"kernel.unprivileged_userns_clone)");
	if (why == ENOSYS)
		return sbx_fail_os(
			err, SBX_E_UNSUPPORTED, why,
			"clone3 is not to be had; Linux 5.12 is needed, and in a container "
			"a filter that lets it through");
	return sbx_fail_os(err, SBX_E_SANDBOX, why, "making namespaces");
}

int sbx_container_spawn(struct sbx_container *c, struct sbx_error *err)
{
	unsigned namespaces = c->request->plan->namespaces;
	bool makes_net = c->request->plan->makes_net;
	if (c->request->warm)
		return sbx_container_spawn_warm(c, err);
	if (c->request->plan->maps_all_ids)
		return sbx_container_spawn_nested(c, err);
	if (c->request->plan->maps_ids)
		c->host_uid = c->request->ids->first + c->request->options->uid;
	struct clone_args args = {
		.flags = (makes_net ? namespaces & ~(unsigned)CLONE_NEWNET : namespaces) |
			 c->clone_flags | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&c->pidfd,
		/* A sibling's is that of its sibling. */
		.exit_signal = c->clone_flags & CLONE_PARENT ? 0 : SIGCHLD,
	};
	if (c->made) {
		args.flags |= CLONE_PARENT_SETTID;
		args.parent_tid = (uint64_t)(uintptr_t)c->made;
	}
	int birth_fd = sbx_groups_birth_fd(&c->groups);
	if (birth_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)birth_fd;
	}
	c->pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (c->pid == 0)
		sbx_container_become_init(c, c->request->ids->copies);
	if (c->pid > 0) {
		sbx_ids_drop_copies(c->request->ids);
		/* A keeper has no use for it; the server opens it when it is told. */
		if (!c->slot)
			sbx_container_open_io(c);
		int failed = makes_net ? sbx_network_send(c->socket_fd, err) : 0;
		/* Now, while we have nothing to do. */
		sbx_ids_reap(c->request->ids);
		return failed;
	}
	c->pid = 0;
	return sbx_container_fail_to_clone(errno, namespaces & CLONE_NEWUSER, err);
}
