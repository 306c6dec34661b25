/* SPDX-License-Identifier: Apache-2.0 */
/* Two policies into one. */
#include <string.h>

#include "provisioner/policy.h"

static uint64_t stricter_limit(uint64_t a, uint64_t b)
{
	return !a ? b : !b ? a : a < b ? a : b;
}

static bool has_path(const struct sbx_paths *paths, const char *path)
{
	for (unsigned i = 0; i < paths->n; i++)
		if (strcmp(paths->path[i], path) == 0)
			return true;
	return false;
}

static int add_path(struct sbx_paths *paths, const char *path, struct sbx_error *err)
{
	if (has_path(paths, path))
		return 0;
	if (paths->n == SBX_MAX_PATHS)
		return sbx_fail(
			err, SBX_E_INPUT,
			"the policies name more than %d paths or patterns together; join some",
			SBX_MAX_PATHS);
	/* Sorted: which policy came first makes no difference. */
	unsigned at = paths->n++;
	for (; at > 0 && strcmp(paths->path[at - 1], path) > 0; at--)
		paths->path[at] = paths->path[at - 1];
	paths->path[at] = path;
	return 0;
}

static int add_paths(struct sbx_paths *into, const struct sbx_paths *from, struct sbx_error *err)
{
	for (unsigned i = 0; i < from->n; i++)
		if (add_path(into, from->path[i], err) < 0)
			return -1;
	return 0;
}

/* Is it one of those, or below one? A pattern is only below a plain path, or equal. */
static bool is_covered(const char *path, const struct sbx_paths *by)
{
	for (unsigned i = 0; i < by->n; i++) {
		size_t n = strlen(by->path[i]);
		if (strcmp(path, by->path[i]) == 0 || strcmp(by->path[i], "/") == 0)
			return true;
		if (!strpbrk(by->path[i], "*?[\\") && strncmp(path, by->path[i], n) == 0 &&
		    path[n] == '/')
			return true;
	}
	return false;
}

/* What both let be written to. */
static int intersect_writable(struct sbx_policy *policy, const struct sbx_policy *other,
			      struct sbx_error *err)
{
	const struct sbx_paths mine = policy->writable, *theirs = &other->writable;
	if (!other->has_writable)
		return 0;
	if (!policy->has_writable) {
		policy->has_writable = true;
		policy->writable = (struct sbx_paths){0};
		return add_paths(&policy->writable, theirs, err);
	}
	policy->writable = (struct sbx_paths){0};
	for (unsigned i = 0; i < mine.n; i++)
		if (is_covered(mine.path[i], theirs) &&
		    add_path(&policy->writable, mine.path[i], err) < 0)
			return -1;
	for (unsigned i = 0; i < theirs->n; i++)
		if (is_covered(theirs->path[i], &mine) &&
		    add_path(&policy->writable, theirs->path[i], err) < 0)
			return -1;
	return 0;
}

int sbx_policy_restrict(struct sbx_policy *policy, const struct sbx_policy *other,
			struct sbx_error *err)
{
	for (unsigned i = 0; i < SBX_N_LIMITS; i++)
		policy->limit[i] = stricter_limit(policy->limit[i], other->limit[i]);
	if (other->net && (!policy->net || other->net < policy->net))
		policy->net = other->net;
	if (other->userns > policy->userns)
		policy->userns = other->userns;
	if (other->has_classes) {
		policy->classes =
			policy->has_classes ? policy->classes & other->classes : other->classes;
		policy->has_classes = true;
	}
	if (other->has_capabilities) {
		policy->capabilities = policy->has_capabilities
					       ? policy->capabilities & other->capabilities
					       : other->capabilities;
		policy->has_capabilities = true;
	}
	if (other->unknown > policy->unknown)
		policy->unknown = other->unknown;
	if (other->dangerous > policy->dangerous)
		policy->dangerous = other->dangerous;
	policy->no_zygote = policy->no_zygote || other->no_zygote;
	policy->only_predicted = policy->only_predicted || other->only_predicted;
	policy->most_bytes = stricter_limit(policy->most_bytes, other->most_bytes);
	if (other->secrets > policy->secrets)
		policy->secrets = other->secrets;
	if (add_paths(&policy->hidden, &other->hidden, err) < 0 ||
	    add_paths(&policy->patterns, &other->patterns, err) < 0 ||
	    add_paths(&policy->read_only, &other->read_only, err) < 0)
		return -1;
	return intersect_writable(policy, other, err);
}

void sbx_policy_fill(struct sbx_policy *policy, const struct sbx_policy *other)
{
	for (unsigned i = 0; i < SBX_N_LIMITS; i++)
		if (!policy->limit[i])
			policy->limit[i] = other->limit[i];
	if (!policy->net)
		policy->net = other->net;
	if (!policy->userns)
		policy->userns = other->userns;
	if (!policy->has_classes) {
		policy->has_classes = other->has_classes;
		policy->classes = other->classes;
	}
	if (!policy->has_capabilities) {
		policy->has_capabilities = other->has_capabilities;
		policy->capabilities = other->capabilities;
	}
	if (!policy->unknown)
		policy->unknown = other->unknown;
	if (!policy->dangerous)
		policy->dangerous = other->dangerous;
	policy->no_zygote = policy->no_zygote || other->no_zygote;
	policy->only_predicted = policy->only_predicted || other->only_predicted;
	if (!policy->most_bytes)
		policy->most_bytes = other->most_bytes;
	if (!policy->secrets)
		policy->secrets = other->secrets;
	if (!policy->patterns.n)
		policy->patterns = other->patterns;
	if (!policy->hidden.n)
		policy->hidden = other->hidden;
	if (!policy->read_only.n)
		policy->read_only = other->read_only;
	if (!policy->has_writable) {
		policy->has_writable = other->has_writable;
		policy->writable = other->writable;
	}
}
