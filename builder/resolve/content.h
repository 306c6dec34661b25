/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_CONTENT_H
#define SBX_BUILDER_RESOLVE_CONTENT_H

#include "store/gerror.h"

/*
 * What a template can do without: X(id, name, excluded, included). The patterns are those of dpkg's
 * path-exclude and path-include (dpkg(1)): shell globs whose `*` matches slashes, over a path as
 * the package has it; what an included one matches stays. A row's name is part of locks and ids,
 * and its patterns decide trees: to change one is to raise SBX_BUILDER_FORMAT.
 */
#define SBX_CONTENT_TABLE(X)                                                                       \
	X(DOCS, "docs",                                                                            \
	  "/usr/share/doc/*;/usr/share/info/*;/usr/share/gtk-doc/*;/usr/share/lintian/*",          \
	  "/usr/share/doc/*/copyright")                                                            \
	X(MAN, "man", "/usr/share/man/*", "/usr/share/man/man[1-9]")                               \
	X(LOCALES, "locales", "/usr/share/locale/*", "/usr/share/locale/locale.alias")             \
	X(EXTRAS, "extras",                                                                        \
	  "/usr/lib/*.a;/lib/*.a;/usr/lib/debug/*;/usr/share/bug/*;/usr/share/gdb/*;"              \
	  "/usr/share/bash-completion/completions/*;/usr/share/zsh/*;/usr/share/fish/*;"           \
	  "/usr/share/applications/*;/usr/share/pixmaps/*",                                        \
	  "")

enum sbx_content_class {
#define X(id, name, excluded, included) SBX_CONTENT_##id,
	SBX_CONTENT_TABLE(X)
#undef X
		SBX_N_CONTENT_CLASSES
};
const char *sbx_content_name(enum sbx_content_class which);
/* SBX_N_CONTENT_CLASSES when there is no such class. */
enum sbx_content_class sbx_content_by_name(const char *name);

/*
 * An option of a lock: what is left out of its template. All zero: nothing.
 */
struct sbx_content {
	guint without;	     /* bits 1 << enum sbx_content_class */
	char **locales;	     /* languages whose messages stay without LOCALES, sorted; NULL: none */
	char **skip_scripts; /* packages whose maintainer scripts are not run, sorted; NULL: none */
};

/* In skip_scripts: those of all packages. They are unpacked then, and not configured. */
#define SBX_SKIP_ALL "*"
gboolean sbx_content_is_unpacked(const struct sbx_content *content);
gboolean sbx_content_skips(const struct sbx_content *content, const char *package);

void sbx_content_release(struct sbx_content *content);
void sbx_content_copy(struct sbx_content *to, const struct sbx_content *from);

/* Does a template of `have` hold all that one of `want` would? */
gboolean sbx_content_covers(const struct sbx_content *have, const struct sbx_content *want);

/* A language as gettext names its folder: "de", "pt_BR", "ca@valencia". */
gboolean sbx_content_is_locale(const char *text);

/* Sort, and leave doubles out. */
void sbx_content_set_locales(struct sbx_content *content, const char *const *locales);
void sbx_content_set_skip_scripts(struct sbx_content *content, const char *const *packages);

/*
 * The options by which people say it, in recipes ([content]) and on command lines: "slim" a class
 * (none, docs, runtime), "docs", "man", "extras" yes or no, "locales" all, none, or languages with
 * commas or semicolons between. "slim" sets all of them, so it is to be set first. NULL: done, else
 * what the value must be.
 */
#define SBX_CONTENT_SLIM "slim"
const char *sbx_content_set_option(struct sbx_content *content, const char *key, const char *value);

/* Lines for the canonical text of a lock; nothing when nothing is left out. */
void sbx_content_append_canonical(const struct sbx_content *content, GString *text);

/* Those of them that say which files are left out. */
void sbx_content_append_left_out(const struct sbx_content *content, GString *text);

/* The text of a dpkg.cfg(5) that does the same. Newly allocated, NULL: nothing is left out. */
char *sbx_content_dpkg_config(const struct sbx_content *content);

/* Is a package's path ("/usr/share/doc/x/changelog.gz") left out? */
gboolean sbx_content_leaves_out(const struct sbx_content *content, const char *path);

/*
 * A folder or link that is left out is kept when something that is included may lie behind it: when
 * the path matches the first parts of an included pattern. dpkg keeps all links whose path begins
 * as such a pattern does before its first glob: those of manual pages, which lead nowhere.
 */
gboolean sbx_content_keeps_way(const struct sbx_content *content, const char *path);

#endif
