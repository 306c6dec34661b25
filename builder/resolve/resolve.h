/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_RESOLVE_H
#define SBX_BUILDER_RESOLVE_RESOLVE_H

#include "builder/archive/archive.h"
#include "builder/archive/package.h"
#include "builder/resolve/lock.h"

/* The file's name in the archive's index folder: builder/resolve/package_map.h. */
#define SBX_PACKAGES_FILE "packages.map"

/* What the archive has, and a libsolv pool of what the requests so far could come to. */
struct sbx_resolver;

/*
 * `archive` must outlive the resolver. SBX_E_DAMAGED when the map is not whole or of another
 * version of this program: `sbx-build update` makes it anew.
 */
struct sbx_resolver *sbx_resolver_open(const struct sbx_archive *archive, GError **error);
void sbx_resolver_free(struct sbx_resolver *resolver);
SBX_DEFINE_AUTO(sbx_resolver, sbx_resolver_free)

struct sbx_resolve_options {
	gboolean recommends; /* follow Recommends as apt does by default */
	gboolean no_base;    /* leave the Essential packages out (tests) */
	/* NULL: none. */
	const char *const *hold;   /* NAME=VERSION: this one or none; NAME: see `lock update` */
	const char *const *forbid; /* NAME, NAME=VERSION: never this */
	const char *const *pins;   /* as sbx_pins_add_option() takes them */
	/* What the template is made without, which is no matter of choice but of the lock. */
	const struct sbx_content *content;
};

/* The options that a lock was made with; they point into it. */
struct sbx_resolve_options sbx_lock_options(const struct sbx_lock *lock);

/*
 * Choose what `apt-get --no-install-recommends install names...` would choose on a system with just
 * the Essential packages: the lock holds these, `names`, and their dependencies. Names may be
 * virtual, `name=version`, `name/suite` or `name:arch`, also combined as in apt-get(8). Where apt
 * would refuse a virtual name since several packages provide it, the one is taken that apt takes
 * for a dependency on that name. `options` may be NULL. SBX_E_NOT_FOUND names an unknown package
 * (and the nearest known names), SBX_E_UNSATISFIABLE explains in terms of packages and versions.
 */
struct sbx_lock *sbx_resolver_solve(struct sbx_resolver *resolver, const char *const *names,
				    const struct sbx_resolve_options *options, GError **error);

/*
 * Writing the map, for `update`: one writer per update, each verified Packages index added in
 * the order of the sources, then written whole into the index folder.
 */
struct sbx_package_writer;
struct sbx_package_writer *sbx_package_writer_new(const char *architecture);
void sbx_package_writer_free(struct sbx_package_writer *writer);
SBX_DEFINE_AUTO(sbx_package_writer, sbx_package_writer_free)
/*
 * Pin priority of an origin's packages, as apt_preferences(5) has it by default: 500 (what an
 * origin has when nothing is said), 100 when its Release says NotAutomatic and
 * ButAutomaticUpgrades (backports), 1 when it only says NotAutomatic (experimental). Call it
 * before adding the origin's packages.
 */
#define SBX_PIN_DEFAULT	      500
#define SBX_PIN_AUTO_UPGRADES 100
#define SBX_PIN_NOT_AUTOMATIC 1
void sbx_package_writer_set_pin(struct sbx_package_writer *writer, const char *origin, guint pin);
/*
 * `package` as from sbx_packages_parse(); origin "<suite>/<component>". SBX_E_ARCHIVE names the
 * package and the field that is malformed.
 */
gboolean sbx_package_writer_add(struct sbx_package_writer *writer,
				const struct sbx_package *package, const char *origin,
				GError **error);
gboolean sbx_package_writer_write(struct sbx_package_writer *writer, const char *folder,
				  GError **error);

#endif
