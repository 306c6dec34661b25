/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/package_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "builder/resolve/relation.h"
#include "builder/resolve/resolve.h"

/* A name that was met, in the order of meeting. */
struct met {
	guint32 text, n_text, hash;
	gboolean is_borne, is_essential;
	guint32 n_providers, last; /* the package that was counted last, so that each counts once */
	guint32 providers;
};

/* A package that bears or provides a name. */
struct provision {
	guint32 name, package;
};

struct sbx_package_writer {
	char *architecture;
	GByteArray *text;
	GHashTable *shared; /* char * -> offset: short texts that come again and again */
	GArray *met;	    /* struct met */
	guint32 *buckets;   /* as in the file, of all that was met */
	guint32 n_buckets;
	GArray *records;    /* struct sbx_map_record */
	GArray *provisions; /* struct provision, in the packages' order */
	GHashTable *pins;   /* origin -> GUINT_TO_POINTER(pin) */
};

struct sbx_package_writer *sbx_package_writer_new(const char *architecture)
{
	struct sbx_package_writer *writer = g_new0(struct sbx_package_writer, 1);
	writer->architecture = g_strdup(architecture);
	writer->text = g_byte_array_new();
	g_byte_array_append(writer->text, (const guint8 *)"", 1);
	writer->shared = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	writer->met = g_array_new(FALSE, TRUE, sizeof(struct met));
	writer->n_buckets = 1024;
	writer->buckets = g_new0(guint32, writer->n_buckets);
	writer->records = g_array_new(FALSE, TRUE, sizeof(struct sbx_map_record));
	writer->provisions = g_array_new(FALSE, FALSE, sizeof(struct provision));
	writer->pins = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return writer;
}

void sbx_package_writer_free(struct sbx_package_writer *writer)
{
	if (!writer)
		return;
	g_byte_array_unref(writer->text);
	g_hash_table_unref(writer->shared);
	g_array_unref(writer->met);
	g_free(writer->buckets);
	g_array_unref(writer->records);
	g_array_unref(writer->provisions);
	g_hash_table_unref(writer->pins);
	g_free(writer->architecture);
	g_free(writer);
}

void sbx_package_writer_set_pin(struct sbx_package_writer *writer, const char *origin, guint pin)
{
	g_hash_table_insert(writer->pins, g_strdup(origin), GUINT_TO_POINTER(pin));
}

/* ---- texts ---- */

static guint32 add_text_n(struct sbx_package_writer *writer, const char *text, gsize n)
{
	guint32 at = writer->text->len;
	g_byte_array_append(writer->text, (const guint8 *)text, (guint)n);
	g_byte_array_append(writer->text, (const guint8 *)"", 1);
	return at;
}

/* A field may be folded over several lines; here it has one. */
static guint32 add_text(struct sbx_package_writer *writer, const char *text)
{
	if (!text || !*text)
		return 0;
	guint32 at = add_text_n(writer, text, strlen(text));
	g_strdelimit((char *)writer->text->data + at, "\r\n", ' ');
	return at;
}

static guint32 add_shared(struct sbx_package_writer *writer, const char *text)
{
	gpointer known;
	if (!text || !*text)
		return 0;
	if (g_hash_table_lookup_extended(writer->shared, text, NULL, &known))
		return GPOINTER_TO_UINT(known);
	guint32 at = add_text(writer, text);
	g_hash_table_insert(writer->shared, g_strdup(text), GUINT_TO_POINTER(at));
	return at;
}

/* ---- names ---- */

static struct met *met_at(const struct sbx_package_writer *writer, guint32 name)
{
	return &g_array_index(writer->met, struct met, name);
}

static void grow_buckets(struct sbx_package_writer *writer)
{
	g_free(writer->buckets);
	writer->n_buckets *= 2;
	writer->buckets = g_new0(guint32, writer->n_buckets);
	for (guint32 i = 0; i < writer->met->len; i++) {
		guint32 at = met_at(writer, i)->hash & (writer->n_buckets - 1);
		while (writer->buckets[at])
			at = (at + 1) & (writer->n_buckets - 1);
		writer->buckets[at] = i + 1;
	}
}

/*
 * Where nothing else decides between two providers, apt takes the one whose name it met later,
 * as a package or in any field: names are numbered in that order.
 */
static guint32 meet(struct sbx_package_writer *writer, const char *name, gsize n)
{
	guint32 hash = sbx_map_hash(name, n), at = hash & (writer->n_buckets - 1);
	for (; writer->buckets[at]; at = (at + 1) & (writer->n_buckets - 1)) {
		const struct met *met = met_at(writer, writer->buckets[at] - 1);
		if (met->hash == hash && met->n_text == n &&
		    memcmp(writer->text->data + met->text, name, n) == 0)
			return writer->buckets[at] - 1;
	}
	struct met met = {.text = add_text_n(writer, name, n),
			  .n_text = (guint32)n,
			  .hash = hash,
			  .last = SBX_MAP_NONE};
	g_array_append_val(writer->met, met);
	writer->buckets[at] = writer->met->len;
	if (writer->met->len * 2 > writer->n_buckets)
		grow_buckets(writer);
	return writer->met->len - 1;
}

static void provide(struct sbx_package_writer *writer, guint32 name, guint32 package)
{
	const struct provision provision = {name, package};
	struct met *met = met_at(writer, name);
	if (met->last == package)
		return;
	met->last = package;
	met->n_providers++;
	g_array_append_val(writer->provisions, provision);
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

enum field_check { MUST_READ, MAY_READ };

/* Meet the names of a field. What is loaded of it later has been looked at here. */
static gboolean meet_field(struct sbx_package_writer *writer, const struct sbx_package *package,
			   const char *name, const char *field, enum field_check must,
			   GError **error)
{
	struct sbx_relation_reader reader;
	struct sbx_relation r;
	enum sbx_relation_result result;
	sbx_relation_begin(&reader, field);
	while ((result = sbx_relation_next(&reader, &r, must == MUST_READ ? error : NULL)) ==
	       SBX_RELATION_READ)
		meet(writer, r.name, r.n_name);
	return result == SBX_RELATION_END || must == MAY_READ || in_field(package, name, error);
}

static gboolean meet_all(struct sbx_package_writer *writer, const struct sbx_package *package,
			 GError **error)
{
	meet(writer, package->name, strlen(package->name));
	return meet_field(writer, package, "Pre-Depends", package->pre_depends, MUST_READ, error) &&
	       meet_field(writer, package, "Depends", package->depends, MUST_READ, error) &&
	       meet_field(writer, package, "Conflicts", package->conflicts, MUST_READ, error) &&
	       meet_field(writer, package, "Breaks", package->breaks, MUST_READ, error) &&
	       meet_field(writer, package, "Recommends", package->recommends, MAY_READ, NULL) &&
	       meet_field(writer, package, "Suggests", package->suggests, MAY_READ, NULL) &&
	       meet_field(writer, package, "Replaces", package->replaces, MAY_READ, NULL) &&
	       meet_field(writer, package, "Enhances", package->enhances, MAY_READ, NULL) &&
	       meet_field(writer, package, "Provides", package->provides, MUST_READ, error);
}

/* ---- packages ---- */

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

static void add_names(struct sbx_package_writer *writer, const struct sbx_package *package,
		      guint32 number)
{
	struct sbx_relation_reader reader;
	struct sbx_relation r;
	guint32 name = meet(writer, package->name, strlen(package->name));
	met_at(writer, name)->is_borne = TRUE;
	met_at(writer, name)->is_essential |= package->essential;
	provide(writer, name, number);
	sbx_relation_begin(&reader, package->provides);
	while (sbx_relation_next(&reader, &r, NULL) == SBX_RELATION_READ)
		provide(writer, meet(writer, r.name, r.n_name), number);
}

gboolean sbx_package_writer_add(struct sbx_package_writer *writer,
				const struct sbx_package *package, const char *origin,
				GError **error)
{
	/* Of another architecture it could not be run here, whatever list it stands in. */
	if (!g_str_equal(package->architecture, "all") &&
	    !g_str_equal(package->architecture, writer->architecture))
		return TRUE;
	if (!check_package(package, error) || !meet_all(writer, package, error))
		return FALSE;
	if (writer->text->len > G_MAXUINT32 / 2)
		return sbx_set_error(error, SBX_E_ARCHIVE,
				     "more text than the 2 GiB that an index may hold; name fewer "
				     "suites");
	guint32 number = writer->records->len;
	add_names(writer, package, number);
	gpointer pin;
	if (!g_hash_table_lookup_extended(writer->pins, origin, NULL, &pin))
		pin = GUINT_TO_POINTER(SBX_PIN_DEFAULT);
	guint32 name = meet(writer, package->name, strlen(package->name));
	struct sbx_map_record record = {
		.name = met_at(writer, name)->text,
		.version = add_shared(writer, package->version),
		.architecture = add_shared(writer, package->architecture),
		.pre_depends = add_text(writer, package->pre_depends),
		.depends = add_text(writer, package->depends),
		.recommends = add_text(writer, package->recommends),
		.conflicts = add_text(writer, package->conflicts),
		.breaks = add_text(writer, package->breaks),
		.provides = add_text(writer, package->provides),
		.filename = add_text(writer, sbx_path_check_relative(package->filename)),
		.sha256 = add_text(writer, package->sha256),
		.section = add_shared(writer, package->section),
		.multi_arch = add_shared(writer, package->multi_arch),
		.origin = add_shared(writer, origin),
		.order = name,
		.rank = sbx_entry_rank(package->priority),
		.pin = GPOINTER_TO_UINT(pin),
		.is_essential = package->essential,
		.size = package->size,
		.installed_kib = package->installed_kib,
	};
	g_array_append_val(writer->records, record);
	return TRUE;
}

/* ---- the file ---- */

/* What the file has in common of all that was met: names that a package bears or provides. */
struct tables {
	GArray *names; /* struct sbx_map_name */
	GArray *essential, *buckets;
	guint32 *providers;
};

static void tables_release(struct tables *t)
{
	g_array_unref(t->names);
	g_array_unref(t->essential);
	g_array_unref(t->buckets);
	g_free(t->providers);
}

static void make_names(struct sbx_package_writer *writer, struct tables *t)
{
	guint32 at = 0;
	for (guint32 i = 0; i < writer->met->len; i++) {
		struct met *met = met_at(writer, i);
		met->providers = at;
		at += met->n_providers;
		const struct sbx_map_name name = {met->text,	    met->n_text,   met->providers,
						  met->n_providers, met->is_borne, met->hash};
		if (met->n_providers)
			g_array_append_val(t->names, name);
		if (met->is_essential)
			g_array_append_val(t->essential, met->text);
	}
	t->providers = g_new0(guint32, at + 1);
	for (guint32 i = 0; i < writer->provisions->len; i++) {
		const struct provision *p = &g_array_index(writer->provisions, struct provision, i);
		t->providers[met_at(writer, p->name)->providers++] = p->package;
	}
}

static void make_buckets(struct tables *t)
{
	guint32 n = 16;
	while (n < t->names->len * 2)
		n *= 2;
	g_array_set_size(t->buckets, n);
	guint32 *buckets = (guint32 *)(void *)t->buckets->data;
	for (guint32 i = 0; i < t->names->len; i++) {
		guint32 at = g_array_index(t->names, struct sbx_map_name, i).hash & (n - 1);
		while (buckets[at])
			at = (at + 1) & (n - 1);
		buckets[at] = i + 1;
	}
}

static gboolean put(FILE *file, const void *data, gsize size, gsize n)
{
	return n == 0 || fwrite(data, size, n, file) == n;
}

static gboolean write_file(struct sbx_package_writer *writer, FILE *file)
{
	__attribute__((cleanup(tables_release))) struct tables t = {
		.names = g_array_new(FALSE, FALSE, sizeof(struct sbx_map_name)),
		.essential = g_array_new(FALSE, FALSE, sizeof(guint32)),
		.buckets = g_array_new(FALSE, TRUE, sizeof(guint32)),
	};
	make_names(writer, &t);
	make_buckets(&t);
	const struct sbx_map_header header = {
		.magic = SBX_MAP_MAGIC,
		.format = SBX_MAP_FORMAT,
		.n_names = t.names->len,
		.n_buckets = t.buckets->len,
		.n_packages = writer->records->len,
		.n_providers = writer->provisions->len,
		.n_essential = t.essential->len,
		.architecture = add_shared(writer, writer->architecture),
		.n_text = writer->text->len,
	};
	const guint32 none = 0;
	gsize n_odd = (header.n_buckets + header.n_providers + header.n_essential) & 1;
	return put(file, &header, sizeof(header), 1) &&
	       put(file, writer->records->data, sizeof(struct sbx_map_record), header.n_packages) &&
	       put(file, t.names->data, sizeof(struct sbx_map_name), header.n_names) &&
	       put(file, t.buckets->data, sizeof(guint32), header.n_buckets) &&
	       put(file, t.providers, sizeof(guint32), header.n_providers) &&
	       put(file, t.essential->data, sizeof(guint32), header.n_essential) &&
	       put(file, &none, sizeof(none), n_odd) &&
	       put(file, writer->text->data, 1, header.n_text) && fflush(file) == 0 &&
	       fsync(fileno(file)) == 0;
}

gboolean sbx_package_writer_write(struct sbx_package_writer *writer, const char *folder,
				  GError **error)
{
	g_autofree char *path = g_build_filename(folder, SBX_PACKAGES_FILE, NULL);
	g_autofree char *aside = g_strconcat(path, ".part", NULL);
	SBX_CLEANUP_FD int fd = open(aside, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	SBX_CLEANUP_FILE FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "%s: cannot be written", aside);
	sbx_steal_fd(&fd);
	if (!write_file(writer, file) || rename(aside, path) < 0) {
		int saved = errno;
		unlink(aside);
		return sbx_set_error_os(error, SBX_E_FAILED, saved, "%s: cannot be written", path);
	}
	return TRUE;
}
