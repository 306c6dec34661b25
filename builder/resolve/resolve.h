/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_RESOLVE_H
#define SBX_BUILDER_RESOLVE_RESOLVE_H

#include "builder/archive/archive.h"
#include "builder/archive/package.h"
#include "builder/resolve/lock.h"

/* A libsolv pool filled from the archive's .solv cache: load once per process, solve often. */
struct sbx_resolver;

struct sbx_resolver *sbx_resolver_open(const struct sbx_archive *archive, GError **error);
void sbx_resolver_free(struct sbx_resolver *resolver);
SBX_DEFINE_AUTO(sbx_resolver, sbx_resolver_free)

struct sbx_resolve_options {
	gboolean recommends; /* follow Recommends as apt does by default */
	gboolean no_base;    /* leave the Essential packages out (tests) */
};

/*
 * Choose what `apt-get --no-install-recommends install names...` would choose on a system with just
 * the Essential packages: the lock holds these, `names`, and their dependencies. Names may be
 * virtual, `name=version`, `name/suite` or `name:arch`. SBX_E_NOT_FOUND names an unknown package
 * (and the nearest known names), SBX_E_UNSATISFIABLE explains in terms of packages and versions.
 */
struct sbx_lock *sbx_resolver_solve(struct sbx_resolver *resolver, const char *const *names,
				    const struct sbx_resolve_options *options, GError **error);

/*
 * Writing the cache, for `update`: one builder per update, each verified Packages index added in
 * the order of the sources, then written whole.
 */
struct sbx_solv_writer;
struct sbx_solv_writer *sbx_solv_writer_new(const char *architecture);
void sbx_solv_writer_free(struct sbx_solv_writer *writer);
SBX_DEFINE_AUTO(sbx_solv_writer, sbx_solv_writer_free)
/* `package` as from sbx_packages_parse(); origin "<suite>/<component>". */
gboolean sbx_solv_writer_add(struct sbx_solv_writer *writer, const struct sbx_package *package,
			     const char *origin, GError **error);
gboolean sbx_solv_writer_write(struct sbx_solv_writer *writer, const char *path, GError **error);

#endif
