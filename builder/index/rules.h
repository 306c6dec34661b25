/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_RULES_H
#define SBX_BUILDER_INDEX_RULES_H

#include "builder/index/template.h"

/* Bump when the tables below change; see sbx_providers_rules_id(). */
#define SBX_PROVIDERS_FORMAT 7

/*
 * The tables of a provider index:
 *
 *	meta	what it was made with, and the installed size of the base
 *	package	every package, its number, what ranks it, and what it depends on (numbers,
 *		little-endian, four bytes each)
 *	root	which folders a root's glob stands for in this archive, with their paths' count
 *	folder	every folder that a path is in, numbered in the order of their names
 *	path	who ships what: a folder's number, the name in it, the package's number
 *	tail	which folders have a path of that name, by the name's hash, for those paths that
 *		some template looks for in whatever folder
 *	name	who ships the metadata of a distribution of that name (builder/index/names.h)
 */
#define SBX_PROVIDERS_SCHEMA                                                                       \
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"              \
	"CREATE TABLE package(id INTEGER PRIMARY KEY, name TEXT NOT NULL, section TEXT NOT NULL,"  \
	" priority INTEGER NOT NULL, n_reverse_depends INTEGER NOT NULL,"                          \
	" in_base INTEGER NOT NULL, front INTEGER, stands_for INTEGER,"                            \
	" depends BLOB NOT NULL, installed_kib INTEGER NOT NULL,"                                  \
	" weak BLOB NOT NULL);"                                                                    \
	"CREATE TABLE root(pattern TEXT NOT NULL, folder TEXT NOT NULL, n_paths INTEGER NOT NULL," \
	" PRIMARY KEY(pattern, folder)) WITHOUT ROWID;"                                            \
	"CREATE TABLE folder(id INTEGER PRIMARY KEY, path TEXT NOT NULL);"                         \
	"CREATE TABLE path(folder INTEGER NOT NULL, name TEXT NOT NULL, package INTEGER NOT NULL," \
	" PRIMARY KEY(folder, name, package)) WITHOUT ROWID;"                                      \
	"CREATE TABLE tail(hash INTEGER NOT NULL, folder INTEGER NOT NULL,"                        \
	" PRIMARY KEY(hash, folder)) WITHOUT ROWID;"                                               \
	"CREATE TABLE name(key TEXT NOT NULL, package INTEGER NOT NULL, path TEXT NOT NULL,"       \
	" PRIMARY KEY(key, package)) WITHOUT ROWID;"

/* The key of `tail`. The same on every machine. */
guint32 sbx_index_hash(const char *name);

/*
 * A function that is given every path template of a language: modules', scoped ones', commands',
 * and those of the other kinds that are its own and not another language's.
 */
typedef gboolean (*sbx_template_func)(const struct sbx_language *language, enum sbx_fact_kind kind,
				      const char *text, gpointer data, GError **error);
gboolean sbx_rules_each_template(const struct sbx_language *language, sbx_template_func func,
				 gpointer data, GError **error);

#endif
