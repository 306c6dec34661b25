/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/package_map.h"

#include <errno.h>
#include <string.h>

#include "builder/resolve/resolve.h"

struct sbx_package_map {
	GMappedFile *file;
	const struct sbx_map_header *header;
	const struct sbx_map_name *names;
	const guint32 *buckets;
	const struct sbx_map_record *records;
	const guint32 *providers, *essential;
	const char *text;
};

guint32 sbx_map_hash(const char *text, gsize n)
{
	guint32 hash = 2166136261u;
	for (gsize i = 0; i < n; i++)
		hash = (hash ^ (guint8)text[i]) * 16777619u;
	return hash;
}

guint sbx_entry_rank(const char *priority)
{
	static const char *const names[] = {"required", "important", "standard", "optional",
					    "extra"};
	for (guint i = 0; priority && i < G_N_ELEMENTS(names); i++)
		if (g_ascii_strcasecmp(priority, names[i]) == 0)
			return i + 1;
	return 0;
}

void sbx_package_map_free(struct sbx_package_map *map)
{
	if (!map)
		return;
	g_clear_pointer(&map->file, g_mapped_file_unref);
	g_free(map);
}

/* Set out the sections; FALSE: the file is of another length than its header says. */
static gboolean set_out(struct sbx_package_map *map, gsize n_bytes)
{
	const struct sbx_map_header *h = map->header;
	const char *at = (const char *)(h + 1);
	guint64 n_words = (guint64)h->n_buckets + h->n_providers + h->n_essential;
	n_words += n_words & 1; /* records are of 8 bytes */
	if (n_bytes != sizeof(*h) + (guint64)h->n_names * sizeof(struct sbx_map_name) +
			       (guint64)h->n_packages * sizeof(struct sbx_map_record) +
			       n_words * sizeof(guint32) + h->n_text ||
	    h->n_text == 0 || h->n_buckets == 0 || (h->n_buckets & (h->n_buckets - 1)))
		return FALSE;
	map->records = (const void *)at;
	map->names = (const void *)(map->records + h->n_packages);
	map->buckets = (const void *)(map->names + h->n_names);
	map->providers = map->buckets + h->n_buckets;
	map->essential = map->providers + h->n_providers;
	map->text = (const char *)(map->buckets + n_words);
	return map->text[h->n_text - 1] == '\0';
}

/* Damage shows as another text, never as a read outside of the file. */
static const char *text_at(const struct sbx_package_map *map, guint32 offset)
{
	return offset < map->header->n_text ? map->text + offset : "";
}

static const char *check(struct sbx_package_map *map, const char *architecture)
{
	gsize n_bytes = g_mapped_file_get_length(map->file);
	map->header = (const void *)g_mapped_file_get_contents(map->file);
	if (n_bytes < sizeof(*map->header) || map->header->magic != SBX_MAP_MAGIC)
		return "is no map of packages";
	if (map->header->format != SBX_MAP_FORMAT)
		return "was made by another version of sbx-build";
	if (!set_out(map, n_bytes))
		return "is cut short";
	if (!g_str_equal(text_at(map, map->header->architecture), architecture))
		return "is for another architecture";
	return NULL;
}

struct sbx_package_map *sbx_package_map_open(const char *folder, const char *architecture,
					     GError **error)
{
	SBX_AUTO(sbx_package_map) map = g_new0(struct sbx_package_map, 1);
	g_autofree char *path = g_build_filename(folder, SBX_PACKAGES_FILE, NULL);
	g_autoptr(GError) problem = NULL;
	map->file = g_mapped_file_new(path, FALSE, &problem);
	if (!map->file && g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
		sbx_set_error(error, SBX_E_NOT_FOUND,
			      "%s: no packages are indexed; run `sbx-build update`", path);
		return NULL;
	}
	if (!map->file) {
		sbx_set_error(error, SBX_E_FAILED, "%s: %s", path, problem->message);
		return NULL;
	}
	const char *reason = check(map, architecture);
	if (reason) {
		sbx_set_error(error, SBX_E_DAMAGED, "%s: %s; remove %s and run `sbx-build update`",
			      path, reason, folder);
		return NULL;
	}
	return g_steal_pointer(&map);
}

guint32 sbx_package_map_n_packages(const struct sbx_package_map *map)
{
	return map->header->n_packages;
}

guint32 sbx_package_map_n_names(const struct sbx_package_map *map)
{
	return map->header->n_names;
}

guint32 sbx_package_map_find(const struct sbx_package_map *map, const char *name, gsize n_name)
{
	const struct sbx_map_header *h = map->header;
	guint32 hash = sbx_map_hash(name, n_name);
	for (guint32 i = 0; i < h->n_buckets; i++) {
		guint32 number = map->buckets[(hash + i) & (h->n_buckets - 1)];
		if (number == 0 || number > h->n_names)
			return SBX_MAP_NONE;
		const struct sbx_map_name *found = &map->names[number - 1];
		const char *text = text_at(map, found->text);
		if (found->hash == hash && found->n_text == n_name &&
		    strncmp(text, name, n_name) == 0 && text[n_name] == '\0')
			return number - 1;
	}
	return SBX_MAP_NONE;
}

const char *sbx_package_map_borne_name(const struct sbx_package_map *map, guint32 name)
{
	return map->names[name].is_borne ? text_at(map, map->names[name].text) : NULL;
}

const guint32 *sbx_package_map_providers(const struct sbx_package_map *map, guint32 name,
					 guint32 *out_n)
{
	const struct sbx_map_name *found = &map->names[name];
	guint32 all = map->header->n_providers;
	guint32 from = MIN(found->providers, all);
	*out_n = MIN(found->n_providers, all - from);
	return map->providers + from;
}

const char *sbx_package_map_essential(const struct sbx_package_map *map, guint32 i)
{
	return i < map->header->n_essential ? text_at(map, map->essential[i]) : NULL;
}

gboolean sbx_package_map_read(const struct sbx_package_map *map, guint32 number,
			      struct sbx_entry *out)
{
	if (number >= map->header->n_packages)
		return FALSE;
	const struct sbx_map_record *r = &map->records[number];
	*out = (struct sbx_entry){
		.package = {.name = text_at(map, r->name),
			    .version = text_at(map, r->version),
			    .architecture = text_at(map, r->architecture),
			    .pre_depends = text_at(map, r->pre_depends),
			    .depends = text_at(map, r->depends),
			    .recommends = text_at(map, r->recommends),
			    .conflicts = text_at(map, r->conflicts),
			    .breaks = text_at(map, r->breaks),
			    .provides = text_at(map, r->provides),
			    .filename = text_at(map, r->filename),
			    .sha256 = text_at(map, r->sha256),
			    .section = text_at(map, r->section),
			    .multi_arch = text_at(map, r->multi_arch),
			    .size = r->size,
			    .installed_kib = r->installed_kib,
			    .essential = r->is_essential != 0},
		.origin = text_at(map, r->origin),
		.order = r->order,
		.rank = r->rank,
		.pin = r->pin,
	};
	return TRUE;
}
