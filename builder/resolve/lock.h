/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_LOCK_H
#define SBX_BUILDER_RESOLVE_LOCK_H

#include <gio/gio.h>

#include "builder/resolve/content.h"
#include "store/gerror.h"

/* Bump when the same lock would give another tree; part of every template's id. */
#define SBX_BUILDER_FORMAT 4

/* The value of "format" in the JSON of a lock. */
#define SBX_LOCK_FORMAT "sbx-lock-1"

struct sbx_lock_package {
	char *name, *version, *architecture;
	char *path;		 /* of the .deb below the archive's root */
	char *origin;		 /* "<suite>/<component>" */
	char *sha256;		 /* of the .deb, 64 hex digits */
	guint64 size;		 /* bytes of the .deb */
	guint64 installed_bytes; /* the archive's estimate */
	gboolean essential;	 /* Essential: yes */
	gboolean base;		 /* Essential, or a dependency of what is */
	gboolean manual;	 /* asked for by name; the rest came in as dependencies */
};

struct sbx_lock_release {
	char *origin, *date, *sha256;
};

/* Exact packages (docs/schemas/lock.schema.json). Packages are sorted by name, then architecture.
 */
struct sbx_lock {
	char *suite, *architecture;
	GPtrArray *releases; /* struct sbx_lock_release *, sorted by origin */
	GPtrArray *packages; /* struct sbx_lock_package * */
	gboolean recommends; /* option: Recommends were followed */
	/*
	 * Options that bound the choice, NULL when there are none: struct sbx_resolve_options. They
	 * are kept for the next choice (`lock update`) and are no part of the id: the packages are.
	 */
	char **hold, **forbid, **pins;
	struct sbx_content content; /* option: what the template is made without */
};

struct sbx_lock *sbx_lock_new(const char *suite, const char *architecture);
void sbx_lock_free(struct sbx_lock *lock);
SBX_DEFINE_AUTO(sbx_lock, sbx_lock_free)
void sbx_lock_package_free(struct sbx_lock_package *package);
void sbx_lock_release_free(struct sbx_lock_release *release);

/* Bring packages and releases into the order above. */
void sbx_lock_sort(struct sbx_lock *lock);

/* Pretty JSON, newly allocated, ends with a newline; the same lock gives the same bytes. */
char *sbx_lock_to_json(const struct sbx_lock *lock);

/*
 * Write the JSON to a file, whole or not at all. What is no plain file (a link, a device, a pipe)
 * is never replaced but written through: root may well say -o /dev/stdout.
 */
gboolean sbx_lock_save(const struct sbx_lock *lock, const char *path, GError **error);

/*
 * Read and check: names, versions and paths of the allowed form (a path is relative and has no
 * `..`), checksums of 64 lower-case hex digits, every field there and none that is not known, no
 * package twice, none of another architecture. SBX_E_INPUT names `where` and the field. n_bytes -1:
 * NUL-terminated.
 */
struct sbx_lock *sbx_lock_from_json(const char *text, gssize n_bytes, const char *where,
				    GError **error);

/*
 * The template's id: SHA-256, as 64 hex digits, of the canonical lock: what decides the tree's
 * content (format number, architecture, options, and per package name, version, architecture and
 * checksum and whether it is manual) and not where or when it was found. Newly allocated.
 */
char *sbx_lock_id(const struct sbx_lock *lock);

#endif
