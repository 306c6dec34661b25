/* SPDX-License-Identifier: Apache-2.0 */
/* What can be had here of what was asked for. */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "provisioner/ids.h"
#include "provisioner/plan_maker.h"

/*
 * A limit that no cgroup can set. Since Linux 5.14 RLIMIT_NPROC counts per user namespace, so it
 * is as good as a cgroup for an ordinary user; nothing of the kind is there for the others.
 */
static bool has_substitute(const struct sbx_plan_maker *m, unsigned controller)
{
	return controller == SBX_CONTROLLER_PIDS && !m->host->privileged;
}

static int check_limits(struct sbx_plan_maker *m, struct sbx_error *err)
{
	char names[96] = "";
	for (unsigned i = 0; i < SBX_N_LIMITS; i++) {
		unsigned c = sbx_limit_controller(i);
		if (!m->options->policy.limit[i] || c == SBX_N_CONTROLLERS ||
		    !(m->host->places->missing & 1U << c) || has_substitute(m, c))
			continue;
		m->plan->unenforced |= 1U << c;
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s--%s",
			 *names ? ", " : "", sbx_limit_name(i));
	}
	if (!*names)
		return 0;
	if (!m->options->best_effort)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"%s: no cgroup here lets this user set it; run as root or in a "
				"delegated cgroup, or accept less with --best-effort",
				names);
	const char *memory = m->plan->unenforced & 1U << SBX_CONTROLLER_MEMORY
				     ? " (--memory holds for each process's data alone)"
				     : "";
	return sbx_plan_warn(m, err, "%s: not enforced here, no cgroup lets this user set it%s",
			     names, memory);
}

/* What nobody can hold on a folder; where it is held, it is looked at once more when mounted. */
static int settle_layer(struct sbx_plan_maker *m, struct sbx_error *err)
{
	const struct sbx_options *o = m->options;
	if (!o->layer || !o->best_effort || !m->host->has_wide_layer)
		return 0;
	m->plan->unenforced |= SBX_UNENFORCED_DISK;
	return sbx_plan_warn(
		m, err, "--disk: not enforced for --layer %s, its file system is larger", o->layer);
}

/*
 * What counts among the sandbox's own ids and files. Other capabilities are about namespaces or the
 * machine, which belong to the host's root and not to a user namespace inside.
 */
#define COUNTS_INSIDE (SBX_BUILD_CAPABILITIES | SBX_CAPABILITY(DAC_READ_SEARCH))

/* Why root inside shall not be nobody outside; NULL: it may. */
static const char *against_user_namespace(const struct sbx_options *o)
{
	if (o->profile == SBX_PROFILE_BUILD)
		return "maintainer scripts write files with owners of the host";
	if (o->policy.capabilities & ~COUNTS_INSIDE)
		return "what --cap asks for counts for nothing there";
	if (o->uid >= SBX_IDS_IN_EACH)
		return "--user is above 65535, the last number inside";
	return NULL;
}

bool sbx_plan_wants_ids(const struct sbx_options *options, const struct sbx_host *host)
{
	return host->privileged && options->policy.userns >= SBX_USERNS_AUTO &&
	       !against_user_namespace(options);
}

static int settle_user_namespace(struct sbx_plan_maker *m, struct sbx_error *err)
{
	enum sbx_userns asked = m->options->policy.userns;
	bool zygote = m->host->maps_all_ids && !m->host->is_nested;
	/* Root of zygotes is nobody already. */
	if ((!m->host->privileged && !zygote) || asked < SBX_USERNS_AUTO || m->host->first_id)
		return 0;
	const char *why =
		zygote ? "zygotes have the ids of the host here, and what is forked from them too"
		       : against_user_namespace(m->options);
	why = why ? why : m->host->no_userns;
	m->plan->maps_ids = !why;
	if (!why || asked == SBX_USERNS_AUTO)
		return 0;
	if (!m->options->best_effort)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"--user-namespace yes: %s; ask for auto, if policies allow it, or "
				"accept less with --best-effort",
				why);
	m->plan->unenforced |= SBX_UNENFORCED_USERNS;
	return sbx_plan_warn(m, err, "--user-namespace: root inside is root outside here: %s", why);
}

int sbx_plan_settle(struct sbx_plan_maker *m, struct sbx_error *err)
{
	return check_limits(m, err) < 0 || settle_layer(m, err) < 0 ||
			       settle_user_namespace(m, err) < 0
		       ? -1
		       : 0;
}
