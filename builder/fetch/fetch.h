/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_FETCH_FETCH_H
#define SBX_BUILDER_FETCH_FETCH_H

#include <gio/gio.h>

#include "builder/progress.h"

/*
 * One file to bring. Bytes are hashed as they arrive; a file appears at `path` only whole and, if
 * `sha256` is given, with that checksum. Until then it is `path`.part, which a later try resumes
 * (Range) when the server can and whose bytes count in the checksum all the same.
 */
struct sbx_fetch {
	const char *uri;    /* http:, https:, file: or copy: (as in apt's sources) */
	const char *path;   /* where it goes, absolute */
	const char *sha256; /* 64 hex digits, or NULL when not known before */
	guint64 size;	    /* bytes, 0: not known; a longer answer is refused at once */
	guint64 max_bytes;  /* refuse more than this when size is 0; 0: 1 GiB */
	const char *etag, *last_modified; /* for a conditional request; NULL: unconditional */
	const char *const *fallback_uris; /* tried in order after `uri` fails, NULL-ended; NULL */
	gboolean optional; /* that `uri` has it not (404, 410), nor another, is no failure but
			      `missing` */
	gpointer data;	   /* the caller's */

	/* results */
	gboolean missing;      /* nobody has it */
	gboolean not_modified; /* the server answered 304: nothing was written */
	char *out_etag, *out_last_modified, *out_sha256; /* newly allocated by the fetch */
};

/*
 * Called in the fetching thread as soon as one file is complete (or not modified, or missing), so
 * that work on it can begin while others still arrive. Returning FALSE with *error set stops all
 * transfers.
 */
typedef gboolean (*sbx_fetch_done)(struct sbx_fetch *fetch, gpointer data, GError **error);

/*
 * Bring all of them with libcurl, several at a time, each tried again after a transient fault
 * (connection lost, 5xx, time-out; not 404 or a wrong checksum) with growing pauses. The proxy is
 * apt's (Acquire::http::Proxy, Proxy-Auto-Detect is not followed), else the environment's.
 * `phase` names the progress phase (bytes), NULL: none. On the first failure the others stop,
 * what has arrived stays for a resume, and the error names the URI without credentials and the
 * reason: SBX_E_NETWORK, SBX_E_UNTRUSTED (wrong checksum or size), SBX_E_NO_SPACE.
 */
gboolean sbx_fetch_all(struct sbx_fetch *fetches, gsize n, struct sbx_progress *progress,
		       const char *phase, sbx_fetch_done done, gpointer data,
		       GCancellable *cancellable, GError **error);

/* May this URI be fetched (scheme, host)? SBX_E_USAGE otherwise, naming it without credentials. */
gboolean sbx_fetch_check_uri(const char *uri, GError **error);

/* Free the results of a fetch, not the struct. */
void sbx_fetch_clear(struct sbx_fetch *fetch);

#endif
