/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/context.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char *default_root(void)
{
	const char *given = g_getenv("SBX_ROOT");
	if (given && *given)
		return g_strdup(given);
	if (geteuid() == 0)
		return g_strdup("/var/lib/sbx");
	return g_build_filename(g_get_user_data_dir(), "sbx", NULL);
}

/* Another user's is of no use: each verb writes there, if it is only when a template was used. */
static gboolean check_owner(const char *root, GError **error)
{
	struct stat st;
	gboolean is_there = stat(root, &st) == 0;
	if (is_there ? !S_ISDIR(st.st_mode) || access(root, W_OK | X_OK) == 0 : errno != EACCES)
		return TRUE;
	return sbx_set_error_os(error, SBX_E_DENIED, errno,
				"%s: give a folder of your own with --root or $SBX_ROOT", root);
}

gboolean sbx_context_finish(struct sbx_context *ctx, gboolean quiet, int progress_fd,
			    GError **error)
{
	if (progress_fd >= 0 && fcntl(progress_fd, F_GETFD) < 0)
		return sbx_set_error_os(error, SBX_E_USAGE, errno,
					"--progress-fd %d: give an open descriptor", progress_fd);
	g_autofree char *given = g_steal_pointer(&ctx->root);
	if (!given)
		given = default_root();
	ctx->root = g_canonicalize_filename(given, NULL);
	if (!check_owner(ctx->root, error))
		return FALSE;
	if (ctx->engine && ctx->engine->settle_ids && !ctx->engine->settle_ids(ctx, error))
		return FALSE;
	if (ctx->settled)
		ctx->settled(ctx);
	if (progress_fd >= 0)
		fcntl(progress_fd, F_SETFD, FD_CLOEXEC);
	ctx->progress = sbx_progress_new(progress_fd, quiet);
	return TRUE;
}

void sbx_context_release(struct sbx_context *ctx)
{
	g_clear_pointer(&ctx->root, g_free);
	g_clear_pointer(&ctx->suite, g_free);
	g_clear_pointer(&ctx->ids, g_free);
	g_clear_pointer(&ctx->architecture, g_free);
	g_clear_pointer(&ctx->keyring, g_free);
	g_clear_pointer(&ctx->mirrors, g_strfreev);
	g_clear_pointer(&ctx->progress, sbx_progress_free);
	g_clear_pointer(&ctx->arguments, g_free);
}

char *sbx_context_path(struct sbx_context *ctx, const char *name, GError **error)
{
	struct stat st;
	if (stat(ctx->root, &st) < 0) {
		g_autofree char *parent = g_path_get_dirname(ctx->root);
		g_mkdir_with_parents(parent, 0755);
		if (mkdir(ctx->root, 0700) < 0 && errno != EEXIST) {
			sbx_set_error_os(
				error, errno == EACCES ? SBX_E_DENIED : SBX_E_FAILED, errno,
				"%s: give a folder that can be made with --root or $SBX_ROOT",
				ctx->root);
			return NULL;
		}
	} else if (!S_ISDIR(st.st_mode)) {
		sbx_set_error(error, SBX_E_INPUT, "%s: is not a folder; give one with --root",
			      ctx->root);
		return NULL;
	}
	return g_build_filename(ctx->root, name, NULL);
}

char *sbx_context_provisioner(struct sbx_context *ctx, GError **error)
{
	const char *given = g_getenv("SBX_PROVISION");
	if (given && *given)
		return g_strdup(given);
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	if (self) {
		/* Installed it stands beside the front, which the engine does not; in a build
		 * tree it is a folder apart. */
		const char *places[] = {".", "../provisioner", "../../bin"};
		g_autofree char *folder = g_path_get_dirname(self);
		for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
			g_autofree char *path =
				g_build_filename(folder, places[i], "sbx-provision", NULL);
			if (access(path, X_OK) == 0)
				return g_steal_pointer(&path);
		}
	}
	char *found = g_find_program_in_path("sbx-provision");
	if (!found)
		sbx_set_error(error, SBX_E_NOT_FOUND,
			      "sbx-provision: not found beside sbx-build nor in $PATH; install it "
			      "or name it in $SBX_PROVISION");
	return found;
}
