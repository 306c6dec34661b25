/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_FETCH_TRANSFER_H
#define SBX_BUILDER_FETCH_TRANSFER_H

#include <curl/curl.h>

#include "builder/fetch/part.h"

enum sbx_transfer_state { SBX_TRANSFER_WAITING, SBX_TRANSFER_RUNNING, SBX_TRANSFER_DONE };

/* One file on its way: an attempt at one of its URIs at a time. Private to the fetcher. */
struct sbx_transfer {
	struct sbx_fetch *fetch;
	struct sbx_progress *progress;
	const char *phase;
	enum sbx_transfer_state state;
	guint i_uri;		   /* 0: fetch->uri, then the fallbacks */
	guint n_retries;	   /* of this URI since the last progress */
	gint64 not_before_usec;	   /* a pause ends then */
	guint64 most_bytes;	   /* that were ever there: a retry that gets further is progress */
	guint64 n_reported;	   /* bytes told to the progress */
	gboolean fresh;		   /* begin from zero: a resume went wrong */
	gboolean first_is_missing; /* fetch->uri answered that it is not there */
	struct sbx_part part;

	/* of this attempt */
	CURL *easy;
	struct curl_slist *headers;
	guint64 resumed_at;		    /* the Range asked for began there */
	gboolean answered;		    /* the answer's head was looked at */
	gint64 content_length, range_start; /* -1: not said */
	char *etag, *last_modified;
	char detail[CURL_ERROR_SIZE];
	GError *error; /* set in a callback */
	GError *worst; /* what is told when no URI is left */
};

enum sbx_outcome {
	SBX_OUTCOME_DONE,
	SBX_OUTCOME_AGAIN,   /* a transient fault: after a pause */
	SBX_OUTCOME_RESTART, /* at once, from zero */
	SBX_OUTCOME_NEXT,    /* this URI will not do: the next one, if any */
	SBX_OUTCOME_FATAL,   /* nothing would help: full disk, cancelled */
};

/* The URI of this attempt; NULL when there is none left. */
const char *sbx_transfer_uri(const struct sbx_transfer *t);

enum sbx_transfer_start {
	SBX_START_FAILED = -1,
	SBX_START_RUNNING, /* t->easy is ready to be added to the multi handle */
	SBX_START_LOCKED,  /* another process is at it */
	SBX_START_WHOLE,   /* nothing left to bring: call sbx_transfer_finish_whole */
};
/* Open the .part and prepare the request. */
enum sbx_transfer_start sbx_transfer_start(struct sbx_transfer *t, GError **error);

/* After the request ended with `code`: what became of it. *error is set unless DONE. */
enum sbx_outcome sbx_transfer_finish(struct sbx_transfer *t, CURLcode code, GError **error);

/* End the attempt: handle, headers; the .part stays. */
void sbx_transfer_reset(struct sbx_transfer *t);

#endif
