/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: all verbs, with everything they are linked with. People start the front
 * (builder/front.c), which goes on to this program when it needs more than it has.
 */
#include <locale.h>
#include <stdio.h>
#include <sys/stat.h>

#include "builder/archive/archive.h"
#include "builder/dispatch.h"
#include "builder/ids.h"
#include "builder/run/prepare.h"
#include "builder/verbs/verbs.h"
#include "store/store.h"

#define ROW(name, flags, group, synopsis, help, details)                                           \
	{#name, flags, sbx_verb_##name, group, synopsis, help, details, sbx_verb_##name##_options},

const struct sbx_command sbx_commands[] = {
#include "builder/verbs/rows.h"
	{0},
};

static gboolean make_index(struct sbx_context *ctx, GError **error)
{
	return sbx_archive_update(ctx, error) != SBX_UPDATE_FAILED;
}

static const struct sbx_engine engine = {
	.prepare = sbx_prepare_anew,
	.make_index = make_index,
	.new_cancellable = g_cancellable_new,
	.cancel = g_cancellable_cancel,
	.settle_ids = sbx_ids_settle,
};

int main(int argc, char **argv)
{
	/* Names in archives are UTF-8 whatever the user's locale. */
	setlocale(LC_CTYPE, "C.UTF-8");
	sbx_store_is_cancelled = g_cancellable_is_cancelled;
	umask(022);
	if (argc < 2 || g_str_equal(argv[1], "help") || g_str_equal(argv[1], "--help") ||
	    g_str_equal(argv[1], "-h")) {
		int status = sbx_dispatch_help(argc - 1, argv + 1);
		return argc < 2 ? sbx_code_exit_status(SBX_E_USAGE) : status;
	}
	if (g_str_equal(argv[1], "--version")) {
		printf("sbx-build %s\n", SBX_VERSION);
		return 0;
	}
	const struct sbx_command *command = sbx_command_find(argv[1]);
	if (!command)
		return sbx_dispatch_unknown(argv[1]);
	return sbx_dispatch_verb(command, &engine, argc - 1, argv + 1);
}
