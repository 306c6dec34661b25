/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/words.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

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

/* Is it below a folder that is shared, without a link on the way? */
static bool is_shared(const struct sbx_slots *slots, const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	for (const char *const *folder = slots->shared; folder && *folder; folder++) {
		size_t n = strlen(*folder);
		if (strncmp(path, *folder, n) != 0 || (path[n] != '/' && path[n] != '\0'))
			continue;
		SBX_CLEANUP_FD int dfd = open(*folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
		const char *below = path + n;
		while (*below == '/')
			below++;
		SBX_CLEANUP_FD int fd =
			dfd < 0 ? -1
				: (int)syscall(SYS_openat2, dfd, *below ? below : ".", &how,
					       sizeof(how));
		if (fd >= 0)
			return true;
	}
	return false;
}

static int check_path(const struct sbx_slots *slots, const char *what, const char *path,
		      struct sbx_error *err)
{
	if (is_shared(slots, path))
		return 0;
	return sbx_fail(err, SBX_E_DENIED,
			"%s %s: is not in a folder that the server shares (serve --share), or "
			"behind a link",
			what, path);
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
