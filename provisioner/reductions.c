/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/reductions.h"

#include <stdio.h>
#include <string.h>

#include "base/classes.h"

static uint64_t value_of(const struct sbx_policy *policy, unsigned what)
{
	switch (what) {
	case SBX_REDUCED_NET:
		return policy->net;
	case SBX_REDUCED_USERNS:
		return policy->userns;
	case SBX_REDUCED_CAPABILITIES:
		return policy->capabilities;
	case SBX_REDUCED_CLASSES:
		return policy->has_classes ? policy->classes : 0;
	default:
		return policy->limit[what];
	}
}

static bool is_set(unsigned what)
{
	return what == SBX_REDUCED_CAPABILITIES || what == SBX_REDUCED_CLASSES;
}

/* Of a set each policy may take its part: all of them are named. */
static void add_name(struct sbx_reduction *one, bool joins, const char *by)
{
	size_t n = joins ? strlen(one->by) : 0;
	snprintf(one->by + n, sizeof(one->by) - n, "%s%s", n ? ", " : "", by);
}

void sbx_reductions_note(struct sbx_reductions *r, const struct sbx_policy *asked,
			 const struct sbx_policy *before, const struct sbx_policy *after,
			 const char *by)
{
	for (unsigned what = 0; what < SBX_N_REDUCIBLE; what++) {
		uint64_t wish = value_of(asked, what), from = value_of(before, what),
			 to = value_of(after, what);
		if (is_set(what)) {
			from &= wish;
			to &= wish;
		}
		if (!wish || from == to)
			continue;
		struct sbx_reduction *one = &r->of[what];
		add_name(one, one->asked && is_set(what), by);
		one->asked = wish;
		one->got = to;
	}
}

static const char *name_of(unsigned what)
{
	static const char *const names[] = {
		[SBX_REDUCED_NET - SBX_N_LIMITS] = "net",
		[SBX_REDUCED_USERNS - SBX_N_LIMITS] = "user-namespace",
		[SBX_REDUCED_CAPABILITIES - SBX_N_LIMITS] = "cap",
		[SBX_REDUCED_CLASSES - SBX_N_LIMITS] = "syscalls",
	};
	return what < SBX_N_LIMITS ? sbx_limit_name(what) : names[what - SBX_N_LIMITS];
}

static void add_names(uint64_t set, const char *(*name)(unsigned), struct sbx_buffer *out)
{
	const char *comma = "";
	for (unsigned i = 0; i < 64; i++) {
		if (!(set & UINT64_C(1) << i) || !name(i))
			continue;
		sbx_buffer_printf(out, "%s%s", comma, name(i));
		comma = ",";
	}
}

static const char *class_name(unsigned i)
{
	return i < SBX_N_CLASSES ? sbx_classes[i].name : NULL;
}

/* As an option or a policy says it. */
static void add_value(unsigned what, uint64_t value, struct sbx_buffer *out)
{
	switch (what) {
	case SBX_REDUCED_NET:
		return sbx_buffer_add_string(out, sbx_net_name((enum sbx_net)value));
	case SBX_REDUCED_USERNS:
		return sbx_buffer_add_string(out, sbx_userns_name((enum sbx_userns)value));
	case SBX_REDUCED_CAPABILITIES:
		return add_names(value, sbx_capability_name, out);
	case SBX_REDUCED_CLASSES:
		return add_names(value, class_name, out);
	default:
		return sbx_limit_add_value((enum sbx_limit)what, value, out);
	}
}

void sbx_reductions_add_lines(const struct sbx_reductions *r, const char *prefix,
			      struct sbx_buffer *out)
{
	for (unsigned what = 0; what < SBX_N_REDUCIBLE; what++) {
		const struct sbx_reduction *one = &r->of[what];
		if (!one->asked)
			continue;
		sbx_buffer_printf(out, "%s--%s ", prefix, name_of(what));
		add_value(what, one->asked, out);
		sbx_buffer_add_string(out, ": reduced to ");
		size_t n = out->n_bytes;
		add_value(what, one->got, out);
		if (out->n_bytes == n)
			sbx_buffer_add_string(out, "none");
		sbx_buffer_printf(out, " because of %s\n", one->by);
	}
}

static void add_json_value(const char *key, unsigned what, uint64_t value, struct sbx_json *w)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	add_value(what, value, &text);
	sbx_json_string(w, key, text.n_bytes ? text.data : "");
}

void sbx_reductions_add_json(const struct sbx_reductions *r, struct sbx_json *w)
{
	sbx_json_begin_array(w, "reduced");
	for (unsigned what = 0; r && what < SBX_N_REDUCIBLE; what++) {
		const struct sbx_reduction *one = &r->of[what];
		if (!one->asked)
			continue;
		sbx_json_begin_object(w, NULL);
		sbx_json_string(w, "option", name_of(what));
		add_json_value("asked", what, one->asked, w);
		add_json_value("got", what, one->got, w);
		sbx_json_string(w, "because", one->by);
		sbx_json_end_object(w);
	}
	sbx_json_end_array(w);
}
