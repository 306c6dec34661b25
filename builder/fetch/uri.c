/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/fetch/uri.h"

#include <string.h>

#include "builder/fetch/fetch.h"
#include "store/gerror.h"

/* Where the authority ends: RFC 3986, 3.2. */
static const char *authority_end(const char *authority)
{
	return authority + strcspn(authority, "/?#");
}

char *sbx_uri_without_credentials(const char *uri)
{
	const char *mark = strstr(uri, "://");
	if (!mark)
		return g_strdup(uri);
	const char *authority = mark + 3, *end = authority_end(authority);
	const char *at = memrchr(authority, '@', (size_t)(end - authority));
	if (!at)
		return g_strdup(uri);
	return g_strdup_printf("%.*s%s", (int)(authority - uri), uri, at + 1);
}

void sbx_uri_release(struct sbx_uri *uri)
{
	g_free(uri->scheme);
	g_free(uri->host);
	g_free(uri->port);
	g_free(uri->path);
	g_free(uri->target);
	g_free(uri->user);
	g_free(uri->password);
	memset(uri, 0, sizeof(*uri));
}

static char *decode(const char *text, gsize n_bytes)
{
	g_autofree char *part = g_strndup(text, n_bytes);
	char *plain = g_uri_unescape_string(part, NULL);
	return plain ? plain : g_steal_pointer(&part);
}

static void take_login(struct sbx_uri *out, const char *from, const char *at)
{
	const char *colon = memchr(from, ':', (size_t)(at - from));
	out->user = decode(from, (gsize)((colon ? colon : at) - from));
	out->password = colon ? decode(colon + 1, (gsize)(at - colon - 1)) : g_strdup("");
}

static void take_host(struct sbx_uri *out, const char *from, const char *end)
{
	const char *colon = memrchr(from, ':', (size_t)(end - from));
	/* An IPv6 address has colons of its own, in brackets. */
	if (colon && memchr(colon, ']', (size_t)(end - colon)))
		colon = NULL;
	out->host = g_strndup(from, (gsize)((colon ? colon : end) - from));
	out->port = colon ? g_strndup(colon + 1, (gsize)(end - colon - 1)) : g_strdup("");
}

static gboolean parse_file(struct sbx_uri *out, const char *path, const char *uri, GError **error)
{
	if (g_str_has_prefix(path, "//localhost/"))
		path += strlen("//localhost");
	else if (g_str_has_prefix(path, "///"))
		path += 2;
	if (path[0] != '/' || path[1] == '/')
		return sbx_set_error(error, SBX_E_USAGE,
				     "%s: give an absolute path, as in file:/srv/mirror", uri);
	out->scheme = g_strdup("file");
	out->host = g_strdup("");
	out->port = g_strdup("");
	out->path = g_strdup(path);
	out->target = g_strconcat("file://", path, NULL);
	return TRUE;
}

gboolean sbx_uri_parse(struct sbx_uri *out, const char *uri, GError **error)
{
	g_autofree char *shown = sbx_uri_without_credentials(uri);
	SBX_CLEANUP_URI struct sbx_uri u = {0};
	if (g_str_has_prefix(uri, "file:") || g_str_has_prefix(uri, "copy:"))
		return parse_file(out, uri + 5, shown, error);
	const char *mark = strstr(uri, "://");
	u.scheme = g_ascii_strdown(uri, mark ? mark - uri : 0);
	if (!g_str_equal(u.scheme, "http") && !g_str_equal(u.scheme, "https"))
		return sbx_set_error(error, SBX_E_USAGE,
				     "%s: only http:, https:, file: and copy: archives can be used",
				     shown);
	const char *authority = mark + 3, *end = authority_end(authority);
	const char *at = memrchr(authority, '@', (size_t)(end - authority));
	if (at)
		take_login(&u, authority, at);
	take_host(&u, at ? at + 1 : authority, end);
	if (!*u.host)
		return sbx_set_error(error, SBX_E_USAGE, "%s: has no host", shown);
	u.path = *end == '/' ? g_strdup(end) : g_strconcat("/", end, NULL);
	u.target = g_strdup(shown);
	*out = u;
	memset(&u, 0, sizeof(u));
	return TRUE;
}

/* Does an entry's "[scheme://]host[:port][/path]" cover the URI? */
static gboolean machine_matches(const struct sbx_uri *uri, const char *machine)
{
	const char *mark = strstr(machine, "://");
	const char *rest = mark ? mark + 3 : machine;
	if (mark ? g_ascii_strncasecmp(machine, uri->scheme, (gsize)(mark - machine)) != 0 ||
			    strlen(uri->scheme) != (size_t)(mark - machine)
		 : !g_str_equal(uri->scheme, "https"))
		return FALSE;
	gsize n_host = strcspn(rest, ":/");
	if (n_host != strlen(uri->host) || g_ascii_strncasecmp(rest, uri->host, n_host) != 0)
		return FALSE;
	rest += n_host;
	if (*rest == ':') {
		gsize n_port = strcspn(rest + 1, "/");
		if (n_port != strlen(uri->port) || strncmp(rest + 1, uri->port, n_port) != 0)
			return FALSE;
		rest += 1 + n_port;
	}
	return g_str_has_prefix(uri->path, rest);
}

static char *next_word(const char **at)
{
	const char *from = *at + strspn(*at, " \t\r\n");
	gsize n = strcspn(from, " \t\r\n");
	*at = from + n;
	return n ? g_strndup(from, n) : NULL;
}

static char *without_comments(const char *text)
{
	GString *plain = g_string_new(NULL);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		if (**line != '#')
			g_string_append_printf(plain, "%s\n", *line);
	return g_string_free(plain, FALSE);
}

gboolean sbx_uri_find_login(const struct sbx_uri *uri, const char *auth_conf, char **out_user,
			    char **out_password)
{
	g_autofree char *text = without_comments(auth_conf);
	g_autofree char *user = NULL, *password = NULL;
	gboolean matches = FALSE;
	const char *at = text;
	for (;;) {
		g_autofree char *key = next_word(&at);
		if (!key || g_str_equal(key, "machine")) {
			if (matches && user && password)
				break;
			g_clear_pointer(&user, g_free);
			g_clear_pointer(&password, g_free);
			if (!key)
				return FALSE;
		}
		g_autofree char *value = next_word(&at);
		if (!value)
			continue;
		if (g_str_equal(key, "machine")) {
			matches = machine_matches(uri, value);
		} else if (g_str_equal(key, "login")) {
			g_free(user);
			user = g_steal_pointer(&value);
		} else if (g_str_equal(key, "password")) {
			g_free(password);
			password = g_steal_pointer(&value);
		}
	}
	*out_user = g_steal_pointer(&user);
	*out_password = g_steal_pointer(&password);
	return TRUE;
}

gboolean sbx_fetch_check_uri(const char *uri, GError **error)
{
	SBX_CLEANUP_URI struct sbx_uri parsed = {0};
	return sbx_uri_parse(&parsed, uri, error);
}
