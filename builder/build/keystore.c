/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/keystore.h"

#include <string.h>

#define DATE_MSEC    (G_GUINT64_CONSTANT(1577836800) * 1000)
#define MAGIC	     0xfeedfeedu
#define TAG_KEY	     1
#define TAG_TRUSTED  2
#define DIGEST_BYTES 20

/* Everything is big-endian. A length that leads beyond the end makes it fail, for good. */
struct walk {
	guint8 *at, *end;
	gboolean failed;
	gboolean writes; /* dates, the second time */
};

static guint8 *take(struct walk *w, guint64 n)
{
	guint8 *start = w->at;
	if (w->failed || n > (guint64)(w->end - w->at)) {
		w->failed = TRUE;
		return NULL;
	}
	w->at += n;
	return start;
}

static guint32 take_number(struct walk *w, guint n_bytes)
{
	const guint8 *bytes = take(w, n_bytes);
	guint32 value = 0;
	for (guint i = 0; bytes && i < n_bytes; i++)
		value = value << 8 | bytes[i];
	return value;
}

static void skip_text(struct walk *w)
{
	take(w, take_number(w, 2));
}

static void skip_bytes(struct walk *w)
{
	take(w, take_number(w, 4));
}

static void skip_certificate(struct walk *w, guint32 version)
{
	if (version == 2)
		skip_text(w); /* its type, "X.509" */
	skip_bytes(w);
}

static void walk_entry(struct walk *w, guint32 version)
{
	guint32 tag = take_number(w, 4);
	skip_text(w); /* alias */
	guint8 *date = take(w, 8);
	for (guint i = 0; date && w->writes && i < 8; i++)
		date[i] = (guint8)(DATE_MSEC >> (56 - 8 * i));
	guint32 n_certificates = 1;
	if (tag == TAG_KEY) {
		skip_bytes(w);
		n_certificates = take_number(w, 4);
	} else if (tag != TAG_TRUSTED) {
		w->failed = TRUE;
	}
	for (guint32 i = 0; i < n_certificates && !w->failed; i++)
		skip_certificate(w, version);
}

/* Does it consist of entries, and nothing else? */
static gboolean walk_entries(guint8 *bytes, gsize n_bytes, gboolean writes)
{
	struct walk w = {bytes, bytes + n_bytes, FALSE, writes};
	guint32 magic = take_number(&w, 4), version = take_number(&w, 4);
	guint32 n_entries = take_number(&w, 4);
	if (magic != MAGIC || version < 1 || version > 2)
		return FALSE;
	for (guint32 i = 0; i < n_entries && !w.failed; i++)
		walk_entry(&w, version);
	return !w.failed && w.at == w.end;
}

/* The seal at its end: of the password in UTF-16, a phrase, and what is before it. */
static void seal_of(const guint8 *bytes, gsize n_bytes, guint8 *out_digest)
{
	static const guint8 password[] = "\0c\0h\0a\0n\0g\0e\0i\0t";
	static const guint8 phrase[] = "Mighty Aphrodite";
	g_autoptr(GChecksum) hash = g_checksum_new(G_CHECKSUM_SHA1);
	gsize n = DIGEST_BYTES;
	g_checksum_update(hash, password, 16);
	g_checksum_update(hash, phrase, 16);
	g_checksum_update(hash, bytes, (gssize)n_bytes);
	g_checksum_get_digest(hash, out_digest, &n);
}

gboolean sbx_keystore_normalise(guint8 *bytes, gsize n_bytes)
{
	guint8 seal[DIGEST_BYTES];
	if (n_bytes < 12 + DIGEST_BYTES)
		return FALSE;
	gsize n = n_bytes - DIGEST_BYTES;
	seal_of(bytes, n, seal);
	if (memcmp(seal, bytes + n, DIGEST_BYTES) != 0 || !walk_entries(bytes, n, FALSE))
		return FALSE;
	walk_entries(bytes, n, TRUE);
	seal_of(bytes, n, bytes + n);
	return TRUE;
}
