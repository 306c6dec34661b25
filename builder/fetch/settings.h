/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_FETCH_SETTINGS_H
#define SBX_BUILDER_FETCH_SETTINGS_H

#include <curl/curl.h>

#include "builder/fetch/uri.h"

/*
 * What the host's apt is told about transfers: proxy, time-outs, TLS (apt-transport-http(1) and
 * -https(1)), logins (apt_auth.conf(5)). Settings for https fall back to those for http.
 */
void sbx_transfer_settings(CURL *easy, const struct sbx_uri *uri);

/* How often a transient fault is tried again: Acquire::Retries, 3 by default. */
guint sbx_transfer_retries(void);

#endif
