/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/run/artefacts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/collect.h"
#include "base/fd.h"
#include "builder/run/json_schema.h"
#include "builder/run/output_filter.h"
#include "store/gerror.h"

/* A larger file is not looked into; where secrets must not leave it stays. */
#define MAX_LOOKED_AT (256 << 20)

struct check {
	struct sbx_artefacts *artefacts;
	struct sbx_output_filter *filter; /* NULL: not wanted */
	guint64 n_bytes;
};

static gboolean write_anew(int dfd, const char *name, const char *text, gsize n_bytes,
			   GError **error)
{
	SBX_CLEANUP_FD int fd = openat(dfd, name, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
	return (fd >= 0 && sbx_write_all(fd, text, n_bytes) == 0) ||
	       sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", name);
}

static gboolean check_secrets(struct check *c, int dfd, const char *name, const char *path,
			      GError **error)
{
	struct sbx_error err = SBX_ERROR_INIT;
	gsize n_bytes, n_made;
	guint line;
	SBX_CLEANUP_FREE char *text = sbx_read_file(dfd, name, MAX_LOOKED_AT, &n_bytes, &err);
	if (!text)
		return sbx_set_error_from(error, &err);
	const char *kind = sbx_output_filter_find(c->filter, text, n_bytes, &line);
	if (!kind)
		return TRUE;
	if (c->artefacts->refuses_secrets)
		return sbx_set_error(error, SBX_E_DENIED,
				     "%s:%u: looks like a secret (%s); nothing was handed out",
				     path, line, kind);
	g_autofree char *made = sbx_output_filter_redact(c->filter, text, n_bytes, &n_made, error);
	if (!made)
		return FALSE;
	c->artefacts->n_redacted++;
	return write_anew(dfd, name, made, n_made, error);
}

static gboolean check_folder(struct check *c, int dfd, const char *path, GError **error);

static gboolean check_entry(struct check *c, int dfd, const char *name, const char *folder,
			    GError **error)
{
	struct stat st;
	g_autofree char *path = g_strdup_printf("%s/%s", folder, name);
	if (fstatat(dfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
	if (S_ISDIR(st.st_mode)) {
		int below = openat(dfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		return below < 0 ? sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path)
				 : check_folder(c, below, path, error);
	}
	c->n_bytes += (guint64)st.st_size;
	if (c->artefacts->max_bytes && c->n_bytes > c->artefacts->max_bytes)
		return sbx_set_error(error, SBX_E_DENIED,
				     "%s: with it there are more than %" G_GUINT64_FORMAT
				     " bytes, which is all that the policy lets out",
				     path, c->artefacts->max_bytes);
	return !c->filter || check_secrets(c, dfd, name, path, error);
}

static gboolean check_folder(struct check *c, int dfd, const char *path, GError **error)
{
	SBX_CLEANUP_DIR DIR *dir = fdopendir(dfd);
	if (!dir) {
		close(dfd);
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
	}
	for (struct dirent *entry; (entry = readdir(dir));)
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
		    !check_entry(c, dfd, entry->d_name, path, error))
			return FALSE;
	return TRUE;
}

static gboolean check_all(struct sbx_artefacts *artefacts, int from_dfd, GError **error)
{
	struct check c = {.artefacts = artefacts};
	if (artefacts->schema &&
	    !sbx_json_schema_check_file(artefacts->schema, from_dfd, SBX_ARTEFACTS_RESULT, error))
		return FALSE;
	if (artefacts->refuses_secrets || artefacts->redacts_secrets) {
		c.filter = sbx_output_filter_new(artefacts->patterns, error);
		if (!c.filter)
			return FALSE;
	}
	int again = openat(from_dfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	gboolean fine = again < 0 ? sbx_set_error_os(error, SBX_E_FAILED, errno, "/output")
				  : check_folder(&c, again, "/output", error);
	sbx_output_filter_free(c.filter);
	return fine;
}

gboolean sbx_artefacts_hand_out(struct sbx_artefacts *artefacts, const char *from, GError **error)
{
	struct sbx_collect collect = {0};
	struct sbx_error err = SBX_ERROR_INIT;
	SBX_CLEANUP_FD int from_dfd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from_dfd < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "--output: %s", from);
	if (!check_all(artefacts, from_dfd, error))
		return FALSE;
	if (g_mkdir_with_parents(artefacts->to, 0755) < 0)
		return sbx_set_error_os(error, SBX_E_INPUT, errno, "--output %s", artefacts->to);
	SBX_CLEANUP_FD int to_dfd = open(artefacts->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to_dfd < 0)
		return sbx_set_error_os(error, SBX_E_INPUT, errno, "--output %s", artefacts->to);
	if (sbx_collect_below(from_dfd, to_dfd, &collect, &err) < 0) {
		sbx_error_prefix(&err, "--output %s", artefacts->to);
		return sbx_set_error_from(error, &err);
	}
	artefacts->n_files = (guint)collect.n_files;
	return TRUE;
}
