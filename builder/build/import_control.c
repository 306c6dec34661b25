/* SPDX-License-Identifier: Apache-2.0 */
/* From the control member of a .deb to maintainer scripts, lists and the control fields. */
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "builder/build/import_private.h"

#define CONTROL_FILE_BYTES (16 * 1024 * 1024)

static void read_conffiles(struct import *in, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		g_strchomp(lines[i]);
		/* deb-conffiles(5): a line may begin with a flag such as remove-on-upgrade. */
		if (lines[i][0] != '/' || g_hash_table_contains(in->conffiles, lines[i]))
			continue;
		char *path = g_strdup(lines[i]);
		g_hash_table_insert(in->conffiles, path, g_strdup(""));
		g_ptr_array_add(in->conffile_order, g_strdup(path));
	}
}

static gboolean check_identity(struct import *in, GError **error)
{
	const struct sbx_lock_package *p = in->package;
	const struct {
		const char *field, *expected;
	} pairs[] = {
		{"Package", p->name}, {"Version", p->version}, {"Architecture", p->architecture}};
	for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
		const char *value = sbx_control_get(in->control, pairs[i].field);
		if (g_strcmp0(value, pairs[i].expected) != 0)
			return sbx_set_error(error, SBX_E_ARCHIVE,
					     "%s %s: its control file says %s: %s, the archive's "
					     "index %s",
					     p->name, p->version, pairs[i].field,
					     value ? value : "(nothing)", pairs[i].expected);
	}
	return TRUE;
}

static gboolean add_control_file(struct import *in, struct sbx_tree *folder, struct archive *tar,
				 struct archive_entry *entry, GError **error)
{
	const char *path = sbx_path_check_relative(archive_entry_pathname(entry));
	if (!path || strchr(path, '/') || !S_ISREG(archive_entry_mode(entry)) ||
	    archive_entry_hardlink(entry) || !g_utf8_validate(path, -1, NULL))
		return sbx_import_refuse(in, archive_entry_pathname(entry),
					 "has no place among control files", error);
	if (!sbx_import_read(in, tar, path, CONTROL_FILE_BYTES, error))
		return FALSE;
	g_byte_array_append(in->buffer, (const guint8 *)"", 1);
	const char *text = (const char *)in->buffer->data;
	if (g_str_equal(path, "conffiles"))
		read_conffiles(in, text);
	if (g_str_equal(path, "control")) {
		if (!g_utf8_validate(text, -1, NULL) || in->control)
			return sbx_import_refuse(in, path, "is not one text", error);
		in->control = sbx_control_parse(text, in->package->name, error);
		return in->control && check_identity(in, error);
	}
	struct sbx_file_meta meta = {.mode = S_IFREG | (archive_entry_mode(entry) & 0755)};
	guint8 checksum[SBX_CHECKSUM_BYTES];
	return sbx_object_write(in->store, &meta, text, in->buffer->len - 1, checksum,
				in->cancellable, error) &&
	       sbx_tree_put_file(folder, path, checksum, 0, error);
}

struct sbx_tree *sbx_import_control(struct import *in, struct sbx_deb *deb, GError **error)
{
	struct archive *tar = sbx_deb_member(deb, SBX_DEB_CONTROL, error);
	if (!tar)
		return NULL;
	SBX_AUTO(sbx_tree) folder = sbx_tree_new(in->store, in->default_dirmeta);
	struct archive_entry *entry;
	int status;
	while ((status = archive_read_next_header(tar, &entry)) == ARCHIVE_OK ||
	       status == ARCHIVE_WARN)
		if (!S_ISDIR(archive_entry_mode(entry)) &&
		    !add_control_file(in, folder, tar, entry, error))
			return NULL;
	if (status != ARCHIVE_EOF) {
		sbx_deb_fail(tar, in->package->name, error);
		return NULL;
	}
	if (!in->control) {
		sbx_set_error(error, SBX_E_ARCHIVE, "%s %s: has no control file", in->package->name,
			      in->package->version);
		return NULL;
	}
	return g_steal_pointer(&folder);
}
