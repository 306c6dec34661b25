/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "builder/build/import.h"
#include "store/checkout.h"
#include "store/transaction.h"
#include "tests/lib/fuzz/fuzz.h"

static char *root;
static struct sbx_store *store;

static void remove_store(void)
{
	sbx_store_free(store);
	sbx_store_remove_tree(root, NULL);
	g_free(root);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	g_autoptr(GError) error = NULL;
	root = g_dir_make_tmp("sbx-fuzz-XXXXXX", &error);
	g_assert_no_error(error);
	store = sbx_store_open(root, SBX_STORE_SHARED, NULL, &error);
	g_assert_no_error(error);
	atexit(remove_store);
	return 0;
}

static gboolean import(const uint8_t *data, size_t n_bytes, GError **error)
{
	static const struct sbx_import_limits limits = {
		.max_bytes = 4 << 20, .max_entries = 500, .max_ratio = 1000};
	g_autofree char *sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, n_bytes);
	struct sbx_lock_package package = {
		.name = (char *)"fuzz",
		.version = (char *)"1.0-1",
		.architecture = (char *)"all",
		.sha256 = sha256,
		.size = n_bytes,
	};
	SBX_CLEANUP_FD int fd = memfd_create("fuzz.deb", MFD_CLOEXEC);
	g_assert(sbx_write_all(fd, data, n_bytes) == 0 || n_bytes == 0);
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	SBX_AUTO_TRANSACTION struct sbx_transaction transaction = {0};
	return sbx_transaction_begin(&transaction, store, NULL, error) &&
	       sbx_import_package(store, &package, path, &limits, NULL, NULL, error);
}

/* A package is taken whole, or refused in one line; nothing of it is written beside the store. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	g_autoptr(GError) error = NULL;
	gboolean fine = import(data, n_bytes, &error);
	g_assert(fine == (error == NULL));
	if (error) {
		enum sbx_code code = sbx_gerror_code(error);
		g_assert_null(strchr(error->message, '\n'));
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
		if (code != SBX_E_ARCHIVE && code != SBX_E_UNTRUSTED)
			g_error("refused as code %d: %s", code, error->message);
	}
	g_assert_cmpint(access("/tmp/sbx-evil", F_OK), !=, 0);
	return 0;
}
