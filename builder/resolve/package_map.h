/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_PACKAGE_MAP_H
#define SBX_BUILDER_RESOLVE_PACKAGE_MAP_H

#include "builder/archive/package.h"
#include "store/gerror.h"

/*
 * packages.map: what the resolver has to know of every package of an archive, in a file that is
 * mapped and looked into, never read as a whole: a request comes near to a few hundred of sixty
 * thousand packages, and only their pages are touched. Made by `update`
 * (builder/resolve/resolve.h), in the byte order of the machine; it never changes.
 *
 *	header | names | buckets | packages | providers | essential | text
 *
 * A name is what a package bears or provides. `buckets` is a table of 1 + the name's number by its
 * hash, with linear probing, `providers` holds the numbers of the packages that bear or provide
 * each name, in their order. Texts are offsets into `text`, where 0 is the empty one.
 */
#define SBX_MAP_MAGIC 0x70786273u /* "sbxp" */
/* Raise it when the content changes its meaning: an older file is refused and made anew. */
#define SBX_MAP_FORMAT 4

struct sbx_map_header {
	guint32 magic, format;
	guint32 n_names, n_buckets, n_packages, n_providers, n_essential;
	guint32 architecture; /* text */
	guint64 n_text;	      /* bytes, the last is NUL */
};

struct sbx_map_name {
	guint32 text, n_text;
	guint32 providers, n_providers; /* a slice of `providers` */
	guint32 is_borne;		/* else only provided */
	guint32 hash;
};

struct sbx_map_record {
	guint32 name, version, architecture, pre_depends, depends, recommends, conflicts, breaks,
		provides, filename, sha256, section, multi_arch, origin;
	guint32 order, rank, pin, is_essential;
	guint64 size, installed_kib;
};

/* The hash of the buckets (FNV-1a). */
guint32 sbx_map_hash(const char *text, gsize n);

/* A package as the resolver knows it. Texts are never NULL, and live as long as the map. */
struct sbx_entry {
	struct sbx_package package; /* source, suggests and the like are not kept */
	const char *origin;	    /* "<suite>/<component>" */
	guint order;		    /* grows with when the name was first met, as apt reads */
	guint rank;		    /* Priority: 1 required .. 5 extra, 0 none */
	guint pin;		    /* priority by default, 500 where nothing is said */
};

/* 1 required .. 5 extra, 0: none or unknown. */
guint sbx_entry_rank(const char *priority);

struct sbx_package_map;
/* SBX_E_NOT_FOUND: there is none; SBX_E_DAMAGED: not whole, of another format or architecture. */
struct sbx_package_map *sbx_package_map_open(const char *folder, const char *architecture,
					     GError **error);
void sbx_package_map_free(struct sbx_package_map *map);
SBX_DEFINE_AUTO(sbx_package_map, sbx_package_map_free)

#define SBX_MAP_NONE G_MAXUINT32

guint32 sbx_package_map_n_packages(const struct sbx_package_map *map);
guint32 sbx_package_map_n_names(const struct sbx_package_map *map);
/* The number of a name that some package bears or provides, SBX_MAP_NONE: nobody. */
guint32 sbx_package_map_find(const struct sbx_package_map *map, const char *name, gsize n_name);
/* The name of that number; NULL: no package bears it. */
const char *sbx_package_map_borne_name(const struct sbx_package_map *map, guint32 name);
/* The packages that bear or provide it, ascending. */
const guint32 *sbx_package_map_providers(const struct sbx_package_map *map, guint32 name,
					 guint32 *out_n);
/* Names of the Essential packages, each once: the i-th, NULL behind the last. */
const char *sbx_package_map_essential(const struct sbx_package_map *map, guint32 i);
/* FALSE when there is no package of that number. */
gboolean sbx_package_map_read(const struct sbx_package_map *map, guint32 number,
			      struct sbx_entry *out);

#endif
