/* SPDX-License-Identifier: Apache-2.0 */
/* Options that name files and folders, here and inside. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "provisioner/option_set.h"

void *sbx_options_grow(void *array, size_t n, size_t size, struct sbx_error *err)
{
	void *bigger = reallocarray(array, n + 1, size);
	if (!bigger)
		sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "options");
	return bigger;
}

static bool has_dot_dot(const char *path)
{
	for (const char *p = path; (p = strstr(p, "..")) != NULL; p += 2)
		if ((p == path || p[-1] == '/') && (p[2] == '/' || p[2] == '\0'))
			return true;
	return false;
}

static bool is_at_or_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);
	return strncmp(path, folder, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/* A target may be anywhere but over what the sandbox rests on. */
static int check_target(const char *target, struct sbx_error *err)
{
	static const char *const kept[] = {"/proc", "/sys"};
	size_t n = strlen(target);
	if (has_dot_dot(target))
		return sbx_fail(err, SBX_E_USAGE,
				"'%s': a path inside may not contain '..'; write it out", target);
	if (n < 2 || target[n - 1] == '/' || strcmp(target, "/dev") == 0 || strstr(target, "//") ||
	    strstr(target, "/./"))
		return sbx_fail(err, SBX_E_USAGE,
				"'%s': cannot be mounted over; name a plain path below /", target);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (is_at_or_below(target, kept[i]))
			return sbx_fail(
				err, SBX_E_USAGE,
				"'%s': nothing may be mounted at or below %s; name another path",
				target, kept[i]);
	return 0;
}

static int add_bind(struct sbx_options *o, enum sbx_bind_kind kind, const char *value,
		    struct sbx_error *err)
{
	/* SRC may hold colons of its own: the last ":/" is the border. */
	const char *border = NULL;
	for (const char *p = value; (p = strstr(p, ":/")) != NULL; p++)
		border = p;
	if (!border || border == value)
		return sbx_fail(err, SBX_E_USAGE,
				"'%s': expected SRC:DST, DST being an absolute path inside", value);
	if (check_target(border + 1, err) < 0)
		return -1;
	struct sbx_bind *binds = sbx_options_grow(o->binds, o->n_binds, sizeof(*binds), err);
	if (!binds)
		return -1;
	o->binds = binds;
	char *source = strndup(value, (size_t)(border - value));
	if (!source)
		return sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "options");
	o->binds[o->n_binds++] = (struct sbx_bind){kind, source, border + 1};
	return 0;
}

SBX_SETTER(bind)
{
	return add_bind(o, SBX_BIND_WRITABLE, value, err);
}

SBX_SETTER(ro_bind)
{
	return add_bind(o, SBX_BIND_READ_ONLY, value, err);
}

SBX_SETTER(overlay)
{
	return add_bind(o, SBX_BIND_OVERLAY, value, err);
}

SBX_SETTER(layer)
{
	if (!*value)
		return sbx_fail(err, SBX_E_USAGE, "'': expected a folder");
	o->layer = value;
	return 0;
}

SBX_SETTER(base)
{
	if (!strchr(value, '/'))
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected a path, with a '/' in it", value);
	o->base = value;
	return 0;
}

SBX_SETTER(root)
{
	if (!*value)
		return sbx_fail(err, SBX_E_USAGE, "'': expected a folder");
	o->root_dir = value;
	return 0;
}

SBX_SETTER(input)
{
	if (!*value)
		return sbx_fail(err, SBX_E_USAGE, "'': expected a file");
	o->input = value;
	return 0;
}

SBX_SETTER(output)
{
	if (!*value)
		return sbx_fail(err, SBX_E_USAGE, "'': expected a folder");
	o->output = value;
	return 0;
}

SBX_SETTER(workdir)
{
	if (*value != '/')
		return sbx_fail(err, SBX_E_USAGE, "'%s': expected an absolute path inside", value);
	o->workdir = value;
	return 0;
}

SBX_SETTER(source_root)
{
	if (!*value)
		return sbx_fail(err, SBX_E_USAGE, "'': expected a folder");
	o->source_root = value;
	return 0;
}
