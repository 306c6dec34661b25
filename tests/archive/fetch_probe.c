/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetches what its arguments say, for test_fetch.py: each argument is one file, "key=value" pairs
 * with blanks between them. Prints a line a file and "ok", or "error CODE MESSAGE".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "builder/fetch/fetch.h"
#include "store/gerror.h"

static void set(struct sbx_fetch *fetch, const char *key, const char *value)
{
	if (g_str_equal(key, "uri"))
		fetch->uri = value;
	else if (g_str_equal(key, "path"))
		fetch->path = value;
	else if (g_str_equal(key, "sha256"))
		fetch->sha256 = value;
	else if (g_str_equal(key, "size"))
		fetch->size = strtoull(value, NULL, 10);
	else if (g_str_equal(key, "max"))
		fetch->max_bytes = strtoull(value, NULL, 10);
	else if (g_str_equal(key, "etag"))
		fetch->etag = value;
	else if (g_str_equal(key, "optional"))
		fetch->optional = TRUE;
	else if (g_str_equal(key, "fallback"))
		fetch->fallback_uris = (const char *const *)g_strsplit(value, ",", -1);
	else
		g_error("%s?", key);
}

static gboolean done(struct sbx_fetch *fetch, gpointer data, GError **error)
{
	printf("file %s %s etag=%s modified=%d missing=%d\n", fetch->path,
	       fetch->out_sha256 ? fetch->out_sha256 : "-", fetch->out_etag ? fetch->out_etag : "-",
	       !fetch->not_modified, fetch->missing);
	return TRUE;
}

/* As soon as something is in the file that CANCEL names. */
static gpointer cancel_later(gpointer cancellable)
{
	struct stat st;
	while (stat(getenv("CANCEL"), &st) || st.st_size == 0)
		g_usleep(20 * 1000);
	g_cancellable_cancel(cancellable);
	return NULL;
}

int main(int argc, char **argv)
{
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	g_autofree struct sbx_fetch *fetches = g_new0(struct sbx_fetch, (gsize)argc);
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	for (int i = 1; i < argc; i++) {
		char **pairs = g_strsplit(argv[i], " ", -1);
		g_ptr_array_add(texts, pairs); /* the fetches point into it */
		for (char **pair = pairs; *pair; pair++) {
			char *equals = strchr(*pair, '=');
			*equals = '\0';
			set(&fetches[i - 1], *pair, equals + 1);
		}
	}
	if (getenv("CANCEL"))
		g_thread_unref(g_thread_new("cancel", cancel_later, cancellable));
	g_autoptr(GError) error = NULL;
	gboolean ok = sbx_fetch_all(fetches, (gsize)argc - 1, NULL, "fetch", done, NULL,
				    cancellable, &error);
	if (ok)
		puts("ok");
	else
		printf("error %s %s\n", sbx_code_name(sbx_gerror_code(error)), error->message);
	for (int i = 0; i < argc; i++) {
		g_strfreev((char **)fetches[i].fallback_uris);
		sbx_fetch_clear(&fetches[i]);
	}
	return ok ? 0 : 1;
}
