/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/lock_diff.h"

#include <string.h>

#include "builder/archive/package.h"

const char *sbx_lock_change_name(enum sbx_lock_change_kind kind)
{
	static const char *const names[] = {
#define X(id, text) [SBX_LOCK_##id] = text,
		SBX_LOCK_CHANGES(X)
#undef X
	};
	return names[kind];
}

static gboolean compare(const struct sbx_lock_package *a, const struct sbx_lock_package *b,
			enum sbx_lock_change_kind *out)
{
	int order = sbx_version_compare(b->version, a->version);
	if (order)
		*out = order > 0 ? SBX_LOCK_UPGRADED : SBX_LOCK_DOWNGRADED;
	else if (!g_str_equal(a->sha256, b->sha256) ||
		 !g_str_equal(a->architecture, b->architecture))
		*out = SBX_LOCK_REPLACED;
	else if (a->manual != b->manual)
		*out = SBX_LOCK_MARKED;
	else
		return FALSE;
	return TRUE;
}

static void add(GPtrArray *changes, enum sbx_lock_change_kind kind,
		const struct sbx_lock_package *old, const struct sbx_lock_package *new)
{
	struct sbx_lock_change *change = g_new0(struct sbx_lock_change, 1);
	*change = (struct sbx_lock_change){kind, old, new};
	g_ptr_array_add(changes, change);
}

/* Both are sorted by name, and a lock has a name once. */
GPtrArray *sbx_lock_diff(const struct sbx_lock *old, const struct sbx_lock *new)
{
	GPtrArray *changes = g_ptr_array_new_with_free_func(g_free);
	guint i = 0, j = 0;
	while (i < old->packages->len || j < new->packages->len) {
		const struct sbx_lock_package *a =
			i < old->packages->len ? old->packages->pdata[i] : NULL;
		const struct sbx_lock_package *b =
			j < new->packages->len ? new->packages->pdata[j] : NULL;
		int order = !a ? 1 : !b ? -1 : strcmp(a->name, b->name);
		enum sbx_lock_change_kind kind;
		if (order < 0)
			add(changes, SBX_LOCK_REMOVED, a, NULL);
		else if (order > 0)
			add(changes, SBX_LOCK_ADDED, NULL, b);
		else if (compare(a, b, &kind))
			add(changes, kind, a, b);
		i += order <= 0;
		j += order >= 0;
	}
	return changes;
}

struct sbx_lock_size sbx_lock_size(const struct sbx_lock *lock)
{
	struct sbx_lock_size size = {0};
	for (guint i = 0; i < lock->packages->len; i++) {
		const struct sbx_lock_package *p = lock->packages->pdata[i];
		size.download += p->size;
		size.installed += p->installed_bytes;
	}
	return size;
}
