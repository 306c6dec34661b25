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
		s->grace_usec = sbx_grace_usec(value);
	else if (limit == SBX_LIMIT_OUTPUT && s->relay.is_active)
		s->relay.limit = value ? value : UINT64_MAX;
	else if (s->backend->set_limit(s, limit, value, err) < 0)
		return -1;
	s->policy.limit[limit] = value;
	return 0;
}

/*
 * What a request comes to. All its words are read before anything is done, and what was done is
 * taken back when something cannot be: a request holds as a whole or not at all.
 */
struct change {
	uint64_t limit[SBX_N_LIMITS]; /* what shall hold */
	bool is_named[SBX_N_LIMITS];  /* by the client: then what is fixed is an error */
	bool tightens;
	struct sbx_policy tight;      /* system calls alone */
	struct sbx_buffer *out_fixed; /* what a posture asks for and is fixed */
};

/* --NAME=VALUE of a limit; "none" takes it off. Either way, but not beyond what the host allows. */
static int read_limit(const struct sbx_server *server, struct change *to, const char *word,
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
		to->limit[i] = value;
		to->is_named[i] = true;
		return 0;
	}
	return sbx_fail(err, SBX_E_USAGE,
			"'%s': cannot be set; expected --LIMIT=VALUE, --LIMIT=none, "
			"--syscalls=CLASSES or --policy=POSTURE",
			word);
}

static int add_tight(struct change *to, const struct sbx_policy *policy, struct sbx_error *err)
{
	const struct sbx_policy calls = {
		.has_classes = policy->has_classes,
		.classes = policy->classes,
		.unknown = policy->unknown,
		.dangerous = policy->dangerous,
	};
	to->tightens = true;
	return sbx_policy_restrict(&to->tight, &calls, err);
}

/* A posture: what it holds down is held down from now on, as far as it can be. */
static int add_policy(const struct sbx_policy *now, struct change *to,
		      const struct sbx_policy *policy, struct sbx_error *err)
{
	struct sbx_policy limits = {0};
	if (policy->net && policy->net < now->net)
		return sbx_fail(err, SBX_E_UNSUPPORTED,
				"the host's network cannot be taken from a sandbox that has it; "
				"destroy it and make another one");
	memcpy(limits.limit, to->limit, sizeof(limits.limit));
	if (sbx_policy_restrict(&limits, policy, err) < 0)
		return -1;
	memcpy(to->limit, limits.limit, sizeof(limits.limit));
	if (policy->has_capabilities && now->capabilities & ~policy->capabilities)
		add_fixed(to->out_fixed, "capabilities");
	if (policy->has_writable || policy->hidden.n || policy->read_only.n)
		add_fixed(to->out_fixed, "files");
	return add_tight(to, policy, err);
}

static int read_policy(const struct sbx_policy *now, struct change *to, const char *name,
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
	return add_policy(now, to, &policy, err);
}

static int read_words(const struct sbx_server *server, const struct sbx_policy *now,
		      struct change *to, const char *const *words, struct sbx_error *err)
{
	for (; *words; words++) {
		struct sbx_policy calls = {.has_classes = true};
		int failed;
		if (strncmp(*words, "--policy=", 9) == 0)
			failed = read_policy(now, to, *words + 9, err);
		else if (strncmp(*words, "--syscalls=", 11) == 0)
			failed = sbx_classes_parse(*words + 11, &calls.classes, err) < 0
					 ? -1
					 : add_tight(to, &calls, err);
		else
			failed = read_limit(server, to, *words, err);
		if (failed < 0)
			return -1;
	}
	return 0;
}

static bool is_less(uint64_t a, uint64_t b)
{
	return a && (!b || a < b);
}

/* Those that get less first: only that can fail for what the sandbox has, and be taken back. */
static int set_limits(struct sbx_entry *e, const struct change *to, bool less,
		      struct sbx_error *err)
{
	for (unsigned i = 0; i < SBX_N_LIMITS; i++) {
		struct sbx_error first = SBX_ERROR_INIT;
		uint64_t now = e->sandbox->policy.limit[i];
		/* What is named is set even if it is that already: whether it can be is told. */
		if ((now == to->limit[i] && !to->is_named[i]) || is_less(to->limit[i], now) != less)
			continue;
		if (set_limit(e, (enum sbx_limit)i, to->limit[i], &first) == 0)
			continue;
		if (to->is_named[i] || first.code != SBX_E_UNSUPPORTED)
			return sbx_error_propagate(err, &first);
		add_fixed(to->out_fixed, sbx_limit_name((enum sbx_limit)i));
	}
	return 0;
}

static void take_back(struct sbx_entry *e, const uint64_t before[SBX_N_LIMITS])
{
	for (unsigned i = 0; i < SBX_N_LIMITS; i++)
		if (e->sandbox->policy.limit[i] != before[i])
			set_limit(e, (enum sbx_limit)i, before[i], NULL);
}

int sbx_entry_set(struct sbx_server *s, struct sbx_entry *e, const char *const *words,
		  struct sbx_buffer *out_fixed, struct sbx_error *err)
{
	struct change to = {.out_fixed = out_fixed};
	uint64_t before[SBX_N_LIMITS];
	if (!e->has_answer)
		return sbx_fail(err, SBX_E_BUSY, "sandbox %u: is just being made", e->number);
	struct sbx_sandbox *sandbox = e->sandbox;
	memcpy(before, sandbox->policy.limit, sizeof(before));
	memcpy(to.limit, before, sizeof(before));
	if (read_words(s, &sandbox->policy, &to, words, err) < 0)
		return -1;
	if (set_limits(e, &to, true, err) == 0 && set_limits(e, &to, false, err) == 0 &&
	    (!to.tightens || sandbox->backend->tighten(sandbox, &to.tight, err) == 0))
		return 0;
	take_back(e, before);
	return -1;
}
