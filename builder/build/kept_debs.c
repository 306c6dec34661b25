/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/kept_debs.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct kept {
	char *path;
	guint64 n_bytes;
	struct timespec used;
};

static char *folder_of(struct sbx_store *store)
{
	return g_build_filename(store->root, "cache", "kept", NULL);
}

char *sbx_kept_deb_path(struct sbx_store *store, const struct sbx_lock_package *package)
{
	g_autofree char *folder = folder_of(store);
	return g_strdup_printf("%s/%s.deb", folder, package->sha256);
}

void sbx_kept_deb_take(struct sbx_store *store, const struct sbx_lock_package *package,
		       const char *path)
{
	g_autofree char *folder = folder_of(store);
	g_autofree char *kept = sbx_kept_deb_path(store, package);
	g_mkdir(folder, 0700);
	/* What cannot be kept costs a download later, and is no reason to fail. */
	if (rename(path, kept) < 0)
		unlink(path);
	else
		utimensat(AT_FDCWD, kept, NULL, AT_SYMLINK_NOFOLLOW);
}

static void kept_free(gpointer data)
{
	struct kept *kept = data;
	g_free(kept->path);
	g_free(kept);
}

static int last_used_first(gconstpointer a, gconstpointer b)
{
	const struct kept *x = *(struct kept *const *)a, *y = *(struct kept *const *)b;
	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec > y->used.tv_sec ? -1 : 1;
	return (x->used.tv_nsec < y->used.tv_nsec) - (x->used.tv_nsec > y->used.tv_nsec);
}

void sbx_kept_debs_trim(struct sbx_store *store, guint64 max_bytes)
{
	g_autofree char *folder = folder_of(store);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(kept_free);
	for (const char *name; dir && (name = g_dir_read_name(dir));) {
		struct kept *kept = g_new0(struct kept, 1);
		struct stat st;
		kept->path = g_build_filename(folder, name, NULL);
		if (lstat(kept->path, &st) == 0) {
			kept->n_bytes = (guint64)st.st_size;
			kept->used = st.st_mtim;
		}
		g_ptr_array_add(all, kept);
	}
	g_ptr_array_sort(all, last_used_first);
	guint64 sum = 0;
	for (guint i = 0; i < all->len; i++) {
		const struct kept *kept = all->pdata[i];
		sum += kept->n_bytes;
		if (sum > max_bytes)
			unlink(kept->path);
	}
}
