/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/build/stand_ins.h"

#include <string.h>

#include "builder/build/batch.h"
#include "builder/build/debconf.h"
#include "builder/build/embedded.h"
#include "builder/build/sandbox.h"
#include "store/object.h"

#define MAX_BINARY_BYTES  (4 * 1024 * 1024)
#define MAX_PROGRAM_BYTES (64 * 1024)
#define CERTIFICATES	  "usr/sbin/update-ca-certificates"

static const char *const compilers[] = {"usr/bin/py3compile", "usr/bin/py3clean", NULL};

/*
 * The texts of update-ca-certificates that builder/certificates/ was compared with: that of Debian
 * 12's ca-certificates 20230311, and that of 20250419 (Debian 13) to 20260816.
 */
static const char *const known_certificates[] = {
	"395364bffc7ce85ccbe2de71215f9c6c85c024af3bbd991c75a01c2d2aa3080a",
	"2cb06c85b5f01c4f6b72c3983d9f66d44aac0a7ac997ee55e7e429aedbc3934d", NULL};

const char *sbx_stand_ins_describe(enum sbx_stand_ins which)
{
	return which == SBX_STAND_INS_ALL ? "without py3compile py3clean, certificates 1, "
					    "debconf 1, fonts 1"
					  : "without py3compile py3clean";
}

static void add_bind(GPtrArray *binds, const char *work, const char *source, const char *path)
{
	g_ptr_array_add(binds, g_strdup_printf("%s/%s:/%s", work, source, path));
}

/* The interpreter's own packages compile their modules with this one. */
static void add_empty_compilers(GPtrArray *binds, const char *work, struct sbx_tree *tree)
{
	struct sbx_entry *lib = sbx_tree_find(tree, "usr/lib", NULL);
	g_autoptr(GPtrArray) names =
		lib && lib->kind == SBX_ENTRY_FOLDER ? sbx_tree_names(lib->folder, NULL) : NULL;
	for (guint i = 0; names && i < names->len; i++) {
		const char *name = names->pdata[i];
		g_autofree char *module = g_strdup_printf("usr/lib/%s/py_compile.py", name);
		if (g_str_has_prefix(name, "python3.") && sbx_tree_find(tree, module, NULL))
			add_bind(binds, work, "empty.py", module);
	}
}

/* Ours, if it is known to do the same as the template's; that one lies beside it then. */
static gboolean add_certificates(GPtrArray *binds, const char *work, struct sbx_store *store,
				 struct sbx_tree *tree, GError **error)
{
	struct sbx_entry *entry = sbx_tree_find(tree, CERTIFICATES, NULL);
	gsize n_bytes = 0;
	g_autofree char *text =
		entry && entry->kind == SBX_ENTRY_FILE
			? sbx_object_read(store, entry->checksum, MAX_PROGRAM_BYTES, &n_bytes, NULL)
			: NULL;
	if (!text)
		return TRUE;
	g_autofree char *hash =
		g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, n_bytes);
	if (!g_strv_contains(known_certificates, hash))
		return TRUE;
	add_bind(binds, work, "certificates", CERTIFICATES);
	return sbx_sandbox_write_file(work, "update-ca-certificates", text, n_bytes, 0755, error) &&
	       sbx_sandbox_write_file(
		       work, "certificates", sbx_certificates_program,
		       (gsize)(sbx_certificates_program_end - sbx_certificates_program), 0755,
		       error);
}

static gboolean add_debconf(GPtrArray *binds, const char *work, struct sbx_store *store,
			    struct sbx_tree *tree, GError **error)
{
	if (!sbx_debconf_is_plain(store, tree))
		return TRUE;
	add_bind(binds, work, "debconf.conf", "etc/debconf.conf");
	return sbx_sandbox_write_file(work, "debconf.conf", sbx_debconf_conf, sbx_debconf_conf_size,
				      0644, error);
}

static gboolean add_fonts(GPtrArray *binds, const char *work, struct sbx_store *store,
			  struct sbx_tree *tree, GError **error)
{
	struct sbx_entry *entry = sbx_tree_find(tree, SBX_BATCH_PROGRAM, NULL);
	gsize n_bytes = 0;
	g_autofree char *program =
		entry && entry->kind == SBX_ENTRY_FILE
			? sbx_object_read(store, entry->checksum, MAX_BINARY_BYTES, &n_bytes, NULL)
			: NULL;
	if (!program || n_bytes == 0) /* a link: of another making */
		return TRUE;
	add_bind(binds, work, "fc-cache-later", SBX_BATCH_PROGRAM);
	return sbx_sandbox_write_file(work, "fc-cache", program, n_bytes, 0755, error) &&
	       sbx_sandbox_write_file(work, "fc-cache-later", sbx_fc_cache_sh, sbx_fc_cache_sh_size,
				      0755, error);
}

GPtrArray *sbx_stand_ins_make(struct sbx_store *store, struct sbx_tree *tree, const char *work,
			      enum sbx_stand_ins which, GError **error)
{
	static const char succeed[] = "#!/bin/sh\nexit 0\n";
	static const char refuse[] = "#!/bin/sh\nexit 101\n"; /* invoke-rc.d(8): do nothing */
	g_autoptr(GPtrArray) binds = g_ptr_array_new_with_free_func(g_free);
	if (!sbx_sandbox_write_file(work, "succeed", succeed, strlen(succeed), 0755, error) ||
	    !sbx_sandbox_write_file(work, "policy-rc.d", refuse, strlen(refuse), 0755, error) ||
	    !sbx_sandbox_write_file(work, "empty.py", "", 0, 0644, error))
		return NULL;
	add_bind(binds, work, "policy-rc.d", SBX_STAND_INS_POLICY);
	for (guint i = 0; compilers[i]; i++)
		if (sbx_tree_find(tree, compilers[i], NULL))
			add_bind(binds, work, "succeed", compilers[i]);
	add_empty_compilers(binds, work, tree);
	if (which == SBX_STAND_INS_ALL && (!add_certificates(binds, work, store, tree, error) ||
					   !add_debconf(binds, work, store, tree, error) ||
					   !add_fonts(binds, work, store, tree, error)))
		return NULL;
	g_ptr_array_add(binds, NULL);
	return g_steal_pointer(&binds);
}
