/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/run/allowance.h"

#include <string.h>

#include "builder/index/profile_text.h"

void sbx_allowance_release(struct sbx_allowance *allowance)
{
	g_clear_pointer(&allowance->classes, g_strfreev);
	g_clear_pointer(&allowance->patterns, g_strfreev);
}

static char *value_of(GKeyFile *keys, const char *section, const char *key)
{
	return g_key_file_get_string(keys, section, key, NULL);
}

static gboolean is(GKeyFile *keys, const char *section, const char *key, const char *expected)
{
	g_autofree char *value = value_of(keys, section, key);
	return value && g_str_equal(value, expected);
}

static guint64 number(GKeyFile *keys, const char *section, const char *key)
{
	g_autofree char *value = value_of(keys, section, key);
	return value ? g_ascii_strtoull(value, NULL, 10) : 0;
}

static void read_keys(struct sbx_allowance *out, GKeyFile *keys)
{
	g_autofree char *timeout = value_of(keys, "limits", "timeout");
	out->has_network = is(keys, "network", "mode", "host");
	out->memory_bytes = number(keys, "limits", "memory");
	out->timeout_seconds = timeout ? g_ascii_strtod(timeout, NULL) : 0;
	out->only_predicted = is(keys, "system-calls", "predicted", "yes");
	out->classes = g_key_file_get_string_list(keys, "system-calls", "classes", NULL, NULL);
	out->most_bytes = number(keys, "output", "max-bytes");
	out->refuses_secrets = is(keys, "output", "secrets", "refuse");
	out->redacts_secrets = is(keys, "output", "secrets", "redact");
	out->patterns = g_key_file_get_string_list(keys, "output", "patterns", NULL, NULL);
}

/* Its own line says what is wrong with the policy; here it becomes ours. */
static gboolean fail(int wait_status, const char *message, GError **error)
{
	const char *text = g_str_has_prefix(message, "sbx-provision: ") ? message + 15 : message;
	g_autofree char *line = g_strndup(text, strcspn(text, "\n"));
	return sbx_set_error(error, WIFEXITED(wait_status) ? SBX_E_USAGE : SBX_E_FAILED, "run: %s",
			     *line ? line : "sbx-provision ended without an answer");
}

gboolean sbx_allowance_ask(const char *provisioner, const GPtrArray *words,
			   struct sbx_allowance *out, GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autoptr(GKeyFile) keys = g_key_file_new();
	g_autofree char *text = NULL, *message = NULL;
	int wait_status = 0;
	g_ptr_array_add(argv, (gpointer)provisioner);
	g_ptr_array_add(argv, (gpointer) "policy");
	for (guint i = 0; i < words->len; i++)
		g_ptr_array_add(argv, words->pdata[i]);
	g_ptr_array_add(argv, NULL);
	if (!g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, &text,
			  &message, &wait_status, error))
		return FALSE;
	if (wait_status != 0)
		return fail(wait_status, message, error);
	if (!g_key_file_load_from_data(keys, text, strlen(text), G_KEY_FILE_NONE, error))
		return FALSE;
	read_keys(out, keys);
	return TRUE;
}

/* Where the task was seen to do it: " (app.py:3, example.org:443)", or nothing. */
static char *place_of(const struct sbx_profile *profile, const char *class)
{
	for (guint i = 0; i < profile->behaviours->len; i++) {
		const struct sbx_behaviour *b = profile->behaviours->pdata[i];
		if (!g_str_equal(b->class, class) || b->evidence->len == 0)
			continue;
		const struct sbx_evidence *seen = b->evidence->pdata[0];
		g_autofree char *place =
			g_strdup_printf(" (%s:%u%s%s)", seen->file, seen->line,
					b->detail ? ", " : "", b->detail ? b->detail : "");
		return sbx_plain_text(place);
	}
	return g_strdup("");
}

static void tell_network(const struct sbx_allowance *a, struct sbx_context *ctx,
			 const struct sbx_profile *profile)
{
	static const char *const classes[] = {"net.client", "net.server"};
	for (guint i = 0; i < G_N_ELEMENTS(classes) && !a->has_network; i++) {
		g_autofree char *place = place_of(profile, classes[i]);
		if (!*place)
			continue;
		sbx_progress_warn(ctx->progress,
				  "%s: wants the network%s and gets none; --net host gives it",
				  profile->entry, place);
		return;
	}
}

static void tell_classes(const struct sbx_allowance *a, struct sbx_context *ctx,
			 const struct sbx_profile *profile)
{
	for (char **name = profile->classes; a->classes && *name; name++) {
		g_autofree char *place = place_of(profile, *name);
		if (!g_strv_contains((const char *const *)a->classes, *name))
			sbx_progress_warn(ctx->progress,
					  "%s: wants the system calls of %s%s, which no policy of "
					  "this run allows",
					  profile->entry, *name, place);
	}
}

static void tell_resources(const struct sbx_allowance *a, struct sbx_context *ctx,
			   const struct sbx_profile *profile)
{
	const struct sbx_interval *memory = &profile->resources.of[SBX_RESOURCE_MEMORY];
	const struct sbx_interval *time = &profile->resources.of[SBX_RESOURCE_TIME];
	/* The low end: so much it certainly took, or takes. */
	if (a->memory_bytes && memory->low > (double)a->memory_bytes)
		sbx_progress_warn(ctx->progress,
				  "%s: is known to need %.0f MiB of memory and gets %.0f; --memory "
				  "or a laxer --posture gives more",
				  profile->entry, memory->low / (1 << 20),
				  (double)a->memory_bytes / (1 << 20));
	if (a->timeout_seconds > 0 && time->low > a->timeout_seconds)
		sbx_progress_warn(ctx->progress,
				  "%s: is known to take %.0f s and gets %.0f; --timeout or a laxer "
				  "--posture gives more",
				  profile->entry, time->low, a->timeout_seconds);
}

void sbx_allowance_tell(const struct sbx_allowance *allowance, struct sbx_context *ctx,
			const struct sbx_profile *profile)
{
	tell_network(allowance, ctx, profile);
	tell_classes(allowance, ctx, profile);
	tell_resources(allowance, ctx, profile);
}
