/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/fetch/settings.h"

#include <string.h>

#include "builder/fetch/apt_config.h"

#define LOW_SPEED_BYTES_PER_SECOND 100L
#define DEFAULT_TIMEOUT_SECONDS	   30L

/* The most specific value of a setting: for the host, for the scheme, for http. */
static const char *lookup(const struct sbx_uri *uri, const char *what)
{
	const char *const schemes[] = {uri->scheme, "http"};
	for (guint i = 0; i < G_N_ELEMENTS(schemes); i++) {
		g_autofree char *general = g_strdup_printf("Acquire::%s::%s", schemes[i], what);
		g_autofree char *special = g_strdup_printf("%s::%s", general, uri->host);
		const char *value = sbx_apt_config(special);
		if (!value)
			value = sbx_apt_config(general);
		if (value)
			return value;
	}
	return NULL;
}

static void set_proxy(CURL *easy, const struct sbx_uri *uri)
{
	const char *proxy = lookup(uri, "Proxy");
	if (!proxy)
		return; /* libcurl reads http_proxy, https_proxy and no_proxy */
	if (g_ascii_strcasecmp(proxy, "DIRECT") == 0 || g_ascii_strcasecmp(proxy, "false") == 0)
		proxy = "";
	curl_easy_setopt(easy, CURLOPT_PROXY, proxy);
}

static void set_timeouts(CURL *easy, const struct sbx_uri *uri)
{
	const char *text = lookup(uri, "Timeout");
	gint64 seconds = DEFAULT_TIMEOUT_SECONDS;
	if (text && !g_ascii_string_to_signed(text, 10, 1, 86400, &seconds, NULL))
		seconds = DEFAULT_TIMEOUT_SECONDS;
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)seconds);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED_BYTES_PER_SECOND);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)seconds);
}

static void set_tls(CURL *easy, const struct sbx_uri *uri)
{
	const char *authorities = lookup(uri, "CaInfo");
	const char *certificate = lookup(uri, "SslCert"), *key = lookup(uri, "SslKey");
	const char *verify = lookup(uri, "Verify-Peer");
	if (authorities)
		curl_easy_setopt(easy, CURLOPT_CAINFO, authorities);
	if (certificate)
		curl_easy_setopt(easy, CURLOPT_SSLCERT, certificate);
	if (key)
		curl_easy_setopt(easy, CURLOPT_SSLKEY, key);
	if (verify && g_ascii_strcasecmp(verify, "false") == 0)
		curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
}

static gboolean login_from_file(CURL *easy, const struct sbx_uri *uri, const char *path)
{
	g_autofree char *text = NULL, *user = NULL, *password = NULL;
	if (!g_file_get_contents(path, &text, NULL, NULL) ||
	    !sbx_uri_find_login(uri, text, &user, &password))
		return FALSE;
	curl_easy_setopt(easy, CURLOPT_USERNAME, user);
	curl_easy_setopt(easy, CURLOPT_PASSWORD, password);
	return TRUE;
}

static void set_login(CURL *easy, const struct sbx_uri *uri)
{
	if (uri->user) {
		curl_easy_setopt(easy, CURLOPT_USERNAME, uri->user);
		curl_easy_setopt(easy, CURLOPT_PASSWORD, uri->password);
		return;
	}
	g_autofree char *folder = sbx_apt_config_folder();
	g_autofree char *main_file = g_build_filename(folder, "auth.conf", NULL);
	g_autofree char *parts = g_build_filename(folder, "auth.conf.d", NULL);
	if (login_from_file(easy, uri, main_file))
		return;
	g_autoptr(GDir) dir = g_dir_open(parts, 0, NULL);
	for (const char *name; dir && (name = g_dir_read_name(dir));) {
		g_autofree char *path = g_build_filename(parts, name, NULL);
		if (g_str_has_suffix(name, ".conf") && login_from_file(easy, uri, path))
			return;
	}
}

void sbx_transfer_settings(CURL *easy, const struct sbx_uri *uri)
{
	set_timeouts(easy, uri);
	if (g_str_equal(uri->scheme, "file"))
		return;
	set_proxy(easy, uri);
	set_tls(easy, uri);
	set_login(easy, uri);
}

guint sbx_transfer_retries(void)
{
	return (guint)CLAMP(sbx_apt_config_long("Acquire::Retries", 3), 0, 20);
}
