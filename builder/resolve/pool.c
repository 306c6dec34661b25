/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/pool.h"

#include <errno.h>
#include <solv/repo_solv.h>
#include <stdio_ext.h>
#include <string.h>

#include "base/fd.h"
#include "builder/resolve/relation.h"

#define READ_BYTES (256 * 1024)

const char *sbx_resolver_origin(struct sbx_resolver *resolver, Id p)
{
	return pool_lookup_str(resolver->pool, p, resolver->keys.id[SBX_KEY_ORIGIN]);
}

/*
 * A paged string, kept: libsolv inflates a page again whenever another one was asked for between,
 * which costs more than all else in a solution. There are two for a package, some 25 MB of the
 * whole archive, and a request looks at a few thousand of them.
 */
static const char *read_paged(struct sbx_resolver *resolver, Id p, enum sbx_key key)
{
	gpointer which = GINT_TO_POINTER(2 * p + (key == SBX_KEY_DETAILS));
	const char *text = g_hash_table_lookup(resolver->texts, which);
	if (text)
		return text;
	text = pool_lookup_str(resolver->pool, p, resolver->keys.id[key]);
	char *copy = g_strdup(text ? text : "");
	g_hash_table_insert(resolver->texts, which, copy);
	return copy;
}

/* A line of a paged string, newly allocated. */
static char *read_line(struct sbx_resolver *resolver, Id p, enum sbx_key key, int line)
{
	const char *text = read_paged(resolver, p, key);
	for (; text && line > 0; line--) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text ? g_strndup(text, strcspn(text, "\n")) : g_strdup("");
}

char *sbx_resolver_detail(struct sbx_resolver *resolver, Id p, enum sbx_details_line line)
{
	return read_line(resolver, p, SBX_KEY_DETAILS, (int)line);
}

guint64 sbx_resolver_number(struct sbx_resolver *resolver, Id p, enum sbx_details_line line)
{
	g_autofree char *text = sbx_resolver_detail(resolver, p, line);
	return g_ascii_strtoull(text, NULL, 10);
}

gboolean sbx_resolver_is_essential(const struct sbx_resolver *resolver, Id name)
{
	for (int i = 0; i < resolver->essential.count; i++)
		if (resolver->essential.elements[i] == name)
			return TRUE;
	return FALSE;
}

static int compare_ids(const void *a, const void *b, void *data)
{
	const Id x = *(const Id *)a, y = *(const Id *)b;
	return (x > y) - (x < y);
}

static void find_essential(struct sbx_resolver *resolver)
{
	Queue *names = &resolver->essential;
	repo_lookup_idarray(resolver->repo, SOLVID_META, resolver->keys.id[SBX_KEY_ESSENTIAL],
			    names);
	solv_sort(names->elements, (size_t)names->count, sizeof(Id), compare_ids, NULL);
	int n = 0;
	for (int i = 0; i < names->count; i++)
		if (n == 0 || names->elements[i] != names->elements[n - 1])
			names->elements[n++] = names->elements[i];
	queue_truncate(names, n);
}

static gboolean load(struct sbx_resolver *resolver, const char *path, GError **error)
{
	SBX_CLEANUP_FILE FILE *file = fopen(path, "re");
	if (!file && errno == ENOENT)
		return sbx_set_error(error, SBX_E_NOT_FOUND,
				     "%s: no packages are indexed; run `sbx-build update`", path);
	if (!file)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s", path);
	/* libsolv takes it byte for byte. */
	setvbuf(file, NULL, _IOFBF, READ_BYTES);
	__fsetlocking(file, FSETLOCKING_BYCALLER);
	resolver->repo = repo_create(resolver->pool, "archive");
	const char *problem = NULL;
	if (repo_add_solv(resolver->repo, file, 0) != 0)
		problem = pool_errstr(resolver->pool);
	else if (repo_lookup_num(resolver->repo, SOLVID_META, resolver->keys.id[SBX_KEY_FORMAT],
				 0) != SBX_SOLV_FORMAT)
		problem = "was made by another version of sbx-build";
	else if (g_strcmp0(repo_lookup_str(resolver->repo, SOLVID_META,
					   resolver->keys.id[SBX_KEY_ARCHITECTURE]),
			   resolver->archive->architecture) != 0)
		problem = "is for another architecture";
	if (problem)
		return sbx_set_error(error, SBX_E_DAMAGED,
				     "%s: %s; remove %s and run `sbx-build update`", path, problem,
				     resolver->archive->path);
	return TRUE;
}

void sbx_resolver_packages_added(struct sbx_resolver *resolver)
{
	/* What pool_createwhatprovides leaves out could not come back on request: consider all. */
	resolver->pool->considered = NULL;
	pool_createwhatprovides(resolver->pool);
	sbx_resolver_index_names(resolver);
	resolver->pool->considered = &resolver->considered;
}

struct sbx_resolver *sbx_resolver_open(const struct sbx_archive *archive, GError **error)
{
	g_autofree char *path = g_build_filename(archive->path, SBX_SOLV_FILE, NULL);
	SBX_AUTO(sbx_resolver) resolver = g_new0(struct sbx_resolver, 1);
	resolver->archive = archive;
	resolver->pool = sbx_solv_pool_new(archive->architecture);
	sbx_keys_init(&resolver->keys, resolver->pool);
	resolver->texts = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	queue_init(&resolver->essential);
	resolver->rules = sbx_rules_new(archive, error);
	if (!resolver->rules || !load(resolver, path, error))
		return NULL;
	find_essential(resolver);
	sbx_resolver_packages_added(resolver);
	return g_steal_pointer(&resolver);
}

void sbx_resolver_free(struct sbx_resolver *resolver)
{
	if (!resolver)
		return;
	resolver->pool->considered = NULL; /* it is ours, not the pool's */
	pool_free(resolver->pool);
	map_free(&resolver->considered);
	queue_free(&resolver->essential);
	g_hash_table_unref(resolver->texts);
	sbx_rules_free(resolver->rules);
	g_free(resolver->is_name);
	g_free(resolver->best);
	g_free(resolver->candidate);
	g_free(resolver);
}

void sbx_resolver_read_field(struct sbx_resolver *resolver, Id p, enum sbx_relations_line field,
			     Queue *out)
{
	g_autofree char *text = read_line(resolver, p, SBX_KEY_RELATIONS, (int)field);
	struct sbx_relation_reader reader;
	Queue group;
	queue_init(&group);
	sbx_relation_begin(&reader, text);
	while (sbx_solv_read_group(resolver->pool, &reader, resolver->archive->architecture, TRUE,
				   &group, NULL) &&
	       group.count > 0) {
		queue_insertn(out, out->count, group.count, group.elements);
		queue_push(out, 0);
	}
	queue_free(&group);
}

struct order {
	struct sbx_resolver *resolver;
	const char *name; /* what the dependency names, without ":any" */
	gsize n_name;
};

static gboolean has_name(const struct order *order, const Solvable *s)
{
	const char *name = pool_id2str(order->resolver->pool, s->name);
	return strlen(name) == order->n_name && memcmp(name, order->name, order->n_name) == 0;
}

/*
 * Among several that serve a dependency apt takes: the package of that name, an essential one,
 * one of higher priority, the one whose name it met last.
 */
static int compare_providers(const void *a, const void *b, void *data)
{
	const struct order *order = data;
	struct sbx_resolver *resolver = order->resolver;
	Id p = *(const Id *)a, q = *(const Id *)b;
	const Solvable *s = pool_id2solvable(resolver->pool, p);
	const Solvable *t = pool_id2solvable(resolver->pool, q);
	int by_name = has_name(order, t) - has_name(order, s);
	if (by_name)
		return by_name;
	int by_essential = sbx_resolver_is_essential(resolver, t->name) -
			   sbx_resolver_is_essential(resolver, s->name);
	if (by_essential)
		return by_essential;
	guint64 rank_p = sbx_resolver_number(resolver, p, SBX_LINE_RANK);
	guint64 rank_q = sbx_resolver_number(resolver, q, SBX_LINE_RANK);
	if (rank_p != rank_q)
		return rank_p < rank_q ? -1 : 1;
	guint64 met_p = sbx_resolver_number(resolver, p, SBX_LINE_ORDER);
	guint64 met_q = sbx_resolver_number(resolver, q, SBX_LINE_ORDER);
	return (met_p < met_q) - (met_p > met_q);
}

void sbx_resolver_providers(struct sbx_resolver *resolver, Id dep, Queue *out)
{
	Pool *pool = resolver->pool;
	Id p, pp, name = dep;
	queue_empty(out);
	FOR_PROVIDES(p, pp, dep)
	{
		if (sbx_resolver_is_candidate(resolver, p))
			queue_push(out, p);
	}
	if (out->count < 2)
		return;
	while (ISRELDEP(name))
		name = GETRELDEP(pool, name)->name;
	struct order order = {.resolver = resolver, .name = pool_id2str(pool, name)};
	const char *colon = strchr(order.name, ':');
	order.n_name = colon ? (gsize)(colon - order.name) : strlen(order.name);
	solv_sort(out->elements, (size_t)out->count, sizeof(Id), compare_providers, &order);
}
