/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <solv/pool.h>
#include <solv/repo.h>
#include <solv/repo_write.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "builder/resolve/pool.h"
#include "builder/resolve/relation.h"

struct sbx_solv_writer {
	char *architecture;
	Pool *pool;
	gboolean borrows_pool;
	Repo *repo;
	Repodata *data;
	struct sbx_keys keys;
	GHashTable *pins; /* origin -> GUINT_TO_POINTER(pin) */
};

static struct sbx_solv_writer *writer_new(Pool *pool, const char *name, const char *architecture)
{
	struct sbx_solv_writer *writer = g_new0(struct sbx_solv_writer, 1);
	writer->architecture = g_strdup(architecture);
	writer->pool = pool;
	writer->repo = repo_create(writer->pool, name);
	writer->data = repo_add_repodata(writer->repo, 0);
	writer->pins = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	sbx_keys_init(&writer->keys, writer->pool);
	return writer;
}

struct sbx_solv_writer *sbx_solv_writer_new(const char *architecture)
{
	Pool *pool = sbx_solv_pool_new(architecture);
	struct sbx_solv_writer *writer = writer_new(pool, "archive", architecture);
	const Id *key = writer->keys.id;
	repodata_set_num(writer->data, SOLVID_META, key[SBX_KEY_FORMAT], SBX_SOLV_FORMAT);
	repodata_set_str(writer->data, SOLVID_META, key[SBX_KEY_ARCHITECTURE], architecture);
	return writer;
}

struct sbx_solv_writer *sbx_solv_writer_new_in(Pool *pool, const char *architecture)
{
	struct sbx_solv_writer *writer = writer_new(pool, "kept", architecture);
	writer->borrows_pool = TRUE;
	return writer;
}

void sbx_solv_writer_end_in(struct sbx_solv_writer *writer)
{
	repo_internalize(writer->repo);
}

void sbx_solv_writer_free(struct sbx_solv_writer *writer)
{
	if (!writer)
		return;
	if (!writer->borrows_pool)
		pool_free(writer->pool);
	g_hash_table_unref(writer->pins);
	g_free(writer->architecture);
	g_free(writer);
}

void sbx_solv_writer_set_pin(struct sbx_solv_writer *writer, const char *origin, guint pin)
{
	g_hash_table_insert(writer->pins, g_strdup(origin), GUINT_TO_POINTER(pin));
}

static gboolean in_field(const struct sbx_package *package, const char *field, GError **error)
{
	if (error && *error) {
		g_autofree char *reason = g_steal_pointer(&(*error)->message);
		(*error)->message = g_strdup_printf("%s %s: %s: %s; use another mirror",
						    package->name, package->version, field, reason);
	}
	return FALSE;
}

/* What is written of a package ends up in locks, which are just as strict. */
static gboolean check_package(const struct sbx_package *package, GError **error)
{
	struct sbx_relation_reader reader;
	struct sbx_relation name;
	sbx_relation_begin(&reader, package->name);
	if (sbx_relation_next(&reader, &name, NULL) != SBX_RELATION_READ ||
	    package->name[name.n_name] != '\0')
		return sbx_set_error(error, SBX_E_ARCHIVE,
				     "\"%.40s\" is no package name; use another mirror",
				     package->name);
	const char *problem = NULL;
	if (!package->filename || !sbx_path_check_relative(package->filename))
		problem = "Filename is missing or leads out of the archive";
	else if (!package->sha256 || strspn(package->sha256, "0123456789abcdef") != 64 ||
		 package->sha256[64])
		problem = "SHA256 is missing or malformed";
	if (problem)
		return sbx_set_error(error, SBX_E_ARCHIVE, "%s: %s; use another mirror",
				     package->name, problem);
	return TRUE;
}

/* A dependency as one id: alternatives hang on each other from the right, in their order. */
static Id join_alternatives(Pool *pool, const Queue *group)
{
	Id id = group->elements[group->count - 1];
	for (int i = group->count - 2; i >= 0; i--)
		id = pool_rel2id(pool, group->elements[i], id, REL_OR, 1);
	return id;
}

static gboolean add_depends(struct sbx_solv_writer *writer, Solvable *s, const char *field,
			    Id marker, GError **error)
{
	struct sbx_relation_reader reader;
	Queue group;
	queue_init(&group);
	sbx_relation_begin(&reader, field);
	gboolean ok;
	while ((ok = sbx_solv_read_group(writer->pool, &reader, writer->architecture, TRUE, &group,
					 error)) &&
	       group.count > 0)
	s->requires = repo_addid_dep(writer->repo, s->requires,
				     join_alternatives(writer->pool, &group), marker);
	queue_free(&group);
	return ok;
}

/* Conflicts and Breaks: the difference is one of unpacking order, not of what can be together. */
static gboolean add_conflicts(struct sbx_solv_writer *writer, Solvable *s, const char *field,
			      GError **error)
{
	struct sbx_relation_reader reader;
	struct sbx_relation r;
	enum sbx_relation_result result;
	sbx_relation_begin(&reader, field);
	while ((result = sbx_relation_next(&reader, &r, error)) == SBX_RELATION_READ) {
		if (r.n_qualifier == 3 && strncmp(r.qualifier, "any", 3) == 0)
			r.n_qualifier = 0;
		Id id = sbx_solv_relation_id(writer->pool, &r, writer->architecture, TRUE);
		s->conflicts = repo_addid_dep(writer->repo, s->conflicts, id, 0);
	}
	return result == SBX_RELATION_END;
}

/* "name:any" beside "name" for what may be used from any architecture (Multi-Arch: allowed). */
static void add_any(struct sbx_solv_writer *writer, Solvable *s, const struct sbx_relation *r)
{
	struct sbx_relation any = *r;
	g_autofree char *name = g_strdup_printf("%.*s:any", (int)r->n_name, r->name);
	any.name = name;
	any.qualifier = name + r->n_name + 1;
	any.n_qualifier = 3;
	Id id = sbx_solv_relation_id(writer->pool, &any, writer->architecture, TRUE);
	s->provides = repo_addid_dep(writer->repo, s->provides, id, 0);
}

static gboolean add_provides(struct sbx_solv_writer *writer, Solvable *s,
			     const struct sbx_package *package, GError **error)
{
	gboolean allowed = g_strcmp0(package->multi_arch, "allowed") == 0;
	struct sbx_relation_reader reader;
	struct sbx_relation r = {.name = package->name,
				 .n_name = strlen(package->name),
				 .op = SBX_REL_EQ,
				 .version = package->version,
				 .n_version = strlen(package->version)};
	enum sbx_relation_result result;
	s->provides = repo_addid_dep(writer->repo, s->provides,
				     pool_rel2id(writer->pool, s->name, s->evr, REL_EQ, 1), 0);
	if (allowed)
		add_any(writer, s, &r);
	sbx_relation_begin(&reader, package->provides);
	while ((result = sbx_relation_next(&reader, &r, error)) == SBX_RELATION_READ) {
		Id id = sbx_solv_relation_id(writer->pool, &r, writer->architecture, TRUE);
		s->provides = repo_addid_dep(writer->repo, s->provides, id, 0);
		if (allowed && r.n_qualifier == 0)
			add_any(writer, s, &r);
	}
	return result == SBX_RELATION_END;
}

static void meet_field(struct sbx_solv_writer *writer, const char *field)
{
	struct sbx_relation_reader reader;
	struct sbx_relation r;
	sbx_relation_begin(&reader, field);
	while (sbx_relation_next(&reader, &r, NULL) == SBX_RELATION_READ)
		pool_strn2id(writer->pool, r.name, (unsigned int)r.n_name, 1);
}

/*
 * Where nothing else decides between two providers, apt takes the one whose name it met later,
 * as a package or in any field. Ids are given out in the order in which strings are first met: so
 * let the names come by in apt's order.
 */
static void meet_names(struct sbx_solv_writer *writer, const struct sbx_package *package)
{
	pool_str2id(writer->pool, package->name, 1);
	meet_field(writer, package->pre_depends);
	meet_field(writer, package->depends);
	meet_field(writer, package->conflicts);
	meet_field(writer, package->breaks);
	meet_field(writer, package->recommends);
	meet_field(writer, package->suggests);
	meet_field(writer, package->replaces);
	meet_field(writer, package->enhances);
	meet_field(writer, package->provides);
}

static guint rank_of(const char *priority)
{
	static const char *const names[] = {"required", "important", "standard", "optional",
					    "extra"};
	for (guint i = 0; priority && i < G_N_ELEMENTS(names); i++)
		if (g_ascii_strcasecmp(priority, names[i]) == 0)
			return i + 1;
	return 0;
}

/* A field may be folded over several lines; here it has one. */
static void add_line(GString *lines, const char *field)
{
	gsize begin = lines->len;
	g_string_append(lines, field ? field : "");
	g_strdelimit(lines->str + begin, "\r\n", ' ');
	g_string_append_c(lines, '\n');
}

static void add_relations(struct sbx_solv_writer *writer, Id p, const struct sbx_package *package)
{
	g_autoptr(GString) lines = g_string_new(NULL);
	add_line(lines, package->pre_depends);
	add_line(lines, package->depends);
	add_line(lines, package->recommends);
	repodata_set_str(writer->data, p, writer->keys.id[SBX_KEY_RELATIONS], lines->str);
}

static void add_details(struct sbx_solv_writer *writer, Id p, const struct sbx_package *package)
{
	g_autoptr(GString) lines = g_string_new(NULL);
	add_line(lines, sbx_path_check_relative(package->filename));
	add_line(lines, package->sha256);
	g_string_append_printf(lines, "%" G_GUINT64_FORMAT "\n%" G_GUINT64_FORMAT "\n%u\n%d\n",
			       package->size, package->installed_kib, rank_of(package->priority),
			       pool_id2solvable(writer->pool, p)->name);
	add_line(lines, package->section);
	add_line(lines, package->multi_arch);
	repodata_set_str(writer->data, p, writer->keys.id[SBX_KEY_DETAILS], lines->str);
}

static void add_data(struct sbx_solv_writer *writer, Id p, const struct sbx_package *package,
		     const char *origin)
{
	const Id *key = writer->keys.id;
	gpointer pin;
	repodata_set_poolstr(writer->data, p, key[SBX_KEY_ORIGIN], origin);
	if (g_hash_table_lookup_extended(writer->pins, origin, NULL, &pin) &&
	    GPOINTER_TO_UINT(pin) != SBX_PIN_DEFAULT)
		repodata_set_num(writer->data, p, key[SBX_KEY_PIN], GPOINTER_TO_UINT(pin));
	if (package->essential)
		repodata_add_idarray(writer->data, SOLVID_META, key[SBX_KEY_ESSENTIAL],
				     pool_id2solvable(writer->pool, p)->name);
	add_relations(writer, p, package);
	add_details(writer, p, package);
}

gboolean sbx_solv_writer_add(struct sbx_solv_writer *writer, const struct sbx_package *package,
			     const char *origin, GError **error)
{
	/* Of another architecture it could not be run here, whatever list it stands in. */
	if (!g_str_equal(package->architecture, "all") &&
	    !g_str_equal(package->architecture, writer->architecture))
		return TRUE;
	if (!check_package(package, error))
		return FALSE;
	meet_names(writer, package);
	Id p = repo_add_solvable(writer->repo);
	Solvable *s = pool_id2solvable(writer->pool, p);
	s->name = pool_str2id(writer->pool, package->name, 1);
	s->evr = pool_str2id(writer->pool, package->version, 1);
	s->arch = pool_str2id(writer->pool, package->architecture, 1);
	if (!add_depends(writer, s, package->depends, -SOLVABLE_PREREQMARKER, error))
		return in_field(package, "Depends", error);
	if (!add_depends(writer, s, package->pre_depends, SOLVABLE_PREREQMARKER, error))
		return in_field(package, "Pre-Depends", error);
	if (!add_conflicts(writer, s, package->conflicts, error))
		return in_field(package, "Conflicts", error);
	if (!add_conflicts(writer, s, package->breaks, error))
		return in_field(package, "Breaks", error);
	if (!add_provides(writer, s, package, error))
		return in_field(package, "Provides", error);
	add_data(writer, p, package, origin);
	return TRUE;
}

static int choose_storage(Repo *repo, Repokey *key, void *data)
{
	const struct sbx_keys *keys = data;
	if (key->name == keys->id[SBX_KEY_RELATIONS] || key->name == keys->id[SBX_KEY_DETAILS])
		return KEY_STORAGE_VERTICAL_OFFSET;
	return repo_write_stdkeyfilter(repo, key, NULL);
}

static int write_repo(struct sbx_solv_writer *writer, FILE *file)
{
	Repowriter *out = repowriter_create(writer->repo);
	repowriter_set_keyfilter(out, choose_storage, &writer->keys);
	int failed = repowriter_write(out, file);
	repowriter_free(out);
	return failed || fflush(file) != 0 || fsync(fileno(file)) < 0 ? -1 : 0;
}

gboolean sbx_solv_writer_write(struct sbx_solv_writer *writer, const char *path, GError **error)
{
	g_autofree char *aside = g_strconcat(path, ".part", NULL);
	repo_internalize(writer->repo);
	SBX_CLEANUP_FD int fd = open(aside, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	SBX_CLEANUP_FILE FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s: cannot be written", aside);
	sbx_steal_fd(&fd);
	if (write_repo(writer, file) < 0 || rename(aside, path) < 0) {
		int saved = errno;
		unlink(aside);
		return sbx_set_error_os(error, SBX_E_FAILED, saved, "%s: cannot be written", path);
	}
	return TRUE;
}
