/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "builder/archive/update.h"
#include "builder/fetch/digest.h"
#include "builder/fetch/uri.h"
#include "builder/index/providers.h"
#include "builder/resolve/package_map.h"
#include "builder/resolve/resolve.h"
#include "profiler/language.h"

void sbx_update_index_free(struct sbx_update_index *index)
{
	if (!index)
		return;
	g_free(index->origin);
	g_free(index->where);
	g_free(index->uri);
	g_free(index->fallbacks[0]);
	g_free(index->path);
	g_free(index->sha256);
	g_free(index);
}

static guint pin_of(const struct sbx_release_file *release)
{
	if (!release->not_automatic)
		return SBX_PIN_DEFAULT;
	return release->automatic_upgrades ? SBX_PIN_AUTO_UPGRADES : SBX_PIN_NOT_AUTOMATIC;
}

/* Two archives may publish a suite and component of one name; an origin must say which. */
static char *make_origin(const struct sbx_update *update, const char *suite, const char *component)
{
	for (guint n = 1;; n++) {
		g_autofree char *tail = n > 1 ? g_strdup_printf("~%u", n) : g_strdup("");
		g_autofree char *origin = g_strdup_printf("%s/%s%s", suite, component, tail);
		gboolean taken = FALSE;
		for (guint i = 0; i < update->new->releases->len; i++) {
			const struct sbx_release *release = update->new->releases->pdata[i];
			taken |= g_str_equal(release->origin, origin);
		}
		if (!taken)
			return g_steal_pointer(&origin);
	}
}

/* `path` below dists/<suite>/, compressed or not; FALSE when it is not listed. */
static gboolean add_index(struct sbx_update *update, const struct sbx_update_source *source,
			  const char *origin, enum sbx_index_kind kind, const char *path)
{
	const char *suffix = "";
	const struct sbx_release_entry *plain = sbx_release_file_find(source->release, path);
	const struct sbx_release_entry *entry =
		sbx_release_file_find_smallest(source->release, path, &suffix);
	if (!entry)
		return FALSE;
	if (plain && plain->size == 0)
		return TRUE; /* an archive that has nothing to tell */
	const char *suite = source->source->suite;
	struct sbx_update_index *index = g_new0(struct sbx_update_index, 1);
	g_autofree char *plain_uri =
		g_strdup_printf("%s/dists/%s/%s%s", source->source->uri, suite, path, suffix);
	index->kind = kind;
	index->origin = g_strdup(origin);
	index->pin = pin_of(source->release);
	index->where = sbx_uri_without_credentials(plain_uri);
	index->sha256 = g_strdup(entry->sha256);
	index->size = entry->size;
	index->text_bytes = plain ? plain->size : 0;
	index->path = g_build_filename(update->cache, entry->sha256, NULL);
	if (source->release->by_hash) {
		const char *slash = strrchr(path, '/');
		int n_folder = slash ? (int)(slash - path) + 1 : 0;
		index->uri =
			g_strdup_printf("%s/dists/%s/%.*sby-hash/SHA256/%s", source->source->uri,
					suite, n_folder, path, entry->sha256);
		index->fallbacks[0] = g_steal_pointer(&plain_uri);
	} else {
		index->uri = g_steal_pointer(&plain_uri);
	}
	g_ptr_array_add(update->indexes, index);
	return TRUE;
}

static gboolean add_packages(struct sbx_update *update, const struct sbx_update_source *source,
			     const char *component, const char *origin, GError **error)
{
	const char *architecture = update->choice.architecture;
	g_autofree char *own = g_strdup_printf("%s/binary-%s/Packages", component, architecture);
	g_autofree char *all = g_strdup_printf("%s/binary-all/Packages", component);
	gboolean found = add_index(update, source, origin, SBX_INDEX_PACKAGES, own);
	if (!source->release->all_in_each)
		found |= add_index(update, source, origin, SBX_INDEX_PACKAGES, all);
	if (found)
		return TRUE;
	g_autofree char *architectures = g_strjoinv(" ", source->release->architectures);
	g_autofree char *components = g_strjoinv(" ", source->release->components);
	return sbx_set_error(error, SBX_E_NOT_FOUND,
			     "%s: lists no packages of component %s for %s (it has %s for %s); "
			     "change the source or --arch",
			     source->where, component, architecture, components, architectures);
}

/* FALSE when the archive has no Contents: providers cannot be told for its packages. */
static gboolean add_contents(struct sbx_update *update, const struct sbx_update_source *source,
			     const char *component, const char *origin)
{
	const char *const names[] = {update->choice.architecture, "all"};
	gboolean found = FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_strdup_printf("%s/Contents-%s", component, names[i]);
		found |= add_index(update, source, origin, SBX_INDEX_CONTENTS, path);
	}
	return found;
}

static void add_release(struct sbx_update *update, const struct sbx_update_source *source,
			const char *component, const char *origin)
{
	struct sbx_release *release = g_new0(struct sbx_release, 1);
	release->origin = g_strdup(origin);
	release->uri = g_strdup(source->root);
	if (!g_str_equal(source->root, source->source->uri))
		release->login_uri = g_strdup(source->source->uri);
	release->suite = g_strdup(source->source->suite);
	release->component = g_strdup(component);
	release->date = sbx_format_time(source->release->date);
	release->sha256 = g_strdup(source->sha256);
	release->archive = g_strdup(source->release->suite);
	release->codename = g_strdup(source->release->codename);
	release->vendor = g_strdup(source->release->origin);
	release->label = g_strdup(source->release->label);
	release->version = g_strdup(source->release->version);
	release->is_host = source->source->is_host;
	g_ptr_array_add(update->new->releases, release);
}

static gboolean plan_source(struct sbx_update *update, const struct sbx_update_source *source,
			    GError **error)
{
	g_autofree char *old_path = g_strdup_printf("Contents-%s", update->choice.architecture);
	gboolean has_contents = FALSE, has_old = FALSE;
	for (char **component = source->source->components; *component; component++) {
		g_autofree char *origin = make_origin(update, source->source->suite, *component);
		add_release(update, source, *component, origin);
		if (!add_packages(update, source, *component, origin, error))
			return FALSE;
		has_contents |= add_contents(update, source, *component, origin);
		/* Some archives have one for all components beside the Release file. */
		if (!has_contents && !has_old)
			has_old = add_index(update, source, origin, SBX_INDEX_CONTENTS, old_path);
	}
	if (!has_contents && !has_old && source->changed)
		sbx_progress_warn(
			update->ctx->progress,
			"%s: lists no Contents index, so nobody knows what the files of its "
			"packages are; they can be asked for by name only",
			source->where);
	return TRUE;
}

static void add_fetched(struct sbx_update *update, const struct sbx_update_source *source)
{
	for (guint i = 0; i < source->fetched->len; i++) {
		const struct sbx_meta_fetched *from = source->fetched->pdata[i];
		struct sbx_meta_fetched *to = g_new0(struct sbx_meta_fetched, 1);
		to->uri = g_strdup(from->uri);
		to->sha256 = g_strdup(from->sha256);
		to->etag = g_strdup(from->etag);
		to->last_modified = g_strdup(from->last_modified);
		g_ptr_array_add(update->new->fetched, to);
	}
}

static void hash_line(struct sbx_digest *digest, const char *text)
{
	sbx_digest_add(digest, text, strlen(text));
	sbx_digest_add(digest, "\n", 1);
}

/* Which packages are of interest, and by which rules the index is made. */
static char *digest_inputs(const struct sbx_update *update)
{
	SBX_CLEANUP_DIGEST struct sbx_digest digest = {0};
	g_autofree char *rules = sbx_providers_rules_id(sbx_languages());
	g_autofree char *map = g_strdup_printf("%d", SBX_MAP_FORMAT);
	sbx_digest_begin(&digest);
	hash_line(&digest, rules);
	hash_line(&digest, map);
	hash_line(&digest, SBX_INDEX_FORMAT);
	for (guint i = 0; i < update->new->releases->len; i++) {
		const struct sbx_release *release = update->new->releases->pdata[i];
		hash_line(&digest, release->uri);
		hash_line(&digest, release->origin);
	}
	return sbx_digest_finish(&digest);
}

static char *digest_releases(const struct sbx_update *update)
{
	SBX_CLEANUP_DIGEST struct sbx_digest digest = {0};
	sbx_digest_begin(&digest);
	hash_line(&digest, update->choice.architecture);
	hash_line(&digest, update->new->inputs);
	for (guint i = 0; i < update->new->releases->len; i++) {
		const struct sbx_release *release = update->new->releases->pdata[i];
		hash_line(&digest, release->origin);
		hash_line(&digest, release->sha256);
	}
	return sbx_digest_finish(&digest);
}

static gboolean was_there(const struct sbx_meta *old, const struct sbx_update_source *source)
{
	for (guint i = 0; old && i < old->releases->len; i++) {
		const struct sbx_release *release = old->releases->pdata[i];
		if (g_str_equal(release->uri, source->root) &&
		    g_str_equal(release->sha256, source->sha256))
			return TRUE;
	}
	return FALSE;
}

gboolean sbx_update_plan(struct sbx_update *update, GError **error)
{
	struct sbx_meta *new = update->new;
	new->suite = g_strdup(update->choice.suite);
	new->architecture = g_strdup(update->choice.architecture);
	new->updated = sbx_format_time(g_get_real_time() / G_USEC_PER_SEC);
	for (guint i = 0; i < update->sources->len; i++) {
		struct sbx_update_source *source = update->sources->pdata[i];
		source->changed = !was_there(update->old, source);
		if (!plan_source(update, source, error))
			return FALSE;
		add_fetched(update, source);
	}
	for (guint i = 0; i < update->indexes->len; i++) {
		const struct sbx_update_index *from = update->indexes->pdata[i];
		struct sbx_meta_index *to = g_new0(struct sbx_meta_index, 1);
		to->uri = g_strdup(from->where);
		to->sha256 = g_strdup(from->sha256);
		to->size = from->size;
		g_ptr_array_add(new->indexes, to);
	}
	new->inputs = digest_inputs(update);
	new->generation = digest_releases(update);
	return TRUE;
}
