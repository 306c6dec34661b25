/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_FETCH_URI_H
#define SBX_BUILDER_FETCH_URI_H

#include <glib.h>

/* The URI without user and password: what may be printed. Newly allocated. */
char *sbx_uri_without_credentials(const char *uri);

/* A URI taken apart as far as a transfer needs it. */
struct sbx_uri {
	char *scheme;	       /* "http", "https" or "file" ("copy" is "file") */
	char *host;	       /* without port; "" for file */
	char *port;	       /* "" when not given */
	char *path;	       /* from the first slash on, "/" at least, still %-encoded */
	char *target;	       /* the whole without credentials, as libcurl takes it */
	char *user, *password; /* NULL: none in the URI; decoded */
};

/* SBX_E_USAGE for a scheme we do not speak or no host. */
gboolean sbx_uri_parse(struct sbx_uri *out, const char *uri, GError **error);
void sbx_uri_release(struct sbx_uri *uri);
#define SBX_CLEANUP_URI __attribute__((cleanup(sbx_uri_release)))

/*
 * Look for user and password in the text of an apt_auth.conf(5) file: entries "machine
 * [scheme://]host[:port][/path] login USER password PASSWORD". As apt does, an entry without a
 * scheme is for https only. TRUE when found; then *out_user and *out_password are set.
 */
gboolean sbx_uri_find_login(const struct sbx_uri *uri, const char *auth_conf, char **out_user,
			    char **out_password);

#endif
