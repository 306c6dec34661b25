/* SPDX-License-Identifier: Apache-2.0 */
#include "base/classes.h"
#include "provisioner/policy.h"

/* Microseconds, or shares of a period, as decimals of what they are read in. */
static void add_decimal(unsigned long long value, unsigned scale, struct sbx_buffer *out)
{
	sbx_buffer_printf(out, "%llu", value / scale);
	const char *point = ".";
	for (unsigned long long rest = value % scale; rest; rest %= scale, point = "") {
		scale /= 10;
		sbx_buffer_printf(out, "%s%llu", point, rest / scale);
	}
}

void sbx_limit_add_value(enum sbx_limit limit, uint64_t value, struct sbx_buffer *out)
{
	if (limit == SBX_LIMIT_CPUS)
		add_decimal(value, SBX_CPU_PERIOD_USEC, out);
	else if (limit == SBX_LIMIT_GRACE && value == SBX_GRACE_AT_ONCE)
		sbx_buffer_add_string(out, "0");
	else if (limit == SBX_LIMIT_TIMEOUT || limit == SBX_LIMIT_GRACE)
		add_decimal(value, 1000000, out);
	else
		sbx_buffer_printf(out, "%llu", (unsigned long long)value);
}

static void add_limits(const struct sbx_policy *policy, struct sbx_buffer *out)
{
	sbx_buffer_add_string(out, "[limits]\n");
	for (unsigned i = 0; i < SBX_N_LIMITS; i++) {
		if (!policy->limit[i])
			continue;
		sbx_buffer_printf(out, "%s=", sbx_limit_name(i));
		sbx_limit_add_value(i, policy->limit[i], out);
		sbx_buffer_add_string(out, "\n");
	}
}

static void add_paths(const char *key, const struct sbx_paths *paths, struct sbx_buffer *out)
{
	sbx_buffer_printf(out, "%s=", key);
	for (unsigned i = 0; i < paths->n; i++) {
		for (const char *p = paths->path[i]; *p; p++)
			sbx_buffer_printf(out, "%s%c", *p == ';' || *p == '\\' ? "\\" : "", *p);
		/* Behind the last one too: a line that ends in a backslash goes on in the next. */
		sbx_buffer_add_string(out, ";");
	}
	sbx_buffer_add_string(out, "\n");
}

static void add_files(const struct sbx_policy *policy, struct sbx_buffer *out)
{
	sbx_buffer_add_string(out, "[files]\n");
	if (policy->hidden.n)
		add_paths("hidden", &policy->hidden, out);
	if (policy->read_only.n)
		add_paths("read-only", &policy->read_only, out);
	if (policy->has_writable)
		add_paths("writable", &policy->writable, out);
}

static void add_output(const struct sbx_policy *policy, struct sbx_buffer *out)
{
	static const char *const secrets[] = {"", "redact", "refuse"};
	sbx_buffer_add_string(out, "[output]\n");
	if (policy->most_bytes)
		sbx_buffer_printf(out, "max-bytes=%llu\n", (unsigned long long)policy->most_bytes);
	if (policy->secrets)
		sbx_buffer_printf(out, "secrets=%s\n", secrets[policy->secrets]);
	if (policy->patterns.n)
		add_paths("patterns", &policy->patterns, out);
}

static void add_calls(const struct sbx_policy *policy, struct sbx_buffer *out)
{
	static const char *const refusals[] = {"", "enosys", "eperm", "kill"};
	sbx_buffer_add_string(out, "[system-calls]\n");
	if (policy->has_classes) {
		sbx_buffer_add_string(out, "classes=");
		for (unsigned i = 0; i < SBX_N_CLASSES; i++)
			if (policy->classes & UINT64_C(1) << i)
				sbx_buffer_printf(out, "%s;", sbx_classes[i].name);
		sbx_buffer_add_string(out, "\n");
	}
	if (policy->only_predicted)
		sbx_buffer_add_string(out, "predicted=yes\n");
	if (policy->unknown)
		sbx_buffer_printf(out, "unknown=%s\n", refusals[policy->unknown]);
	if (policy->dangerous)
		sbx_buffer_printf(out, "dangerous=%s\n", refusals[policy->dangerous]);
}

void sbx_policy_add_text(const struct sbx_policy *policy, struct sbx_buffer *out)
{
	if (policy->net)
		sbx_buffer_printf(out, "[network]\nmode=%s\n", sbx_net_name(policy->net));
	if (policy->userns)
		sbx_buffer_printf(out, "[isolation]\nuser-namespace=%s\n",
				  sbx_userns_name(policy->userns));
	add_limits(policy, out);
	if (policy->has_capabilities) {
		sbx_buffer_add_string(out, "[capabilities]\nkeep=");
		for (unsigned i = 0; sbx_capability_name(i); i++)
			if (policy->capabilities & UINT64_C(1) << i)
				sbx_buffer_printf(out, "%s;", sbx_capability_name(i));
		sbx_buffer_add_string(out, "\n");
	}
	add_calls(policy, out);
	add_files(policy, out);
	add_output(policy, out);
	if (policy->no_zygote)
		sbx_buffer_add_string(out, "[start]\nzygote=no\n");
}
