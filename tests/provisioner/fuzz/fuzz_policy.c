/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy with whatever in it: it is refused for a reason, or it is one that prints as a text
 * which reads back as the same, and that is no laxer than itself.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "provisioner/policy.h"
#include "tests/lib/fuzz/fuzz.h"

static void add_text(const struct sbx_policy *policy, struct sbx_buffer *out)
{
	sbx_policy_add_text(policy, out);
	if (out->failed)
		abort();
}

static void must_be_alike(const struct sbx_policy *one, const struct sbx_policy *two)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer a = SBX_BUFFER_INIT, b = SBX_BUFFER_INIT;
	add_text(one, &a);
	add_text(two, &b);
	if (a.n_bytes != b.n_bytes || (a.n_bytes && memcmp(a.data, b.data, a.n_bytes) != 0))
		abort();
}

static void look(const struct sbx_policy *policy, struct sbx_policy_keys *keys)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	struct sbx_policy again = {0}, same = *policy;
	struct sbx_error err = SBX_ERROR_INIT;
	add_text(policy, &text);
	if (sbx_policy_parse(&again, text.data ? text.data : "", text.n_bytes, "again", keys,
			     &err) < 0)
		abort();
	must_be_alike(policy, &again);
	if (sbx_policy_restrict(&same, &again, &err) < 0)
		abort();
	must_be_alike(policy, &same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	SBX_CLEANUP_POLICY_KEYS struct sbx_policy_keys keys = {0};
	struct sbx_policy policy = {0};
	struct sbx_error err = SBX_ERROR_INIT;
	int result = sbx_policy_parse(&policy, (const char *)data, n_bytes, "fuzz", &keys, &err);
	if ((result < 0) != (err.code != SBX_OK) || (result < 0 && !*err.message))
		abort();
	if (result == 0)
		look(&policy, &keys);
	return 0;
}
