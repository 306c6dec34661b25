/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RUN_ALLOWANCE_H
#define SBX_BUILDER_RUN_ALLOWANCE_H

#include "builder/context.h"
#include "builder/index/profile.h"

/*
 * What a task may take and do at most. Only sbx-provision knows what policies mean and how they
 * come together; it is asked, and answers with a key file (docs/provisioner.md, "Policies").
 */
struct sbx_allowance {
	gboolean has_network;
	guint64 memory_bytes; /* 0: no limit */
	double timeout_seconds;
	gboolean only_predicted; /* no more than the system calls that the profile predicts */
	char **classes;		 /* only these, NULL: all */
	/* Of what it leaves in /output. */
	guint64 most_bytes; /* 0: no limit */
	gboolean refuses_secrets, redacts_secrets;
	char **patterns; /* of secrets besides those that are known */
};
void sbx_allowance_release(struct sbx_allowance *allowance);
#define SBX_CLEANUP_ALLOWANCE __attribute__((cleanup(sbx_allowance_release)))

/* `sbx-provision policy WORDS...`: names of policies, or options of a run. */
gboolean sbx_allowance_ask(const char *provisioner, const GPtrArray *words,
			   struct sbx_allowance *out, GError **error);

/*
 * What the task is known to want and will not get, a warning each: the network, memory, time,
 * classes of system calls; with the place in its source and the option that gives it.
 */
void sbx_allowance_tell(const struct sbx_allowance *allowance, struct sbx_context *ctx,
			const struct sbx_profile *profile);

#endif
