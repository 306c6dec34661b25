/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/words.h"

#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "provisioner/source.h"

/* Everything else in the table of options is about whoever types a command. */
static bool may_be_asked(const struct sbx_option *row)
{
	static const char *const allowed[] = {
		"env", "workdir", "hostname", "user", "net",	     "syscalls",
		"cap", "policy",  "defaults", "sys",  "best-effort", "user-namespace",
		"dns", "record"};
	static const char *const shared[] = {"bind", "ro-bind", "overlay", "layer"};
	for (unsigned i = 0; i < SBX_N_LIMITS; i++)
		if (strcmp(row->name, sbx_limit_name((enum sbx_limit)i)) == 0)
			return true;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (strcmp(row->name, allowed[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (strcmp(row->name, shared[i]) == 0)
			return true;
	return false;
}

static int check_value(const struct sbx_option *row, const char *value, struct sbx_error *err)
{
	bool names_policy = strcmp(row->name, "policy") == 0 || strcmp(row->name, "defaults") == 0;
	if (names_policy && strchr(value, '/'))
		return sbx_fail(err, SBX_E_DENIED,
				"--%s %s: a client names a posture or one of the host's policies, "
				"no file",
				row->name, value);
	return 0;
}

int sbx_words_check(const struct sbx_slots *slots, int argc, char *const *argv,
		    struct sbx_error *err)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const char *equals = strchr(argv[i], '=');
		const struct sbx_option *row =
			strncmp(argv[i], "--", 2) == 0
				? sbx_option_find(argv[i] + 2,
						  equals ? (size_t)(equals - argv[i] - 2)
							 : strlen(argv[i] + 2))
				: NULL;
		/* What is no option at all the parser refuses. */
		if (argv[i][0] != '-' || !row)
			continue;
		if (!may_be_asked(row))
			return sbx_fail(err, SBX_E_DENIED,
					"--%s: is not for clients of a server; leave it out",
					row->name);
		const char *value = !row->arg ? NULL : equals ? equals + 1 : argv[i + 1];
		if (row->arg && !equals)
			i++;
		if (i < argc && value && check_value(row, value, err) < 0)
			return -1;
	}
	return 0;
}

/* To say so early; what is mounted is opened in the same way. */
static int check_path(const struct sbx_slots *slots, const char *what, const char *path,
		      struct sbx_error *err)
{
	static const char *const nothing[] = {NULL};
	const struct sbx_source_base base = {.shared = slots->shared ? slots->shared : nothing};
	SBX_CLEANUP_FD int fd = sbx_source_open(&base, path, O_PATH, err);
	return fd < 0 ? sbx_error_prefix(err, "%s", what) : 0;
}

int sbx_words_check_options(const struct sbx_slots *slots, const struct sbx_options *o,
			    struct sbx_error *err)
{
	if (strchr(o->template, '/') && check_path(slots, "template", o->template, err) < 0)
		return -1;
	if (o->layer && check_path(slots, "--layer", o->layer, err) < 0)
		return -1;
	for (size_t i = 0; i < o->n_binds; i++)
		if (check_path(slots, "--bind", o->binds[i].source, err) < 0)
			return -1;
	return 0;
}
