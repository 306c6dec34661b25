/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/archive/keyring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "builder/archive/deb822.h"
#include "store/gerror.h"

#define BEGIN_KEYS     "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define DEBIAN_KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"
#define BOX_MAGIC_AT   8 /* "KBXf" stands there in a key box */

void sbx_keyring_release(struct sbx_keyring *keyring)
{
	sbx_close(&keyring->fd);
	if (keyring->boxes)
		g_ptr_array_unref(keyring->boxes);
	if (keyring->fingerprints)
		g_ptr_array_unref(keyring->fingerprints);
	if (keyring->shown)
		g_string_free(keyring->shown, TRUE);
	*keyring = (struct sbx_keyring){.fd = -1};
}

/* The lines of one block, after its headers: base64 up to the checksum or the end. */
static void unarmour_block(char **lines, GByteArray *bytes)
{
	g_autoptr(GString) text = g_string_new(NULL);
	while (*lines && **lines) /* "Version: ..." up to an empty line */
		lines++;
	for (; *lines && **lines != '=' && **lines != '-'; lines++)
		g_string_append(text, *lines);
	gsize n_bytes;
	g_autofree guchar *block = g_base64_decode(text->str, &n_bytes);
	g_byte_array_append(bytes, block, (guint)n_bytes);
}

GByteArray *sbx_keyring_unarmour(const char *text)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		g_strstrip(*line);
	for (char **line = lines; *line; line++)
		if (g_str_equal(*line, BEGIN_KEYS))
			unarmour_block(line + 1, bytes);
	return bytes->len ? g_steal_pointer(&bytes) : NULL;
}

static gboolean append(struct sbx_keyring *keyring, const void *data, gsize n_bytes, GError **error)
{
	if (keyring->fd < 0)
		keyring->fd = memfd_create("keyring", MFD_CLOEXEC);
	if (keyring->fd < 0 || sbx_write_all(keyring->fd, data, n_bytes) < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "keyring");
	return TRUE;
}

static gboolean add_armoured(struct sbx_keyring *keyring, const char *text, const char *where,
			     GError **error)
{
	g_autoptr(GByteArray) bytes = sbx_keyring_unarmour(text);
	if (!bytes)
		return sbx_set_error(error, SBX_E_INPUT, "%s: holds no OpenPGP key", where);
	return append(keyring, bytes->data, bytes->len, error);
}

static void show(struct sbx_keyring *keyring, const char *where)
{
	if (keyring->shown->len)
		g_string_append(keyring->shown, ", ");
	g_string_append(keyring->shown, where);
}

static gboolean add_file(struct sbx_keyring *keyring, const char *path, GError **error)
{
	g_autofree char *data = NULL;
	g_autoptr(GError) problem = NULL;
	gsize n_bytes;
	if (!g_file_get_contents(path, &data, &n_bytes, &problem))
		return sbx_set_error(error, SBX_E_INPUT, "keyring: %s", problem->message);
	if (n_bytes == 0)
		return TRUE;
	if (strstr(data, BEGIN_KEYS))
		return add_armoured(keyring, data, path, error);
	if (n_bytes > BOX_MAGIC_AT + 4 && memcmp(data + BOX_MAGIC_AT, "KBXf", 4) == 0) {
		g_ptr_array_add(keyring->boxes, g_strdup(path));
		return TRUE;
	}
	return append(keyring, data, n_bytes, error);
}

static gboolean is_fingerprint(const char *word)
{
	gsize n = strlen(word);
	if (n && word[n - 1] == '!')
		n--;
	return n >= 16 && strspn(word, "0123456789abcdefABCDEF") == n;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Keyrings that are there count; one that cannot be read is left out, as apt does. */
static void add_defaults(struct sbx_keyring *keyring, const char *apt_folder)
{
	g_autofree char *parts = g_build_filename(apt_folder, "trusted.gpg.d", NULL);
	g_autofree char *single = g_build_filename(apt_folder, "trusted.gpg", NULL);
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(parts, 0, NULL);
	for (const char *name; dir && (name = g_dir_read_name(dir));)
		if (g_str_has_suffix(name, ".gpg") || g_str_has_suffix(name, ".asc"))
			g_ptr_array_add(paths, g_build_filename(parts, name, NULL));
	g_ptr_array_sort(paths, compare_names);
	g_ptr_array_add(paths, g_strdup(single));
	/* First: of a key that stands in several files it has the newest expiry, and gpgv takes
	 * the first it finds. */
	g_ptr_array_insert(paths, 0, g_strdup(DEBIAN_KEYRING));
	for (guint i = 0; i < paths->len; i++)
		add_file(keyring, paths->pdata[i], NULL);
	show(keyring, parts);
	show(keyring, single);
	show(keyring, DEBIAN_KEYRING);
}

static gboolean add_signed_by(struct sbx_keyring *keyring, const struct sbx_apt_source *source,
			      gboolean *out_has_keys, GError **error)
{
	if (strstr(source->signed_by, BEGIN_KEYS)) {
		*out_has_keys = TRUE;
		show(keyring, source->where);
		return add_armoured(keyring, source->signed_by, source->where, error);
	}
	g_auto(GStrv) words = sbx_split_words(source->signed_by, " ,\t\n");
	for (char **word = words; *word; word++) {
		if (is_fingerprint(*word)) {
			char *upper = g_ascii_strup(*word, -1);
			upper[strcspn(upper, "!")] = '\0';
			g_ptr_array_add(keyring->fingerprints, upper);
			continue;
		}
		*out_has_keys = TRUE;
		show(keyring, *word);
		if (!add_file(keyring, *word, error))
			return FALSE;
	}
	return TRUE;
}

gboolean sbx_keyring_open(struct sbx_keyring *out, const struct sbx_apt_source *source,
			  const char *apt_folder, GError **error)
{
	SBX_CLEANUP_KEYRING struct sbx_keyring keyring = {
		.fd = -1,
		.boxes = g_ptr_array_new_with_free_func(g_free),
		.fingerprints = g_ptr_array_new_with_free_func(g_free),
		.shown = g_string_new(NULL)};
	gboolean has_keys = FALSE;
	if (source->signed_by && !add_signed_by(&keyring, source, &has_keys, error))
		return FALSE;
	if (!has_keys)
		add_defaults(&keyring, apt_folder);
	if (keyring.fd < 0 && keyring.boxes->len == 0)
		return sbx_set_error(
			error, SBX_E_UNTRUSTED,
			"no key to check the archive with in %s; install the archive's "
			"keyring package or give --keyring FILE",
			keyring.shown->str);
	*out = keyring;
	keyring = (struct sbx_keyring){.fd = -1};
	return TRUE;
}
