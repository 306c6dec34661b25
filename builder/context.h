/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_CONTEXT_H
#define SBX_BUILDER_CONTEXT_H

#include <gio/gio.h>

#include "builder/progress.h"
#include "store/gerror.h"

struct sbx_context;
struct sbx_store;
struct sbx_prepared;
struct sbx_prepare_request;

/*
 * What verbs of the front need the engine for (builder/front.c): there, each of these becomes the
 * engine, which begins the verb again.
 */
struct sbx_engine {
	/* A task that the catalog does not know; builder/run/prepare.h. */
	gboolean (*prepare)(struct sbx_context *ctx, struct sbx_store *catalog,
			    const struct sbx_prepare_request *request, struct sbx_prepared *out,
			    GError **error);
	/* An index that is not there yet; builder/archive/archive.h. */
	gboolean (*make_index)(struct sbx_context *ctx, GError **error);
	/*
	 * What SIGINT and SIGTERM cancel, and how. NULL in the front: to link GIO costs it more
	 * time than it takes to answer, so there a signal ends the process.
	 */
	GCancellable *(*new_cancellable)(void);
	void (*cancel)(GCancellable *cancellable);
	/* Into the user namespace that the store is in; builder/ids.h. NULL: it is not opened. */
	gboolean (*settle_ids)(struct sbx_context *ctx, GError **error);
};

/* What every verb shares: where things are and how to speak. Filled by main and the parser. */
struct sbx_context {
	char *root;	  /* $SBX_ROOT: an absolute path, made on first use with mode 0700 */
	gboolean json;	  /* --json: results as JSON on stdout */
	gboolean verbose; /* -v */
	struct sbx_progress *progress;
	GCancellable
		*cancellable; /* cancelled by SIGINT and SIGTERM; lives as long as the process */
	const struct sbx_engine *engine;
	/* Called once when the options are known: from then on there may be threads. */
	void (*settled)(const struct sbx_context *ctx);
	char *ids; /* --ids: how an ordinary user's store keeps owners (builder/ids.h) */

	/* Where packages come from; NULL: the host's own configuration (builder/archive/). */
	char *suite;	    /* --suite bookworm */
	char *architecture; /* --arch amd64; NULL: the host's */
	char **mirrors;	    /* --mirror URI, may be given more than once */
	char *keyring;	    /* --keyring FILE */
	gboolean trusted;   /* --trusted: accept an archive without a valid signature */

	gboolean allow_older; /* update --allow-older: take a Release older than the last one */

	char **arguments; /* what parsing left: verbs keep pointers into it */
};

/* The options of every verb, one table for the parser and the manual. */
#define SBX_COMMON_OPTIONS(json, verbose, quiet, progress_fd, root, suite, arch, mirrors, keyring,   \
			   trusted, ids)                                                             \
	{"json", 0, 0, G_OPTION_ARG_NONE, json, "Print the result as JSON", NULL},                   \
		{"verbose", 'v', 0, G_OPTION_ARG_NONE, verbose, "Tell each stage and what it found", \
		 NULL},                                                                              \
		{"quiet", 'q', 0, G_OPTION_ARG_NONE, quiet, "No progress", NULL},                    \
		{"progress-fd",                                                                      \
		 0,                                                                                  \
		 0,                                                                                  \
		 G_OPTION_ARG_INT,                                                                   \
		 progress_fd,                                                                        \
		 "Write progress events to this descriptor, a JSON object a line",                   \
		 "N"},                                                                               \
		{"root", 0,                                                                          \
		 0,	 G_OPTION_ARG_FILENAME,                                                      \
		 root,	 "Where state is kept, instead of $SBX_ROOT",                                \
		 "DIR"},                                                                             \
		{"suite", 0,                                                                         \
		 0,	  G_OPTION_ARG_STRING,                                                       \
		 suite,	  "The suite to use, instead of the host's",                                 \
		 "NAME"},                                                                            \
		{"arch", 0, 0, G_OPTION_ARG_STRING, arch, "The architecture, instead of the host's", \
		 "NAME"},                                                                            \
		{"mirror", 0,                                                                        \
		 0,	   G_OPTION_ARG_STRING_ARRAY,                                                \
		 mirrors,  "An archive to use instead of the host's apt sources (may be repeated)",  \
		 "URI"},                                                                             \
		{"keyring", 0,                                                                       \
		 0,	    G_OPTION_ARG_FILENAME,                                                   \
		 keyring,   "The keyring that must have signed the archive",                         \
		 "FILE"},                                                                            \
		{"ids",                                                                              \
		 0,                                                                                  \
		 0,                                                                                  \
		 G_OPTION_ARG_STRING,                                                                \
		 ids,                                                                                \
		 "How an ordinary user's new store keeps owners: range (of subuid(5)), "             \
		 "single (not at all) or auto",                                                      \
		 "range|single|auto"},                                                               \
	{                                                                                            \
		"trusted", 0, 0, G_OPTION_ARG_NONE, trusted,                                         \
			"Accept an archive without a valid signature", NULL                          \
	}

/* Fill in the defaults once the options are known. */
gboolean sbx_context_finish(struct sbx_context *ctx, gboolean quiet, int progress_fd,
			    GError **error);
void sbx_context_release(struct sbx_context *ctx);

/* $root/<name>, newly allocated; the folder $root is made (mode 0700) when missing. */
char *sbx_context_path(struct sbx_context *ctx, const char *name, GError **error);

/* Where sbx-provision is: $SBX_PROVISION, else beside this program, else in $PATH. */
char *sbx_context_provisioner(struct sbx_context *ctx, GError **error);

#endif
