/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/request.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "builder/index/memory.h"
#include "builder/resolve/resolve.h"
#include "profiler/facts.h"

#define MAX_TEXT_BYTES (64 * 1024 * 1024)
#define N_PEEK_BYTES   4096 /* our writers put "format" first */

/* A file of ours, read; text is NULL for a task. */
struct input {
	enum sbx_request_kind kind;
	char *text;
	gsize n_bytes;
};

static void input_release(struct input *input)
{
	g_free(input->text);
}

void sbx_request_release(struct sbx_resolved *resolved)
{
	g_clear_pointer(&resolved->resolver, sbx_resolver_free);
	g_clear_pointer(&resolved->names, g_strfreev);
	g_clear_pointer(&resolved->archive, sbx_archive_free);
	g_clear_pointer(&resolved->profile, sbx_profile_free);
	g_clear_pointer(&resolved->lock, sbx_lock_free);
}

static enum sbx_request_kind kind_of(const char *head)
{
	if (g_regex_match_simple("^\\s*\\{.*\"format\"\\s*:\\s*\"sbx-lock-", head,
				 G_REGEX_DOTALL | G_REGEX_RAW, 0))
		return SBX_REQUEST_LOCK;
	if (g_regex_match_simple("^\\s*\\{.*\"format\"\\s*:\\s*\"sbx-profile-", head,
				 G_REGEX_DOTALL | G_REGEX_RAW, 0))
		return SBX_REQUEST_PROFILE;
	return SBX_REQUEST_TASK;
}

/* Append what the descriptor has until `text` holds max_bytes; FALSE with errno set. */
static gboolean read_up_to(int fd, GString *text, gsize max_bytes)
{
	char chunk[65536];
	while (text->len < max_bytes) {
		ssize_t n = read(fd, chunk, MIN(sizeof(chunk), max_bytes - text->len));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FALSE;
		if (n == 0)
			return TRUE;
		g_string_append_len(text, chunk, n);
	}
	return TRUE;
}

static gboolean read_input(const char *path, struct input *out, GError **error)
{
	const char *where = g_str_equal(path, "-") ? "/dev/stdin" : path;
	SBX_CLEANUP_FD int fd = open(where, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return sbx_set_error_os(error, errno == EACCES ? SBX_E_DENIED : SBX_E_INPUT, errno,
					"%s: give a task, profile or lock that can be read", path);
	*out = (struct input){.kind = SBX_REQUEST_TASK};
	/* Of everything but files and pipes the profiler knows best what is wrong with it. */
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return TRUE;
	fcntl(fd, F_SETFL, 0); /* blocking again: only the opening must not wait */
	g_autoptr(GString) text = g_string_new(NULL);
	if (!read_up_to(fd, text, N_PEEK_BYTES))
		return sbx_set_error_os(error, SBX_E_INPUT, errno, "%s", path);
	out->kind = kind_of(text->str);
	if (out->kind == SBX_REQUEST_TASK)
		return TRUE;
	if (!read_up_to(fd, text, MAX_TEXT_BYTES + 1))
		return sbx_set_error_os(error, SBX_E_INPUT, errno, "%s", path);
	if (text->len > MAX_TEXT_BYTES)
		return sbx_set_error(error, SBX_E_INPUT, "%s: is larger than 64 MiB; make it again",
				     path);
	out->n_bytes = text->len;
	out->text = g_string_free(g_steal_pointer(&text), FALSE);
	return TRUE;
}

/* What the file was made for decides where packages come from. */
static gboolean adopt(char **setting, const char *value, const char *option, const char *path,
		      GError **error)
{
	if (!value || !*value)
		return TRUE;
	if (*setting && !g_str_equal(*setting, value))
		return sbx_set_error(error, SBX_E_USAGE,
				     "%s %s: %s is for %s; leave the option out or make it anew",
				     option, *setting, path, value);
	if (!*setting)
		*setting = g_strdup(value);
	return TRUE;
}

static gboolean adopt_target(struct sbx_context *ctx, const char *suite, const char *architecture,
			     const char *path, GError **error)
{
	g_autofree char *host_suite = NULL, *host_architecture = NULL;
	/* Only named where it is another one than the host's, as a person would. */
	if (!sbx_archive_identify(ctx, &host_suite, &host_architecture, NULL))
		host_suite = host_architecture = NULL;
	if ((ctx->suite || g_strcmp0(suite, host_suite) != 0) &&
	    !adopt(&ctx->suite, suite, "--suite", path, error))
		return FALSE;
	if ((ctx->architecture || g_strcmp0(architecture, host_architecture) != 0) &&
	    !adopt(&ctx->architecture, architecture, "--arch", path, error))
		return FALSE;
	return TRUE;
}

/* A task that cannot be read must not cost its owner a download first. */
static gboolean check_task(const char *path, GError **error)
{
	struct sbx_error err = SBX_ERROR_INIT;
	struct sbx_facts facts = {0};
	int failed = sbx_facts_identify(&facts, path, &err);
	sbx_facts_release(&facts);
	return failed ? sbx_set_error_from(error, &err) : TRUE;
}

/* `task` is NULL when there is none to look at before the index is made. */
static struct sbx_archive *open_or_make(struct sbx_context *ctx, const char *task, GError **error)
{
	g_autoptr(GError) problem = NULL;
	struct sbx_archive *archive = sbx_archive_open(ctx, &problem);
	if (archive)
		return archive;
	if (!g_error_matches(problem, SBX_ERROR, SBX_E_NOT_FOUND)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return NULL;
	}
	if (task && !check_task(task, error))
		return NULL;
	sbx_progress_begin(ctx->progress, "index", SBX_UNIT_ITEMS, 0);
	if (sbx_archive_update(ctx, error) == SBX_UPDATE_FAILED)
		return NULL;
	archive = sbx_archive_open(ctx, error);
	if (archive)
		sbx_progress_end(ctx->progress, "index",
				 "there was no index of %s for %s: made it (once)", archive->suite,
				 archive->architecture);
	return archive;
}

struct sbx_archive *sbx_request_archive(struct sbx_context *ctx, GError **error)
{
	return open_or_make(ctx, NULL, error);
}

static gboolean check_needs(struct sbx_context *ctx, const struct sbx_profile *profile,
			    gboolean allow_unresolved, GError **error)
{
	g_autoptr(GError) problem = NULL;
	if (sbx_profile_check_resolved(profile, &problem))
		return TRUE;
	if (allow_unresolved) {
		sbx_progress_warn(ctx->progress, "%s", problem->message);
		return TRUE;
	}
	g_propagate_error(error, g_steal_pointer(&problem));
	return FALSE;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "B, A,A" as A, B. */
static char **split_packages(const char *packages, GError **error)
{
	g_auto(GStrv) given = g_strsplit(packages, ",", -1);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	for (char **name = given; *name; name++)
		if (*g_strstrip(*name))
			g_ptr_array_add(names, *name);
	if (names->len == 0) {
		sbx_set_error(error, SBX_E_USAGE, "--packages: name at least one package");
		return NULL;
	}
	g_ptr_array_sort(names, compare_names);
	g_autoptr(GStrvBuilder) sorted = g_strv_builder_new();
	for (guint i = 0; i < names->len; i++)
		if (i == 0 || strcmp(names->pdata[i - 1], names->pdata[i]) != 0)
			g_strv_builder_add(sorted, names->pdata[i]);
	return g_strv_builder_end(sorted);
}

static gboolean solve(const struct sbx_request *request, char **names, struct sbx_resolved *work,
		      GError **error)
{
	SBX_AUTO(sbx_resolver) resolver = sbx_resolver_open(work->archive, error);
	if (!resolver)
		return FALSE;
	work->lock =
		sbx_resolver_solve(resolver, (const char *const *)names, &request->options, error);
	if (work->lock && request->keep_resolver) {
		work->resolver = g_steal_pointer(&resolver);
		work->names = g_strdupv(names);
	}
	return work->lock != NULL;
}

/* A lock tells what was asked for, too. */
static gboolean open_for_lock(struct sbx_resolved *work, GError **error)
{
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();
	for (guint i = 0; i < work->lock->packages->len; i++) {
		const struct sbx_lock_package *p = work->lock->packages->pdata[i];
		if (p->manual)
			g_strv_builder_add(names, p->name);
	}
	work->names = g_strv_builder_end(names);
	work->resolver = sbx_resolver_open(work->archive, error);
	return work->resolver != NULL;
}

static gboolean has_options(const struct sbx_resolve_options *o)
{
	return o->recommends || o->hold || o->forbid || o->pins ||
	       (o->content && (o->content->without || o->content->locales));
}

static gboolean resolve_lock(struct sbx_context *ctx, const struct sbx_request *request,
			     const struct input *input, struct sbx_resolved *work, GError **error)
{
	if (has_options(&request->options))
		return sbx_set_error(error, SBX_E_USAGE,
				     "%s: is a lock, its packages and content are decided; leave "
				     "--recommends, --pin, --hold, --forbid, --slim and the like "
				     "out, or make the lock again with them",
				     request->argument);
	work->lock =
		sbx_lock_from_json(input->text, (gssize)input->n_bytes, request->argument, error);
	if (!work->lock || !adopt_target(ctx, work->lock->suite, work->lock->architecture,
					 request->argument, error))
		return FALSE;
	work->archive = sbx_request_archive(ctx, error);
	return work->archive && (!request->keep_resolver || open_for_lock(work, error));
}

static gboolean resolve_profile(struct sbx_context *ctx, const struct sbx_request *request,
				struct sbx_resolved *work, GError **error)
{
	if (!check_needs(ctx, work->profile, request->allow_unresolved, error))
		return FALSE;
	return solve(request, work->profile->packages, work, error);
}

/* A catalog that cannot be used costs only time. */
static struct sbx_profile *profile_task(struct sbx_context *ctx, const char *path, GError **error)
{
	SBX_AUTO(sbx_store) catalog = sbx_store_open_catalog(ctx->root, ctx->cancellable, NULL);
	return sbx_memory_profile(ctx, catalog, path, error);
}

static gboolean resolve_input(struct sbx_context *ctx, const struct sbx_request *request,
			      struct sbx_resolved *work, GError **error)
{
	__attribute__((cleanup(input_release))) struct input input = {0};
	const char *path = request->argument;
	if (!read_input(path, &input, error))
		return FALSE;
	work->kind = input.kind;
	if (input.kind == SBX_REQUEST_LOCK)
		return resolve_lock(ctx, request, &input, work, error);
	if (input.kind == SBX_REQUEST_PROFILE) {
		work->profile =
			sbx_profile_from_json(input.text, (gssize)input.n_bytes, path, error);
		if (!work->profile || !adopt_target(ctx, work->profile->suite,
						    work->profile->architecture, path, error))
			return FALSE;
	}
	work->archive = open_or_make(ctx, work->profile ? NULL : path, error);
	if (work->archive && !work->profile)
		work->profile = profile_task(ctx, path, error);
	return work->archive && work->profile && resolve_profile(ctx, request, work, error);
}

static gboolean resolve_packages(struct sbx_context *ctx, const struct sbx_request *request,
				 struct sbx_resolved *work, GError **error)
{
	g_auto(GStrv) names = split_packages(request->packages, error);
	if (!names)
		return FALSE;
	work->kind = SBX_REQUEST_PACKAGES;
	work->archive = sbx_request_archive(ctx, error);
	return work->archive && solve(request, names, work, error);
}

gboolean sbx_request_resolve(struct sbx_context *ctx, const struct sbx_request *request,
			     struct sbx_resolved *out, GError **error)
{
	SBX_CLEANUP_RESOLVED struct sbx_resolved work = {0};
	if (request->packages ? !resolve_packages(ctx, request, &work, error)
			      : !resolve_input(ctx, request, &work, error))
		return FALSE;
	*out = work;
	work = (struct sbx_resolved){0};
	return TRUE;
}
