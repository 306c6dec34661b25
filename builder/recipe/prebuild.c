/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/recipe/prebuild.h"

struct prebuild {
	struct sbx_context *ctx;
	GPtrArray *list;
	gboolean is_alone; /* then its stages are told as they come */
	sbx_prebuilt_func func;
	gpointer data;
	gint next;
	GMutex mutex;
	guint n_failed;
	gboolean is_over; /* nothing more can come of it */
};

void sbx_prebuilt_free(struct sbx_prebuilt *one)
{
	if (!one)
		return;
	sbx_recipe_result_release(&one->result);
	g_clear_error(&one->failure);
	g_free(one);
}

static void make_one(struct prebuild *p, struct sbx_prebuilt *one)
{
	/* Each has a view of its own: recipes may be of several suites, and two bars would be a
	 * muddle. */
	struct sbx_context ctx = *p->ctx;
	if (!p->is_alone)
		ctx.progress = NULL;
	SBX_AUTO(sbx_store)
	store = sbx_store_open(ctx.root, SBX_STORE_SHARED, ctx.cancellable, &one->failure);
	if (store)
		sbx_recipe_make(&ctx, store, one->recipe, &one->result, &one->failure);
}

static void tell(struct prebuild *p, const struct sbx_prebuilt *one)
{
	g_mutex_lock(&p->mutex);
	if (one->failure) {
		enum sbx_code code = sbx_gerror_code(one->failure);
		p->n_failed++;
		if (code == SBX_E_NO_SPACE || code == SBX_E_INTERRUPTED)
			p->is_over = TRUE;
	}
	if (p->func)
		p->func(one, p->data);
	g_mutex_unlock(&p->mutex);
}

static gboolean is_over(struct prebuild *p)
{
	g_mutex_lock(&p->mutex);
	gboolean over = p->is_over || g_cancellable_is_cancelled(p->ctx->cancellable);
	g_mutex_unlock(&p->mutex);
	return over;
}

static gpointer worker(gpointer data)
{
	struct prebuild *p = data;
	gint number;
	while ((number = g_atomic_int_add(&p->next, 1)) < (gint)p->list->len) {
		struct sbx_prebuilt *one = p->list->pdata[number];
		if (is_over(p))
			sbx_set_error(&one->failure, SBX_E_INTERRUPTED, "%s: not begun",
				      one->recipe->name);
		else
			make_one(p, one);
		tell(p, one);
	}
	return NULL;
}

guint sbx_prebuild(struct sbx_context *ctx, GPtrArray *list, guint n_jobs, sbx_prebuilt_func func,
		   gpointer data)
{
	guint n = CLAMP(n_jobs, 1, MAX(list->len, 1));
	struct prebuild p = {
		.ctx = ctx, .list = list, .is_alone = n == 1, .func = func, .data = data};
	g_mutex_init(&p.mutex);
	g_autofree GThread **threads = g_new0(GThread *, n);
	for (guint i = 1; i < n; i++)
		threads[i] = g_thread_new("prebuild", worker, &p);
	worker(&p);
	for (guint i = 1; i < n; i++)
		g_thread_join(threads[i]);
	g_mutex_clear(&p.mutex);
	return p.n_failed;
}
