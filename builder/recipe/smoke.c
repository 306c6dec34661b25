/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "builder/recipe/make.h"
#include "builder/run/record.h"

#define MAX_OUTPUT	 "1M"
#define MAX_OUTPUT_BYTES (1024 * 1024)
#define SHOWN_BYTES	 400

static GPtrArray *arguments_of(struct sbx_context *ctx, const struct sbx_recipe *recipe,
			       const char *template_id)
{
	g_autofree char *timeout = g_strdup_printf("%u", recipe->timeout_sec);
	const char *words[] = {"--root", ctx->root,	   "--policy", recipe->posture, "--timeout",
			       timeout,	 "--output-limit", MAX_OUTPUT, "--best-effort", template_id,
			       "--",	 "/bin/sh",	   "-c",       recipe->command};
	GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		g_ptr_array_add(arguments, g_strdup(words[i]));
	return arguments;
}

/* What it printed, as text. */
static char *read_output(int fd)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char chunk[16384];
	ssize_t n;
	lseek(fd, 0, SEEK_SET);
	while (text->len < MAX_OUTPUT_BYTES && (n = read(fd, chunk, sizeof(chunk))) > 0)
		g_string_append_len(text, chunk, n);
	return g_utf8_make_valid(text->str, (gssize)strlen(text->str));
}

/* Its end, on a line. */
static char *tail_of(const char *output)
{
	gsize n = strlen(output);
	char *tail = g_utf8_make_valid(n > SHOWN_BYTES ? output + n - SHOWN_BYTES : output, -1);
	g_strstrip(tail);
	for (char *c = tail; *c; c++)
		if (g_ascii_iscntrl(*c))
			*c = ' ';
	return tail;
}

static gboolean judge(const struct sbx_recipe *recipe, const struct sbx_run_record *record,
		      const char *output, GError **error)
{
	g_autofree char *tail = tail_of(output);
	if (record->message)
		return sbx_set_error(error, SBX_E_SANDBOX, "%s: smoke test: %s", recipe->name,
				     record->message);
	if (g_strcmp0(record->reason, "timed-out") == 0)
		return sbx_set_error(error, SBX_E_TIMED_OUT,
				     "%s: smoke test: not done after %u s; [test] timeout gives it "
				     "more. Its output ends: %s",
				     recipe->name, recipe->timeout_sec, tail);
	if (record->status != 0)
		return sbx_set_error(error, SBX_E_FAILED,
				     "%s: smoke test: %s with status %d. Its output ends: %s",
				     recipe->name, record->reason, record->status, tail);
	if (recipe->output && !g_regex_match_simple(recipe->output, output, G_REGEX_MULTILINE, 0))
		return sbx_set_error(error, SBX_E_FAILED,
				     "%s: smoke test: its output does not match %s. It ends: %s",
				     recipe->name, recipe->output, tail);
	return TRUE;
}

gboolean sbx_recipe_test(struct sbx_context *ctx, struct sbx_store *store,
			 const struct sbx_recipe *recipe, const char *template_id, GError **error)
{
	g_autofree char *provisioner = sbx_context_provisioner(ctx, error);
	if (!provisioner)
		return FALSE;
	SBX_CLEANUP_FD int output_fd = memfd_create("smoke-test", MFD_CLOEXEC);
	SBX_CLEANUP_FD int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (output_fd < 0 || null_fd < 0)
		return sbx_set_error_os(error, SBX_E_FAILED, errno, "smoke test");
	g_autoptr(GPtrArray) arguments = arguments_of(ctx, recipe, template_id);
	__attribute__((cleanup(sbx_run_record_release))) struct sbx_run_record record = {0};
	sbx_progress_begin(ctx->progress, "test", SBX_UNIT_ITEMS, 0);
	if (!sbx_run_record_spawn(provisioner, arguments, null_fd, output_fd, output_fd, &record,
				  error))
		return FALSE;
	g_autofree char *output = read_output(output_fd);
	if (!judge(recipe, &record, output, error))
		return FALSE;
	sbx_progress_end(ctx->progress, "test", "%s", recipe->name);
	return TRUE;
}
