/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/build.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>

#include "base/fd.h"
#include "builder/archive/choose.h"
#include "builder/build/base_layer.h"
#include "builder/build/building.h"
#include "builder/build/configure.h"
#include "builder/build/diversions.h"
#include "builder/build/leave_out.h"
#include "store/template.h"

void sbx_build_result_clear(struct sbx_build_result *result)
{
	g_clear_pointer(&result->id, g_free);
}

static void build_release(struct sbx_building *b)
{
	sbx_supply_free(b->supply);
	sbx_compiler_free(b->compiler);
	sbx_transaction_abort(&b->transaction);
	if (b->root.path)
		sbx_workroot_release(&b->root);
	/* The work folder holds links to objects and scratch: never anything worth keeping. */
	if (b->work && !b->keep_work)
		sbx_store_remove_tree(b->work, NULL);
	sbx_tree_free(b->tree);
	sbx_stack_free(b->stack);
	sbx_compile_free(b->compile);
	g_clear_pointer(&b->units, g_ptr_array_unref);
	g_clear_pointer(&b->refs, g_ptr_array_unref);
	g_clear_error(&b->compile_failure);
	g_free(b->id);
	g_free(b->work);
	g_free(b->provisioner);
	g_free(b->commit);
}

static const struct sbx_script_options *script_options(const struct sbx_building *b)
{
	return b->options ? &b->options->scripts : NULL;
}

/* `sources`: where inside the modules' paths begin. */
static gboolean start_compiler(struct sbx_building *b, const char *interpreter, const char *root,
			       const char *base, const char *sources, GError **error)
{
	g_autofree char *work = g_build_filename(b->work, "compile", NULL);
	g_autofree char *layer = g_build_filename(b->work, "compile-layer", NULL);
	const struct sbx_compiler_how how = {b->ctx, b->provisioner, interpreter, root,
					     base,   work,	     layer,	  sources};
	sbx_store_remove_tree(work, NULL);
	sbx_store_remove_tree(layer, NULL);
	b->compiler = sbx_compiler_start(&how, error);
	return b->compiler != NULL;
}

/*
 * While packages are on their way, an interpreter that compiles is started over what the template
 * will lie on, if it looks as if there will be something to compile.
 */
static gboolean start_compiler_early(struct sbx_building *b, GError **error)
{
	const struct sbx_stack *stack = b->stack;
	if (!stack || !stack->is_part || !sbx_supply_lacks(b->supply, "python") ||
	    sbx_content_is_unpacked(&b->lock->content))
		return TRUE;
	g_autofree char *interpreter = sbx_compile_interpreter(stack->tree);
	return !interpreter || start_compiler(b, interpreter, stack->root, NULL,
					      "/run/sbx/" SBX_COMPILER_SOURCES, error);
}

/* The one that was started early if it will do, else one over the checkout. */
static gboolean require_compiler(struct sbx_building *b, GError **error)
{
	g_autofree char *sources = g_build_filename(b->work, "compile", SBX_COMPILER_SOURCES, NULL);
	gboolean can = FALSE;
	if (b->compiler &&
	    !sbx_compile_lay_out(b->compile, b->tree, b->stack->tree, sources, &can, error))
		return FALSE;
	if (can)
		return TRUE;
	g_clear_pointer(&b->compiler, sbx_compiler_free);
	g_autofree char *interpreter = sbx_compile_interpreter(b->tree);
	return sbx_workroot_require(&b->root, error) &&
	       start_compiler(b, interpreter, b->root.path,
			      b->root.stack ? b->root.stack->root : NULL, "", error);
}

static gboolean supply(struct sbx_building *b, const struct sbx_archive *archive,
		       struct sbx_base_layer **out_base, guint *out_n_fetched, GError **error)
{
	GCancellable *cancellable = b->ctx->cancellable;
	b->supply = sbx_supply_start(b->ctx, b->store, archive, b->lock, b->report, error);
	if (!b->supply || !sbx_stack_find(b->store, b->lock, b->id, &b->stack, error) ||
	    !start_compiler_early(b, error) ||
	    !sbx_transaction_begin(&b->transaction, b->store, cancellable, error))
		return FALSE;
	guint n = sbx_supply_n_missing(b->supply);
	*out_n_fetched = n;
	if (n)
		sbx_progress_begin(b->ctx->progress, "import", SBX_UNIT_ITEMS, n);
	if (!sbx_supply_import(b->supply, SBX_SUPPLY_BASE, &b->transaction, error))
		return FALSE;
	const struct sbx_base_layer_how how = {b->ctx,	b->store,	   b->lock,  b->provisioner,
					       b->work, script_options(b), b->report};
	*out_base = sbx_base_layer_start(&how, error);
	if (!*out_base || !sbx_supply_import(b->supply, SBX_SUPPLY_REST, &b->transaction, error))
		return FALSE;
	if (n)
		sbx_progress_end(b->ctx->progress, "import", "%u packages", n);
	return TRUE;
}

void sbx_build_end_stage(struct sbx_building *b, enum sbx_stage stage, gint64 *began)
{
	gint64 now = g_get_monotonic_time();
	sbx_build_report_stage(b->report, stage, now - *began - b->root.checkout_usec);
	sbx_build_report_stage(b->report, SBX_STAGE_CHECKOUT, b->root.checkout_usec);
	b->root.checkout_usec = 0;
	*began = now;
}

/* Everything unpacked, the base configured, known modules compiled: in memory. */
static gboolean compose(struct sbx_building *b, struct sbx_base_layer *base, GError **error)
{
	GCancellable *cancellable = b->ctx->cancellable;
	g_autoptr(GPtrArray) diversions = NULL;
	SBX_AUTO(sbx_delta) delta = sbx_base_layer_finish(base, error);
	gint64 began = g_get_monotonic_time();
	b->units = delta ? sbx_compose_load(b->store, b->lock, FALSE, error) : NULL;
	if (!b->units ||
	    !sbx_diversions_find(b->ctx, b->store, b->lock, b->units, b->provisioner, b->work,
				 b->report, b->refs, &b->transaction, &diversions, error))
		return FALSE;
	sbx_progress_begin(b->ctx->progress, "compose", SBX_UNIT_ITEMS, b->units->len);
	if (!sbx_leave_out_keep(b->units, cancellable, error))
		return FALSE;
	b->tree = sbx_compose_merge(b->store, b->units, diversions, cancellable, error);
	if (!b->tree ||
	    !sbx_compose_add_database(b->tree, b->store, b->lock, b->units, cancellable, error) ||
	    !sbx_delta_apply(delta, b->tree, error))
		return FALSE;
	/* The base's own diversions came with it; these are all. */
	if (diversions &&
	    !sbx_compose_set_diversions(b->tree, b->store, diversions, cancellable, error))
		return FALSE;
	/* Without a tree there is no interpreter, and nothing to compile. */
	gboolean is_unpacked = sbx_content_is_unpacked(&b->lock->content);
	b->compile = sbx_compile_plan(b->store, b->units, is_unpacked ? NULL : b->tree, error);
	if (!b->compile || !sbx_compile_apply(b->compile, b->tree, error))
		return FALSE;
	g_autofree char *path = g_build_filename(b->work, "root", NULL);
	sbx_workroot_init(&b->root, b->store, b->tree, path, b->stack, &b->transaction,
			  cancellable);
	sbx_progress_end(b->ctx->progress, "compose", "%u packages merged", b->units->len);
	sbx_build_report_units(b->report, b->units, b->store->rootless);
	sbx_build_end_stage(b, SBX_STAGE_COMPOSE, &began);
	return TRUE;
}

static gpointer compile_thread(gpointer data)
{
	struct sbx_building *b = data;
	gint64 began = g_get_monotonic_time();
	sbx_compile_run(b->compile, b->ctx, b->compiler, b->report, &b->compile_failure);
	sbx_build_report_stage(b->report, SBX_STAGE_COMPILE, g_get_monotonic_time() - began);
	return NULL;
}

static guint count_base(const struct sbx_building *b)
{
	guint n = 0;
	while (n < b->units->len && ((struct sbx_unit *)b->units->pdata[n])->lock->base)
		n++;
	return n;
}

/*
 * Scripts of the packages beyond the base; modules are compiled at the same time. The compiler's
 * overlay is over the same checkout as the scripts': it reads modules and an interpreter that has
 * started, which no script's change to the checkout touches.
 */
static gboolean configure(struct sbx_building *b, GError **error)
{
	g_autofree char *work = g_build_filename(b->work, "configure", NULL);
	g_mkdir(work, 0755);
	struct sbx_configure c = {
		.ctx = b->ctx,
		.store = b->store,
		.provisioner = b->provisioner,
		.work = work,
		.phase = "configure",
		.root = &b->root,
		.lock = b->lock,
		.units = b->units,
		.first = count_base(b),
		.options = script_options(b),
		.report = b->report,
		.refs = b->refs,
	};
	GThread *thread = NULL;
	gint64 began = g_get_monotonic_time();
	if (sbx_compile_n_missing(b->compile)) {
		if (!require_compiler(b, error))
			return FALSE;
		thread = g_thread_new("compile", compile_thread, b);
	} else {
		g_clear_pointer(&b->compiler, sbx_compiler_free);
	}
	sbx_progress_begin(b->ctx->progress, "configure", SBX_UNIT_ITEMS, 0);
	gboolean fine = sbx_configure_run(&c, error);
	sbx_build_end_stage(b, SBX_STAGE_SCRIPTS, &began);
	if (fine)
		sbx_progress_end(b->ctx->progress, "configure",
				 "%u packages, %u scripts run, %u replayed, %u native",
				 b->units->len - c.first, c.n_run, c.n_replayed, c.n_native);
	if (thread)
		g_thread_join(thread);
	if (fine && b->compile_failure) {
		g_propagate_error(error, g_steal_pointer(&b->compile_failure));
		fine = FALSE;
	}
	if (!fine && b->options && b->options->scripts.keep_failed)
		b->keep_work = b->root.is_checked_out;
	return fine;
}

static gboolean prepare(struct sbx_building *b, GError **error)
{
	b->provisioner = sbx_context_provisioner(b->ctx, error);
	b->work = b->provisioner ? sbx_store_make_tmp(b->store, "build", error) : NULL;
	if (!b->work)
		return FALSE;
	/* Scripts inside run as this user, but nobody else has business here. */
	g_autofree char *folder = g_build_filename(b->work, "template", NULL);
	g_mkdir(folder, 0700);
	b->refs = g_ptr_array_new_with_free_func(g_free);
	return TRUE;
}

gboolean sbx_build_check_architecture(const char *architecture, GError **error)
{
	const char *host = sbx_host_architecture();
	if (g_str_equal(host, architecture))
		return TRUE;
	return sbx_set_error(error, SBX_E_UNSUPPORTED,
			     "%s: its maintainer scripts do not run on this machine (%s); "
			     "--skip-script '*' makes a template that is unpacked and not "
			     "configured",
			     architecture, host);
}

/* Told before anything is fetched. */
static gboolean can_run(const struct sbx_building *b, GError **error)
{
	gboolean is_unpacked = sbx_content_is_unpacked(&b->lock->content);
	if (b->lock->packages->len == 0)
		return sbx_set_error(
			error, SBX_E_INPUT,
			"the lock names no package, there is nothing to build; make it "
			"with `sbx-build resolve`");
	if (!is_unpacked && !sbx_build_check_architecture(b->lock->architecture, error))
		return FALSE;
	if (is_unpacked)
		sbx_progress_warn(b->ctx->progress, "no package is configured (--skip-script '*')");
	return TRUE;
}

static gboolean run(struct sbx_building *b, const struct sbx_archive *archive, guint *out_n_fetched,
		    GError **error)
{
	SBX_AUTO(sbx_base_layer) base = NULL;
	return can_run(b, error) && prepare(b, error) &&
	       supply(b, archive, &base, out_n_fetched, error) && compose(b, base, error) &&
	       configure(b, error) && sbx_build_commit(b, error) && sbx_build_publish(b, error);
}

/* One builds, others of the same lock wait here. */
static int lock_build(struct sbx_building *b, GError **error)
{
	g_autofree char *path = g_strdup_printf("%s/tmp/%s.lock", b->store->root, b->id);
	SBX_CLEANUP_FD int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
		return -1;
	}
	if (!sbx_store_flock(fd, LOCK_EX, path, b->ctx->cancellable, error))
		return -1;
	return sbx_steal_fd(&fd);
}

gboolean sbx_build_template(struct sbx_context *ctx, struct sbx_store *store,
			    const struct sbx_archive *archive, const struct sbx_lock *lock,
			    const struct sbx_build_options *options,
			    struct sbx_build_result *out_result, GError **error)
{
	__attribute__((cleanup(build_release))) struct sbx_building b = {
		.ctx = ctx,
		.store = store,
		.lock = lock,
		.options = options,
		.report = options ? options->report : NULL,
		.id = sbx_lock_id(lock),
		.began_usec = g_get_monotonic_time(),
	};
	struct sbx_build_result result = {.n_packages = lock->packages->len};
	SBX_CLEANUP_FD int lock_fd = lock_build(&b, error);
	if (lock_fd < 0)
		return FALSE;
	g_autoptr(GError) failed = NULL;
	SBX_AUTO(sbx_template) row = sbx_catalog_template(store, b.id, &failed);
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	result.was_there = row && sbx_template_is_present(store, b.id);
	if (!result.was_there && !run(&b, archive, &result.n_fetched, error))
		return FALSE;
	result.id = g_strdup(b.id);
	result.usec = g_get_monotonic_time() - b.began_usec;
	*out_result = result;
	return TRUE;
}
