/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/task.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/idmap.h"
#include "provisioner/layer.h"
#include "provisioner/shown.h"
#include "provisioner/slot.h"

/* What mounting and becoming nobody take; root in a container often has not got them. */
#define NEEDED_CAPABILITIES                                                                        \
	(1U << CAP_SYS_ADMIN | 1U << CAP_SETPCAP | 1U << CAP_SETUID | 1U << CAP_SETGID |           \
	 1U << CAP_NET_ADMIN)

static uint32_t effective_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	return syscall(SYS_capget, &header, data) == 0 ? data[0].effective : 0;
}

static int find_places(const struct sbx_options *o, bool is_live, struct sbx_places *out,
		       struct sbx_error *err)
{
	unsigned wanted = is_live ? SBX_LIVE_CONTROLLERS : 0;
	for (unsigned i = 0; i < SBX_N_LIMITS; i++)
		if (o->policy.limit[i] && sbx_limit_controller(i) != SBX_N_CONTROLLERS)
			wanted |= 1U << sbx_limit_controller(i);
	return wanted ? sbx_places_find_own(wanted, out, err) : 0;
}

/* The slot's groups are made: of its places counts what they lack alone. */
static void slot_places(const struct sbx_slot *slot, struct sbx_places *out)
{
	out->missing = SBX_LIVE_CONTROLLERS;
	for (unsigned i = 0; i < slot->groups.n; i++)
		out->missing &= ~slot->groups.group[i].controllers;
}

/* The user namespace; whether all that is shown of the host can be shown with it comes later. */
static int make_ids(struct sbx_task *task, struct sbx_error *err)
{
	/*
	 * A keeper has one sandbox at a time, and so one range. A server's zygotes are many; its
	 * keepers are likely to have the pids next to its own.
	 */
	static uint32_t n_zygotes = SBX_IDS_RANGES / 2;
	uint32_t number = (uint32_t)getpid() + (task->role == SBX_ROLE_ZYGOTES ? n_zygotes++ : 0);
	return sbx_ids_make(&task->ids, number, err);
}

/* By its nearest folder that is there. What goes wrong is said where it is used. */
static bool has_wide_layer(const struct sbx_options *o)
{
	struct statfs fs;
	bool is_there;
	if (!o->layer || !o->policy.limit[SBX_LIMIT_DISK])
		return false;
	SBX_CLEANUP_FD int fd = sbx_layer_open_nearest(o, &is_there);
	return fd >= 0 && fstatfs(fd, &fs) == 0 &&
	       (uint64_t)fs.f_blocks * (uint64_t)fs.f_bsize > o->policy.limit[SBX_LIMIT_DISK];
}

/* An empty folder is good for one thing: to be filled by what the caller adds. */
static int find_template(struct sbx_task *task, struct sbx_error *err)
{
	const struct sbx_options *o = &task->options;
	if (sbx_lower_find(o->root_dir, o->template, o->base, &task->lower, err) < 0 ||
	    sbx_lower_enter_ids(&task->lower, err) < 0)
		return -1;
	const char *empty = o->n_binds || o->layer ? NULL : sbx_lower_empty(&task->lower);
	if (!empty)
		return 0;
	return sbx_fail(
		err, SBX_E_NOT_FOUND,
		"template %s: %s is empty, nothing or half of it was made; build it again, or name "
		"the folder of a root file system",
		o->template, strcmp(empty, o->template) == 0 ? "it" : empty);
}

/* What this process may do here, and what the kernel can. */
static struct sbx_host look_at_host(const struct sbx_task *task)
{
	long landlock =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint32_t has = effective_capabilities();
	bool is_root = geteuid() == 0 && (has & NEEDED_CAPABILITIES) == NEEDED_CAPABILITIES;
	bool is_nested = is_root && sbx_idmap_is_nested();
	bool privileged = is_root && !is_nested;
	return (struct sbx_host){
		/* Root of a user namespace has some of root's rights, and all of its ids. */
		.is_nested = is_nested,
		.maps_all_ids = is_nested,
		.privileged = privileged,
		.makes_nodes = privileged && has & 1U << CAP_MKNOD,
		.uid = geteuid(),
		.gid = getegid(),
		.lower = task->lower.path,
		.base = task->lower.base,
		.places = &task->places,
		.has_net = task->has_net,
		.makes_net = privileged && !task->slot,
		.has_wide_layer = has_wide_layer(&task->options),
		.has_landlock = landlock >= 2,
	};
}

/*
 * Zygotes have no rights on the host, and so can join only what was made without: root goes about
 * it as an ordinary user, but with all ids. What is forked from them is made by their user, 0 in
 * the zygotes' sandbox.
 */
static void leave_rights_to_role(struct sbx_task *task)
{
	struct sbx_host *host = &task->host;
	bool privileged = host->privileged;
	if (task->role == SBX_ROLE_PLAIN)
		return;
	host->maps_all_ids = privileged || host->is_nested;
	host->privileged = host->makes_nodes = host->makes_net = false;
	if (task->role == SBX_ROLE_FORKED) {
		host->is_forked = true;
		host->first_id = task->first_id;
		host->uid = host->gid = 0;
		return;
	}
	host->has_zygotes = true;
	/* It would hold for what is forked as well, which has another root. */
	host->has_landlock = false;
	/* Where ids can be mapped, root among zygotes is nobody outside. */
	if (privileged && make_ids(task, &task->no_userns) == 0)
		host->first_id = task->ids.first;
}

static int look_around(struct sbx_task *task, struct sbx_error *err)
{
	if (getauxval(AT_SECURE))
		return sbx_fail(err, SBX_E_DENIED,
				"installed set-user-id; take that off, it works without");
	if (find_template(task, err) < 0)
		return -1;
	if (task->slot)
		slot_places(task->slot, &task->places);
	else if (find_places(&task->options, task->options.is_live, &task->places, err) < 0)
		return -1;
	task->host = look_at_host(task);
	leave_rights_to_role(task);
	if (!task->has_ids && sbx_plan_wants_ids(&task->options, &task->host) &&
	    make_ids(task, &task->no_userns) < 0)
		task->host.no_userns = task->no_userns.message;
	return 0;
}

/*
 * Show what the plan shows of the host with mapped ids, where that can be done. What cannot be
 * opened is tried again, and what is wrong with it said, where it is used.
 */
static int show(struct sbx_task *task, struct sbx_error *err)
{
	const struct sbx_plan *plan = &task->plan;
	struct sbx_ids *ids = &task->ids;
	ids->copies = malloc((plan->n_ops + 1) * sizeof(*ids->copies));
	for (size_t i = 0; ids->copies && i < plan->n_ops; i++) {
		const struct sbx_op *op = &plan->ops[i];
		struct sbx_error first = SBX_ERROR_INIT;
		bool is_shown = sbx_shown_is_of(op->kind) || op->kind == SBX_OP_LAYER;
		ids->copies[ids->n_copies++] =
			is_shown ? sbx_shown_open(&task->options, op, ids->userns_fd, &first) : -1;
		if (first.code == SBX_E_UNSUPPORTED)
			return sbx_error_propagate(err, &first);
	}
	return ids->copies ? 0 : sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "user namespace");
}

static int make_plan(struct sbx_task *task, struct sbx_error *err)
{
	if (sbx_plan_make(&task->plan, &task->options, &task->host, err) < 0)
		return -1;
	if (task->ids.userns_fd < 0)
		return 0;
	int failed = show(task, &task->no_userns);
	/* The zygotes' is made with them; it was to be seen whether that will do. */
	if (failed < 0 || task->role == SBX_ROLE_ZYGOTES)
		sbx_ids_release(&task->ids);
	if (failed == 0)
		return 0;
	task->host.no_userns = task->no_userns.message;
	task->host.first_id = 0;
	sbx_plan_release(&task->plan);
	return sbx_plan_make(&task->plan, &task->options, &task->host, err);
}

int sbx_task_settle(struct sbx_task *task, struct sbx_error *err)
{
	return sbx_options_settle(&task->options, SBX_HOST_POLICY, err) < 0 ||
			       sbx_backend_check(&sbx_backend_container, &task->options.policy,
						 err) < 0 ||
			       look_around(task, err) < 0
		       ? -1
		       : make_plan(task, err);
}

int sbx_task_renew(struct sbx_task *task, struct sbx_error *err)
{
	if (sbx_lower_lock(&task->lower, err) < 0)
		return -1;
	return !task->plan.maps_ids ? 0 : make_ids(task, err) < 0 ? -1 : show(task, err);
}

void sbx_task_fill_request(struct sbx_task *task, struct sbx_request *out)
{
	*out = (struct sbx_request){
		.plan = &task->plan,
		.options = &task->options,
		.places = &task->places,
		.host = &task->host,
		.lock_fd = task->lower.lock_fd,
		.ids = &task->ids,
		.is_live = task->options.is_live,
	};
}

void sbx_task_release(struct sbx_task *task)
{
	sbx_plan_release(&task->plan);
	sbx_ids_release(&task->ids);
	sbx_lower_release(&task->lower);
	sbx_places_release(&task->places);
	sbx_options_release(&task->options);
}
