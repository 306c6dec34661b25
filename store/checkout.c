/* SPDX-License-Identifier: Apache-2.0 */
#include "store/checkout.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"

#define SHARED_DEPTH 3 /* folders down to here are handed to whichever thread is idle */

static const struct timespec epoch[2] = {{0, UTIME_OMIT}, {0, 0}};

struct checkout {
	struct sbx_store *store;
	GCancellable *cancellable;
	int root_dfd, objects_dfd;
	GThreadPool *pool;
	GMutex mutex;
	GCond idle;
	guint n_entries;    /* put there; of all threads */
	guint n_open;	    /* folders handed over and not done; guarded, like all below */
	GHashTable *owners; /* checksum of a dirmeta object -> struct owner */
	GError *failure;    /* the first */
};

struct owner {
	guint8 checksum[SBX_CHECKSUM_BYTES]; /* the key */
	guint32 uid, gid, mode;
};

struct task {
	struct sbx_tree *tree;
	char *path; /* relative to the root, "." for it */
	guint depth;
};

static guint hash_checksum(gconstpointer key)
{
	guint hash;
	memcpy(&hash, key, sizeof(hash));
	return hash;
}

static gboolean equal_checksums(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, SBX_CHECKSUM_BYTES) == 0;
}

/* The dirmeta object is (uuua(ayay)): owner, group, mode, big-endian. There are few of them. */
static const struct owner *owner_of(struct checkout *c, const guint8 *dirmeta, GError **error)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&c->mutex);
	struct owner *owner = g_hash_table_lookup(c->owners, dirmeta);
	g_autofree char *hex = owner ? NULL : ostree_checksum_from_bytes(dirmeta);
	g_autoptr(GVariant) stored = NULL;
	guint32 uid, gid, mode;
	if (owner)
		return owner;
	if (!ostree_repo_load_variant(c->store->repo, OSTREE_OBJECT_TYPE_DIR_META, hex, &stored,
				      error))
		return NULL;
	g_variant_get(stored, "(uuu@a(ayay))", &uid, &gid, &mode, NULL);
	owner = g_new0(struct owner, 1);
	memcpy(owner->checksum, dirmeta, SBX_CHECKSUM_BYTES);
	owner->uid = c->store->rootless ? geteuid() : GUINT32_FROM_BE(uid);
	owner->gid = c->store->rootless ? getegid() : GUINT32_FROM_BE(gid);
	owner->mode = GUINT32_FROM_BE(mode) & 07777;
	g_hash_table_add(c->owners, owner);
	return owner;
}

static gboolean fail(const char *path, const char *name, GError **error)
{
	return sbx_set_error_os(error, SBX_E_FAILED, errno, "checkout: %s/%s", path, name);
}

static int copy_bytes(int from, int to, const struct stat *st)
{
	guint8 capability[64];
	off_t left = st->st_size;
	while (left > 0) {
		ssize_t n = sendfile(to, from, NULL, (size_t)left);
		if (n <= 0)
			return -1;
		left -= n;
	}
	if (fchown(to, st->st_uid, st->st_gid) < 0 || fchmod(to, st->st_mode & 07777) < 0)
		return -1;
	ssize_t n = fgetxattr(from, "security.capability", capability, sizeof(capability));
	return n > 0 && fsetxattr(to, "security.capability", capability, (size_t)n, 0) < 0 ? -1 : 0;
}

/* An object has as many links as the file system allows, or lies on another one. */
static int copy_object(const struct checkout *c, const char *object, int dfd, const char *name)
{
	struct stat st;
	char target[4096];
	if (fstatat(c->objects_dfd, object, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (S_ISLNK(st.st_mode)) {
		ssize_t n = readlinkat(c->objects_dfd, object, target, sizeof(target) - 1);
		target[MAX(n, 0)] = '\0';
		return n < 0 || symlinkat(target, dfd, name) < 0 ||
				       fchownat(dfd, name, st.st_uid, st.st_gid,
						AT_SYMLINK_NOFOLLOW) < 0
			       ? -1
			       : 0;
	}
	SBX_CLEANUP_FD int from = openat(c->objects_dfd, object, O_RDONLY | O_CLOEXEC);
	SBX_CLEANUP_FD int to =
		from < 0 ? -1 : openat(dfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return to < 0 || copy_bytes(from, to, &st) < 0 || futimens(to, epoch) < 0 ? -1 : 0;
}

static int link_object(const struct checkout *c, const char *object, int dfd, const char *name)
{
	int result = linkat(c->objects_dfd, object, dfd, name, 0);
	if (result < 0 && (errno == EMLINK || errno == EXDEV || errno == EPERM))
		result = copy_object(c, object, dfd, name);
	return result;
}

static gboolean put_file(struct checkout *c, const guint8 *checksum, int dfd, const char *path,
			 const char *name, GError **error)
{
	char object[SBX_OBJECT_NAME];
	sbx_object_name(checksum, object);
	if (link_object(c, object, dfd, name) == 0)
		return TRUE;
	if (errno == ENOENT)
		return sbx_set_error(error, SBX_E_DAMAGED,
				     "%s/%s: its object %s is gone; run `sbx-build fsck`", path,
				     name, object);
	if (errno != EEXIST)
		return fail(path, name, error);
	/* base-files makes /var/lock a link where a package shipped the folder. */
	g_autofree char *there = g_strdup_printf("/proc/self/fd/%d/%s", dfd, name);
	return sbx_store_remove_tree(there, error) &&
	       (link_object(c, object, dfd, name) == 0 || fail(path, name, error));
}

/* As overlayfs has them. Anybody may make this one device (mknod(2), Linux 5.8). */
static gboolean put_whiteout(int dfd, const char *path, const char *name, GError **error)
{
	return mknodat(dfd, name, S_IFCHR, makedev(0, 0)) == 0 || fail(path, name, error);
}

/* Open a folder, made if need be, with its owner and mode; -1 and an error. */
static int put_folder(struct checkout *c, struct sbx_tree *tree, int dfd, const char *path,
		      const char *name, GError **error)
{
	const struct owner *owner = owner_of(c, sbx_tree_dirmeta(tree), error);
	struct stat st;
	if (!owner)
		return -1;
	if (mkdirat(dfd, name, 0700) < 0 && errno == EEXIST &&
	    fstatat(dfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode)) {
		unlinkat(dfd, name, 0);
		mkdirat(dfd, name, 0700);
	}
	SBX_CLEANUP_FD int below =
		openat(dfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (below < 0 || fstat(below, &st) < 0 ||
	    ((st.st_uid != owner->uid || st.st_gid != owner->gid) &&
	     fchown(below, owner->uid, owner->gid) < 0) ||
	    fchmod(below, owner->mode) < 0) {
		fail(path, name, error);
		return -1;
	}
	return sbx_steal_fd(&below);
}

static gboolean fill(struct checkout *c, struct sbx_tree *tree, int dfd, const char *path,
		     guint depth, GError **error);

static void hand_over(struct checkout *c, struct sbx_tree *tree, const char *path, guint depth)
{
	struct task *task = g_new0(struct task, 1);
	task->tree = tree;
	task->path = g_strdup(path);
	task->depth = depth;
	g_mutex_lock(&c->mutex);
	c->n_open++;
	g_mutex_unlock(&c->mutex);
	g_thread_pool_push(c->pool, task, NULL);
}

static gboolean put_entry(struct checkout *c, const struct sbx_entry *entry, int dfd,
			  const char *path, const char *name, guint depth, GError **error)
{
	if (entry->kind == SBX_ENTRY_FILE)
		return put_file(c, entry->checksum, dfd, path, name, error);
	if (entry->kind == SBX_ENTRY_WHITEOUT)
		return put_whiteout(dfd, path, name, error);
	SBX_CLEANUP_FD int below = put_folder(c, entry->folder, dfd, path, name, error);
	g_autofree char *below_path = g_build_filename(path, name, NULL);
	if (below < 0)
		return FALSE;
	if (depth >= SHARED_DEPTH)
		return fill(c, entry->folder, below, below_path, depth + 1, error);
	hand_over(c, entry->folder, below_path, depth + 1);
	return TRUE;
}

static gboolean fill(struct checkout *c, struct sbx_tree *tree, int dfd, const char *path,
		     guint depth, GError **error)
{
	g_autoptr(GPtrArray) names = sbx_tree_names(tree, error);
	if (!names || g_cancellable_set_error_if_cancelled(c->cancellable, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		const struct sbx_entry *entry = sbx_tree_lookup(tree, name, error);
		if (!entry || !put_entry(c, entry, dfd, path, name, depth, error))
			return FALSE;
	}
	g_atomic_int_add(&c->n_entries, names->len);
	/* Files have no time of their own in the store; folders get the same. */
	return futimens(dfd, epoch) == 0 || fail(path, ".", error);
}

static void work(gpointer data, gpointer checkout)
{
	struct checkout *c = checkout;
	struct task *task = data;
	g_autoptr(GError) error = NULL;
	SBX_CLEANUP_FD int dfd =
		openat(c->root_dfd, task->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dfd < 0)
		fail(task->path, ".", &error);
	else
		fill(c, task->tree, dfd, task->path, task->depth, &error);
	g_free(task->path);
	g_free(task);
	g_mutex_lock(&c->mutex);
	if (!c->failure)
		c->failure = g_steal_pointer(&error);
	if (--c->n_open == 0)
		g_cond_signal(&c->idle);
	g_mutex_unlock(&c->mutex);
}

static void run(struct checkout *c, struct sbx_tree *tree)
{
	c->pool = g_thread_pool_new(work, c, (gint)g_get_num_processors(), FALSE, NULL);
	hand_over(c, tree, ".", 0);
	g_mutex_lock(&c->mutex);
	while (c->n_open)
		g_cond_wait(&c->idle, &c->mutex);
	g_mutex_unlock(&c->mutex);
	g_thread_pool_free(c->pool, FALSE, TRUE);
}

gboolean sbx_tree_checkout(struct sbx_tree *tree, struct sbx_store *store, const char *path,
			   guint *out_n_entries, GCancellable *cancellable, GError **error)
{
	struct checkout c = {.store = store, .cancellable = cancellable, .root_dfd = -1};
	g_autoptr(GHashTable) owners =
		g_hash_table_new_full(hash_checksum, equal_checksums, g_free, NULL);
	SBX_CLEANUP_FD int objects_dfd = openat(ostree_repo_get_dfd(store->repo), "objects",
						O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (objects_dfd < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s: objects", store->root);
	c.owners = owners;
	c.objects_dfd = objects_dfd;
	g_mutex_init(&c.mutex);
	g_cond_init(&c.idle);
	SBX_CLEANUP_FD int root_dfd = put_folder(&c, tree, AT_FDCWD, "", path, error);
	c.root_dfd = root_dfd;
	if (root_dfd >= 0)
		run(&c, tree);
	g_mutex_clear(&c.mutex);
	g_cond_clear(&c.idle);
	if (c.failure)
		g_propagate_prefixed_error(error, c.failure, "%s: ", path);
	if (root_dfd < 0 || c.failure)
		return FALSE;
	if (out_n_entries)
		*out_n_entries = c.n_entries;
	return TRUE;
}
