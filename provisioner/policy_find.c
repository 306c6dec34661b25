/* SPDX-License-Identifier: Apache-2.0 */
/* Where policies are. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "provisioner/policy.h"
#include "provisioner/source.h"

#define FOLDER		 "/etc/sbx/policies"
#define MAX_POLICY_BYTES (256 << 10)

#define POSTURE(name)                                                                              \
	extern const char sbx_posture_##name[];                                                    \
	extern const size_t sbx_posture_##name##_size;
POSTURE(low)
POSTURE(medium)
POSTURE(high)
POSTURE(paranoid)
#undef POSTURE

#define POSTURE(name)                                                                              \
	{                                                                                          \
#name, sbx_posture_##name, &sbx_posture_##name##_size                              \
	}
const struct sbx_posture sbx_postures[] = {
	POSTURE(low), POSTURE(medium), POSTURE(high), POSTURE(paranoid), {NULL, NULL, NULL},
};

static char *read_text(const char *path, size_t *out_n_bytes, struct sbx_error *err)
{
	struct sbx_error first = SBX_ERROR_INIT;
	char *text = sbx_read_file(AT_FDCWD, path, MAX_POLICY_BYTES, out_n_bytes, &first);
	const char *hint = sbx_source_hint(first.os_errno, 0);
	if (!text && *hint)
		sbx_fail_os(err, first.code, first.os_errno, "%s%s", path, hint);
	else if (!text)
		sbx_error_propagate(err, &first);
	return text;
}

bool sbx_policy_is_posture(const char *name)
{
	const struct sbx_posture *p = sbx_postures;
	while (p->name && strcmp(p->name, name) != 0)
		p++;
	return p->name != NULL;
}

char *sbx_policy_find(const char *name, size_t *out_n_bytes, struct sbx_error *err)
{
	if (strchr(name, '/'))
		return read_text(name, out_n_bytes, err);
	for (const struct sbx_posture *p = sbx_postures; p->name; p++)
		if (strcmp(p->name, name) == 0) {
			*out_n_bytes = *p->n_bytes;
			char *copy = strdup(p->text);
			if (!copy)
				sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "policy %s", name);
			return copy;
		}
	SBX_CLEANUP_FREE char *path = NULL;
	if (asprintf(&path, FOLDER "/%s.policy", name) < 0) {
		path = NULL;
		sbx_fail_os(err, SBX_E_NO_SPACE, ENOMEM, "policy %s", name);
		return NULL;
	}
	if (access(path, F_OK) < 0) {
		sbx_fail(err, SBX_E_NOT_FOUND,
			 "'%s': neither low, medium, high or paranoid, nor in " FOLDER
			 "; a path needs a '/', such as ./%s",
			 name, *name ? name : "FILE");
		return NULL;
	}
	return read_text(path, out_n_bytes, err);
}

int sbx_policy_find_host(const char *path, char **out_text, size_t *out_n_bytes,
			 struct sbx_error *err)
{
	struct stat st;
	*out_text = NULL;
	SBX_CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return sbx_fail_os(err, SBX_E_DENIED, errno, "%s", path);
	if (st.st_uid != 0 || st.st_mode & (S_IWGRP | S_IWOTH))
		return sbx_fail(err, SBX_E_DENIED,
				"%s: others than root can write to it; chown and chmod it", path);
	*out_text = sbx_read_open(fd, path, MAX_POLICY_BYTES, out_n_bytes, err);
	return *out_text ? 0 : -1;
}
