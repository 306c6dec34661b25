/* SPDX-License-Identifier: Apache-2.0 */
/* A policy's text, read and written. */
#include "provisioner/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/classes.h"
#include "base/json_read.h"
#include "provisioner/values.h"

/* What a key's function gets: the value, and where lists are kept. */
struct reading {
	struct sbx_policy *policy;
	struct sbx_keyfile *keys;
	const char *value;
	struct sbx_error *err;
};

static int set_net(struct reading *r)
{
	return sbx_net_parse(r->value, &r->policy->net, r->err);
}

static const char *const refusals[] = {"", "enosys", "eperm", "kill"};

static int set_refusal(struct reading *r, enum sbx_refusal first, enum sbx_refusal *out)
{
	for (unsigned i = first; i <= SBX_REFUSAL_KILL; i++)
		if (strcmp(r->value, refusals[i]) == 0) {
			*out = i;
			return 0;
		}
	return sbx_fail(r->err, SBX_E_INPUT, "'%s': expected %seperm or kill", r->value,
			first == SBX_REFUSAL_ENOSYS ? "enosys, " : "");
}

static int set_unknown(struct reading *r)
{
	return set_refusal(r, SBX_REFUSAL_ENOSYS, &r->policy->unknown);
}

static int set_dangerous(struct reading *r)
{
	return set_refusal(r, SBX_REFUSAL_EPERM, &r->policy->dangerous);
}

/* The items of a list as `a,b,c`, which classes are written as on the command line. */
static int set_classes(struct reading *r)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer list = SBX_BUFFER_INIT;
	const char *const *item = sbx_keyfile_split(r->keys, r->value);
	for (; item && *item; item++)
		sbx_buffer_printf(&list, "%s%s", list.n_bytes ? "," : "", *item);
	if (!item || list.failed)
		return sbx_fail_os(r->err, SBX_E_NO_SPACE, ENOMEM, "policy");
	r->policy->has_classes = true;
	return sbx_classes_parse(list.data ? list.data : "base", &r->policy->classes, r->err);
}

static int set_capabilities(struct reading *r)
{
	const char *const *item = sbx_keyfile_split(r->keys, r->value);
	if (!item)
		return sbx_fail_os(r->err, SBX_E_NO_SPACE, ENOMEM, "policy");
	r->policy->has_capabilities = true;
	r->policy->capabilities = 0;
	for (; *item; item++) {
		int number = sbx_capability_find(*item);
		if (number < 0)
			return sbx_fail(r->err, SBX_E_INPUT,
					"'%s': no capability; capabilities(7) lists them", *item);
		r->policy->capabilities |= UINT64_C(1) << number;
	}
	return 0;
}

static int set_switch(struct reading *r, bool *out, const char *on, const char *off)
{
	*out = strcmp(r->value, on) == 0;
	return *out || strcmp(r->value, off) == 0
		       ? 0
		       : sbx_fail(r->err, SBX_E_INPUT, "'%s': expected yes or no", r->value);
}

static int set_zygote(struct reading *r)
{
	return set_switch(r, &r->policy->no_zygote, "no", "yes");
}

static int set_predicted(struct reading *r)
{
	return set_switch(r, &r->policy->only_predicted, "yes", "no");
}

static int set_most_bytes(struct reading *r)
{
	return sbx_parse_bytes(r->value, &r->policy->most_bytes, r->err);
}

static int set_secrets(struct reading *r)
{
	bool refuse = strcmp(r->value, "refuse") == 0;
	if (!refuse && strcmp(r->value, "redact") != 0)
		return sbx_fail(r->err, SBX_E_INPUT, "'%s': expected redact or refuse", r->value);
	r->policy->secrets = refuse ? SBX_SECRETS_REFUSE : SBX_SECRETS_REDACT;
	return 0;
}

static int set_userns(struct reading *r)
{
	return sbx_userns_parse(r->value, &r->policy->userns, r->err);
}

static bool is_plain_path(const char *path)
{
	size_t n = strlen(path);
	return path[0] == '/' && !strstr(path, "//") && !strstr(path, "/../") &&
	       !strstr(path, "/./") && (n == 1 || path[n - 1] != '/') &&
	       !(n >= 3 && strcmp(path + n - 3, "/..") == 0);
}

static int set_list(struct reading *r, bool (*is_good)(const char *), const char *expected,
		    struct sbx_paths *out)
{
	const char *const *item = sbx_keyfile_split(r->keys, r->value);
	struct sbx_policy one = {0}, two = {0};
	if (!item)
		return sbx_fail_os(r->err, SBX_E_NO_SPACE, ENOMEM, "policy");
	for (; *item; item++) {
		if (is_good && !is_good(*item))
			return sbx_fail(r->err, SBX_E_INPUT, "'%s': expected %s", *item, expected);
		/* Sorted and without doubles, as restricting leaves them. */
		two.hidden = (struct sbx_paths){.path = {*item}, .n = 1};
		if (sbx_policy_restrict(&one, &two, r->err) < 0)
			return -1;
	}
	*out = one.hidden;
	return 0;
}

static int set_paths(struct reading *r, struct sbx_paths *out)
{
	return set_list(r, is_plain_path,
			"an absolute path inside, without '..' and '/' at its end", out);
}

static int set_patterns(struct reading *r)
{
	return set_list(r, NULL, NULL, &r->policy->patterns);
}

static int set_hidden(struct reading *r)
{
	return set_paths(r, &r->policy->hidden);
}

static int set_read_only(struct reading *r)
{
	return set_paths(r, &r->policy->read_only);
}

static int set_writable(struct reading *r)
{
	r->policy->has_writable = true;
	return set_paths(r, &r->policy->writable);
}

/* For people alone; `extends` is looked at before. */
static int set_nothing(struct reading *r)
{
	return 0;
}

static const struct {
	const char *section, *key;
	int (*set)(struct reading *r);
} keys[] = {
	{"policy", "description", set_nothing},
	{"policy", "extends", set_nothing},
	{"network", "mode", set_net},
	{"system-calls", "classes", set_classes},
	{"system-calls", "unknown", set_unknown},
	{"system-calls", "dangerous", set_dangerous},
	{"capabilities", "keep", set_capabilities},
	{"files", "hidden", set_hidden},
	{"files", "read-only", set_read_only},
	{"files", "writable", set_writable},
	{"isolation", "user-namespace", set_userns},
	{"start", "zygote", set_zygote},
	{"system-calls", "predicted", set_predicted},
	{"output", "max-bytes", set_most_bytes},
	{"output", "secrets", set_secrets},
	{"output", "patterns", set_patterns},
};

static int take_limit(struct reading *r, const char *key, bool *out_found)
{
	for (unsigned i = 0; i < SBX_N_LIMITS; i++)
		if (strcmp(key, sbx_limit_name(i)) == 0) {
			*out_found = true;
			return sbx_limit_parse(i, r->value, &r->policy->limit[i], r->err);
		}
	return 0;
}

static int take_entry(struct reading *r, const struct sbx_keyfile_entry *entry)
{
	bool found = false;
	int status = 0;
	r->value = entry->value;
	if (strcmp(entry->section, "limits") == 0)
		status = take_limit(r, entry->key, &found);
	for (size_t i = 0; !found && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].section, entry->section) == 0 &&
		    strcmp(keys[i].key, entry->key) == 0) {
			found = true;
			status = keys[i].set(r);
		}
	if (!found)
		return sbx_fail(r->err, SBX_E_INPUT,
				"[%s] %s: policies have no such key; docs/provisioner.md lists "
				"them",
				entry->section, entry->key);
	if (status < 0) {
		/* A value's own message is about an option. */
		r->err->code = r->err->code == SBX_E_USAGE ? SBX_E_INPUT : r->err->code;
		return sbx_error_prefix(r->err, "[%s] %s", entry->section, entry->key);
	}
	return 0;
}

/* What it extends: a posture, none of which extends another. */
static int take_base(struct sbx_policy *policy, const struct sbx_keyfile *own,
		     struct sbx_policy_keys *keys_read, struct sbx_error *err)
{
	const char *name = sbx_keyfile_get(own, "policy", "extends");
	for (const struct sbx_posture *p = sbx_postures; name && p->name; p++) {
		struct sbx_policy base = {0};
		if (strcmp(p->name, name) != 0)
			continue;
		if (sbx_policy_parse(&base, p->text, *p->n_bytes, name, keys_read, err) < 0)
			return -1;
		sbx_policy_fill(policy, &base);
		return 0;
	}
	return !name ? 0
		     : sbx_fail(err, SBX_E_INPUT,
				"[policy] extends: '%s': expected low, medium, high or paranoid",
				name);
}

static struct sbx_keyfile *read_keys(const char *text, size_t n_bytes, const char *where,
				     struct sbx_error *err)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer as_keys = SBX_BUFFER_INIT;
	size_t blanks = 0;
	while (blanks < n_bytes && strchr(" \t\r\n", text[blanks]))
		blanks++;
	if (blanks == n_bytes || text[blanks] != '{')
		return sbx_keyfile_parse(text, n_bytes, where, err);
	if (sbx_policy_json_to_keys(text, n_bytes, &as_keys, err) < 0) {
		sbx_error_prefix(err, "%s", where);
		return NULL;
	}
	return sbx_keyfile_parse(as_keys.data ? as_keys.data : "", as_keys.n_bytes, where, err);
}

int sbx_policy_parse(struct sbx_policy *policy, const char *text, size_t n_bytes, const char *where,
		     struct sbx_policy_keys *keys_read, struct sbx_error *err)
{
	if (keys_read->n == SBX_MAX_POLICY_KEYS)
		return sbx_fail(err, SBX_E_INPUT, "%s: more than %d policies; join some in a file",
				where, SBX_MAX_POLICY_KEYS);
	struct sbx_keyfile *own = read_keys(text, n_bytes, where, err);
	if (!own)
		return -1;
	keys_read->of[keys_read->n++] = own;
	struct sbx_policy made = {0};
	struct reading r = {.policy = &made, .keys = own, .err = err};
	size_t n = 0;
	const struct sbx_keyfile_entry *entries = sbx_keyfile_entries(own, &n);
	for (size_t i = 0; i < n; i++)
		if (take_entry(&r, &entries[i]) < 0)
			return sbx_error_prefix(err, "%s", where);
	if (take_base(&made, own, keys_read, err) < 0)
		return sbx_error_prefix(err, "%s", where);
	*policy = made;
	return 0;
}

void sbx_policy_keys_release(struct sbx_policy_keys *keys_read)
{
	while (keys_read->n)
		sbx_keyfile_free(keys_read->of[--keys_read->n]);
}
