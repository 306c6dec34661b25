/* SPDX-License-Identifier: Apache-2.0 */
/* Limits and posture of a sandbox while it runs. */
#include <stdio.h>
#include <string.h>

#include "base/classes.h"
#include "base/fd.h"
#include "provisioner/serve.h"
#include "provisioner/supervise.h"

static void add_fixed(struct sbx_buffer *out, const char *what)
{
	sbx_buffer_add(out, what, strlen(what) + 1);
}

static int set_limit(struct sbx_entry *e, enum sbx_limit limit, uint64_t value,
		     struct sbx_error *err)
{
	struct sbx_sandbox *s = e->sandbox;
	if (limit == SBX_LIMIT_TIMEOUT)
		sbx_supervise_set_timeout(s, value);
	else if (limit == SBX_LIMIT_GRACE)
		s->grace_usec = value;
	else if (limit == SBX_LIMIT_OUTPUT && s->relay.is_active)
		s->relay.limit = value ? value : UINT64_MAX;
	else if (s->backend->set_limit(s, limit, value, err) < 0)
		return -1;
	s->policy.limit[limit] = value;
	return 0;
}

/* --NAME=VALUE of a limit; "none" takes it off. Either way, but not beyond what the host allows. */
static int set_one_limit(struct sbx_server *server, struct sbx_entry *e, const char *word,
			 struct sbx_error *err)
{
	const uint64_t *most = server->slots.ceiling.limit;
	for (unsigned i = 0; i < SBX_N_LIMITS; i++) {
		const char *name = sbx_limit_name((enum sbx_limit)i);
		size_t n = strlen(name);
		uint64_t value = 0;
		if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, name, n) != 0 ||
		    word[2 + n] != '=')
			continue;
		const char *text = word + 3 + n;
		if (strcmp(text, "none") != 0 &&
		    sbx_limit_parse((enum sbx_limit)i, text, &value, err) < 0)
			return sbx_error_prefix(err, "--%s", name);
		if (most[i] && (!value || value > most[i]))
			return sbx_fail(err, SBX_E_DENIED,
					"--%s: the host allows at most %llu to a sandbox", name,
					(unsigned long long)most[i]);
		return set_limit(e, (enum sbx_limit)i, value, err);
	}
	return sbx_fail(err, SBX_E_USAGE,
			"'%s': cannot be set; expected --LIMIT=VALUE, --LIMIT=none, "
			"--syscalls=CLASSES or --policy=POSTURE",
			word);
}

/* A posture: what it holds down is held down from now on, as far as it can be. */
static int apply_policy(struct sbx_entry *e, const struct sbx_policy *policy,
			struct sbx_buffer *out_fixed, struct sbx_error *err)
{
	struct sbx_sandbox *s = e->sandbox;
	struct sbx_policy to = s->policy;
	if (sbx_policy_restrict(&to, policy, err) < 0)
		return -1;
	if (to.net != s->policy.net)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"the host's network cannot be taken from a sandbox that has it; "
				"destroy it and make another one");
	for (unsigned i = 0; i < SBX_N_LIMITS; i++) {
		struct sbx_error first = SBX_ERROR_INIT;
		if (to.limit[i] == s->policy.limit[i] ||
		    set_limit(e, (enum sbx_limit)i, to.limit[i], &first) == 0)
			continue;
		if (first.code != SBX_E_UNSUPPORTED)
			return sbx_error_propagate(err, &first);
		add_fixed(out_fixed, sbx_limit_name((enum sbx_limit)i));
	}
	if (to.has_capabilities && to.capabilities != s->policy.capabilities)
		add_fixed(out_fixed, "capabilities");
	if (policy->has_writable || policy->hidden.n || policy->read_only.n)
		add_fixed(out_fixed, "files");
	return s->backend->tighten(s, policy, err);
}

static int set_policy(struct sbx_entry *e, const char *name, struct sbx_buffer *out_fixed,
		      struct sbx_error *err)
{
	SBX_CLEANUP_POLICY_KEYS struct sbx_policy_keys keys = {0};
	struct sbx_policy policy = {0};
	size_t n = 0;
	if (strchr(name, '/'))
		return sbx_fail(err, SBX_E_DENIED, "--policy=%s: name a posture, no file", name);
	SBX_CLEANUP_FREE char *text = sbx_policy_find(name, &n, err);
	if (!text || sbx_policy_parse(&policy, text, n, name, &keys, err) < 0)
		return -1;
	return apply_policy(e, &policy, out_fixed, err);
}

int sbx_entry_set(struct sbx_server *s, struct sbx_entry *e, const char *const *words,
		  struct sbx_buffer *out_fixed, struct sbx_error *err)
{
	if (!e->has_answer)
		return sbx_fail(err, SBX_E_BUSY, "sandbox %u: is just being made", e->number);
	for (; *words; words++) {
		struct sbx_policy policy = {.has_classes = true};
		int failed;
		if (strncmp(*words, "--policy=", 9) == 0)
			failed = set_policy(e, *words + 9, out_fixed, err);
		else if (strncmp(*words, "--syscalls=", 11) == 0)
			failed = sbx_classes_parse(*words + 11, &policy.classes, err) < 0
					 ? -1
					 : e->sandbox->backend->tighten(e->sandbox, &policy, err);
		else
			failed = set_one_limit(s, e, *words, err);
		if (failed < 0)
			return -1;
	}
	return 0;
}
