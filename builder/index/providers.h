/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_PROVIDERS_H
#define SBX_BUILDER_INDEX_PROVIDERS_H

#include <gio/gio.h>

#include "builder/archive/package.h"
#include "profiler/facts.h"
#include "store/gerror.h"

/*
 * The provider index (sqlite): which package ships which path. It keeps the paths that some
 * language's templates can ask for (their roots and command folders), not the whole archive.
 *
 * Writing, for `update`: add the packages of every verified Packages index (what ranks providers:
 * reverse dependencies, section, Essential and its closure, interpreters' closures), then every
 * Contents index, then finish.
 */
struct sbx_provider_writer;
/* `path` is written from scratch and synced by finish: write aside, rename. One thread at a time.
 */
struct sbx_provider_writer *sbx_provider_writer_new(const char *path, GError **error);
/* The same for other languages than sbx_languages() (tests). NULL-ended, they must outlive it. */
struct sbx_provider_writer *sbx_provider_writer_new_for(const char *path,
							const struct sbx_language *const *languages,
							GError **error);
void sbx_provider_writer_free(struct sbx_provider_writer *writer);
SBX_DEFINE_AUTO(sbx_provider_writer, sbx_provider_writer_free)
gboolean sbx_provider_writer_add_package(struct sbx_provider_writer *writer,
					 const struct sbx_package *package, GError **error);
/*
 * `stream`: a Contents index, decompressed ("path   section/package,section/package" lines).
 * Reads it to the end. A malformed line is SBX_E_ARCHIVE naming `where` and the line.
 */
gboolean sbx_provider_writer_add_contents(struct sbx_provider_writer *writer, GInputStream *stream,
					  const char *where, GCancellable *cancellable,
					  GError **error);
gboolean sbx_provider_writer_finish(struct sbx_provider_writer *writer, GError **error);

/*
 * What an index depends on besides the archive: its format and the languages' path templates. An
 * index with another id is refused by sbx_providers_open() and must be written again, even though
 * the archive did not change. Newly allocated hex digits.
 */
char *sbx_providers_rules_id(const struct sbx_language *const *languages);

/*
 * Open for lookups, which take microseconds: the file is mapped and never changes. One thread at
 * a time. SBX_E_NOT_FOUND: there is none, or it was made by other rules; SBX_E_DAMAGED: it is no
 * index at all. Both say what to run.
 */
struct sbx_providers;
struct sbx_providers *sbx_providers_open(const char *path, GError **error);
struct sbx_providers *sbx_providers_open_for(const char *path,
					     const struct sbx_language *const *languages,
					     GError **error);
void sbx_providers_free(struct sbx_providers *providers);

/* What the site says counts in every lookup from now on; they must outlive the providers. */
struct sbx_preferences;
void sbx_providers_set_preferences(struct sbx_providers *providers,
				   const struct sbx_preferences *preferences);
SBX_DEFINE_AUTO(sbx_providers, sbx_providers_free)

struct sbx_provider {
	char *package;
	char *path; /* the file that decided; "" when it is compiled in or named outright */
	guint n_reverse_depends;
	gboolean in_base;	 /* Essential closure: always there */
	gboolean in_interpreter; /* closure of the language's interpreter package */
	double score;		 /* for --explain: higher wins */
	char *rule; /* of the site, that has a say about it: "/etc/sbx/providers.d/x.conf:3:
		     * preferred"
		     */
	gboolean is_forbidden; /* by that rule: listed, never taken */
};
void sbx_provider_free(struct sbx_provider *provider);

/*
 * Who ships module `name` (longest prefix decides; *out_matched is the part that was found) or
 * command `name` for `language`. Returns candidates (struct sbx_provider *), best first; empty
 * when nobody does. `chosen` (names, may be NULL) are packages already in the closure: preferred.
 *
 * A prefix of the name counts when it is a file: what follows is then an attribute. A folder
 * without a file of its own (a namespace package) has no attributes and counts only when it is
 * the whole name. A name below a scoped template's prefix is found by that template or not at all.
 */
GPtrArray *sbx_providers_find_module(struct sbx_providers *providers,
				     const struct sbx_language *language, const char *name,
				     GHashTable *chosen, char **out_matched, GError **error);

/*
 * `name` may be an absolute path ("/usr/bin/jq"). Best: the package of the language whose
 * interpreter it is; then what the language's aliases say, in their order; then who ships it.
 */
GPtrArray *sbx_providers_find_command(struct sbx_providers *providers,
				      const struct sbx_language *language, const char *name,
				      GHashTable *chosen, GError **error);

/*
 * The same for any kind of fact. Besides modules and commands:
 *
 *	header		"x/y.h"; what is built with it too: best is a -dev package
 *	library		"-lz" for linking: a -dev package; "libz.so.1", "/usr/lib/.../libz.so.1" or
 *			a bare "z" at run time: the package of the library itself
 *	pkg-config	"gtk+-3.0"
 *	file		"/usr/share/dict/words", or a folder
 *	package		itself, if the archive has it
 *	distribution	by the language's [distribution]
 */
GPtrArray *sbx_providers_find(struct sbx_providers *providers, enum sbx_fact_kind kind,
			      const struct sbx_language *language, const char *name,
			      GHashTable *chosen, char **out_matched, GError **error);

/* A module's name from its parts, as the language writes it: "A::B". Newly allocated. */
char *sbx_providers_join(const struct sbx_language *language, const char *const *parts,
			 guint n_parts);

/*
 * The names under which the packages' libraries are linked ("z" of libz.so) by the language's
 * [library] link, or those of their pkg-config files. Newly allocated, NULL-ended, sorted.
 */
char **sbx_providers_names_of(struct sbx_providers *providers, const struct sbx_language *language,
			      enum sbx_fact_kind kind, char *const *packages, GError **error);

/* The prefix of a scoped template (profiler/language.h) that `name` lies below; NULL: none. */
const char *sbx_providers_scope_of(const struct sbx_language *language, const char *name);

/*
 * What a system with these packages takes on disk: they, what they depend on, and what is in every
 * system, by the archive's own figures (Installed-Size). What the archive does not have counts
 * nothing.
 */
gboolean sbx_providers_installed_size(struct sbx_providers *providers, char *const *packages,
				      guint64 *out_bytes, GError **error);

/* Add `package` and all it depends on, by name, to a set of char * (g_str_hash, owning). */
gboolean sbx_providers_add_closure(struct sbx_providers *providers, const char *package,
				   GHashTable *set, GError **error);

#endif
