/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/archive/choose.h"

#include <string.h>

#include "builder/archive/archive.h"
#include "builder/fetch/apt_config.h"
#include "builder/fetch/fetch.h"

#define WAY_OUT "name an archive with --mirror URI --suite NAME --keyring FILE"

void sbx_choice_release(struct sbx_choice *choice)
{
	g_free(choice->suite);
	g_free(choice->architecture);
	if (choice->sources)
		g_ptr_array_unref(choice->sources);
	memset(choice, 0, sizeof(*choice));
}

const char *sbx_host_architecture(void)
{
#if defined(__x86_64__) && !defined(__ILP32__)
	return "amd64";
#elif defined(__i386__)
	return "i386";
#elif defined(__aarch64__)
	return "arm64";
#elif defined(__arm__) && defined(__ARM_PCS_VFP)
	return "armhf";
#elif defined(__arm__)
	return "armel";
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return "ppc64el";
#elif defined(__s390x__)
	return "s390x";
#elif defined(__riscv) && __riscv_xlen == 64
	return "riscv64";
#elif defined(__mips64) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return "mips64el";
#elif defined(__loongarch64)
	return "loong64";
#else
#error "add the name that Debian gives to this architecture"
#endif
}

char *sbx_host_codename(void)
{
	return g_get_os_info(G_OS_INFO_KEY_VERSION_CODENAME);
}

static gboolean has_architecture(const struct sbx_apt_source *source, const char *architecture)
{
	return !source->architectures ||
	       g_strv_contains((const char *const *)source->architectures, architecture);
}

/* Is it the suite itself, or what is published for it afterwards? */
static gboolean belongs_to(const char *candidate, const char *suite)
{
	static const char *const tails[] = {"", "-updates", "-security", "/updates", NULL};
	if (!g_str_has_prefix(candidate, suite))
		return FALSE;
	return g_strv_contains(tails, candidate + strlen(suite));
}

static struct sbx_apt_source *copy(const struct sbx_apt_source *from, const char *suite)
{
	struct sbx_apt_source *to = g_new0(struct sbx_apt_source, 1);
	to->uri = g_strdup(from->uri);
	to->suite = g_strdup(suite);
	to->components = g_strdupv(from->components);
	to->architectures = g_strdupv(from->architectures);
	to->signed_by = g_strdup(from->signed_by);
	to->trusted = from->trusted;
	to->keeps_expired = from->keeps_expired;
	to->is_host = from->is_host;
	to->where = g_strdup(from->where);
	return to;
}

static void add_components(struct sbx_apt_source *to, const struct sbx_apt_source *from)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	for (char **c = to->components; *c; c++)
		g_ptr_array_add(all, *c);
	for (char **c = from->components; *c; c++)
		if (!g_strv_contains((const char *const *)to->components, *c))
			g_ptr_array_add(all, g_strdup(*c));
	g_ptr_array_add(all, NULL);
	g_free(to->components);
	to->components = (char **)g_ptr_array_free(g_steal_pointer(&all), FALSE);
}

/* Entries that name the same URI and suite are one, with the components of both. */
static void add_merged(GPtrArray *picked, const struct sbx_apt_source *source, const char *suite)
{
	for (guint i = 0; i < picked->len; i++) {
		struct sbx_apt_source *there = picked->pdata[i];
		if (g_str_equal(there->uri, source->uri) && g_str_equal(there->suite, suite)) {
			add_components(there, source);
			return;
		}
	}
	g_ptr_array_add(picked, copy(source, suite));
}

static gboolean is_main(const struct sbx_apt_source *source)
{
	return g_strv_contains((const char *const *)source->components, "main");
}

/* The entry that the host itself was installed from, most likely. */
static const struct sbx_apt_source *main_entry(GPtrArray *host, const char *architecture)
{
	g_autofree char *codename = sbx_host_codename();
	const struct sbx_apt_source *found = NULL;
	for (guint i = 0; i < host->len; i++) {
		const struct sbx_apt_source *source = host->pdata[i];
		if (!has_architecture(source, architecture) || !is_main(source))
			continue;
		if (codename && g_str_equal(source->suite, codename))
			return source;
		if (!found)
			found = source;
	}
	return found;
}

GPtrArray *sbx_pick_sources(GPtrArray *host, const char *suite, const char *architecture)
{
	g_autoptr(GPtrArray) picked = sbx_apt_sources_new();
	gboolean has_itself = FALSE;
	for (guint pass = 0; pass < 2; pass++) /* the suite itself first */
		for (guint i = 0; i < host->len; i++) {
			const struct sbx_apt_source *source = host->pdata[i];
			gboolean itself = g_str_equal(source->suite, suite);
			if (itself != (pass == 0) || !has_architecture(source, architecture) ||
			    !belongs_to(source->suite, suite))
				continue;
			has_itself |= itself;
			add_merged(picked, source, source->suite);
		}
	if (has_itself)
		return g_steal_pointer(&picked);
	/* The host has another suite of, most likely, the same archive. */
	g_ptr_array_set_size(picked, 0);
	const struct sbx_apt_source *model = main_entry(host, architecture);
	if (model)
		add_merged(picked, model, suite);
	return g_steal_pointer(&picked);
}

/* "URI", or "[options] URI SUITE COMPONENT..." as in sources.list(5). */
static gboolean add_mirror(const char *mirror, const struct sbx_context *ctx, const char *suite,
			   const char *architecture, GPtrArray *sources, GError **error)
{
	g_autofree char *where = g_strdup("--mirror");
	const char *uri = mirror + strspn(mirror, " \t");
	g_autofree char *line = NULL;
	if (!strpbrk(uri, " \t")) {
		if (!suite)
			return sbx_set_error(error, SBX_E_USAGE,
					     "--mirror: this host has no codename of its own; give "
					     "--suite NAME too");
		line = g_strdup_printf("%s %s main", uri, suite);
	}
	guint n_before = sources->len;
	g_autoptr(GError) problem = NULL;
	if (!sbx_apt_sources_parse_entry(line ? line : uri, where, architecture, sources, &problem))
		return sbx_set_error(error, SBX_E_USAGE, "%s", problem->message);
	if (sources->len == n_before)
		return sbx_set_error(error, SBX_E_USAGE,
				     "--mirror: give \"URI\" or \"URI SUITE COMPONENT...\"");
	struct sbx_apt_source *source = sources->pdata[n_before];
	if (ctx->keyring) {
		g_free(source->signed_by);
		source->signed_by = g_canonicalize_filename(ctx->keyring, NULL);
	}
	return TRUE;
}

static gboolean choose_mirrors(struct sbx_context *ctx, struct sbx_choice *choice,
			       const char *codename, GError **error)
{
	const char *suite = ctx->suite ? ctx->suite : codename;
	choice->sources = sbx_apt_sources_new();
	for (char **mirror = ctx->mirrors; *mirror; mirror++)
		if (!add_mirror(*mirror, ctx, suite, choice->architecture, choice->sources, error))
			return FALSE;
	const struct sbx_apt_source *first = choice->sources->pdata[0];
	choice->suite = g_strdup(ctx->suite ? ctx->suite : first->suite);
	return TRUE;
}

/* Without --suite: the codename, or what a host that says "stable" or "sid" means by it. */
static char *default_suite(GPtrArray *host, const char *codename, const char *architecture)
{
	for (guint i = 0; codename && i < host->len; i++) {
		const struct sbx_apt_source *source = host->pdata[i];
		if (g_str_equal(source->suite, codename))
			return g_strdup(codename);
	}
	const struct sbx_apt_source *model = main_entry(host, architecture);
	return g_strdup(model ? model->suite : codename);
}

static gboolean choose_host(struct sbx_context *ctx, struct sbx_choice *choice,
			    const char *codename, GError **error)
{
	g_autofree char *folder = sbx_apt_config_folder();
	g_autoptr(GPtrArray) host = sbx_apt_sources_read(folder, choice->architecture, error);
	if (!host)
		return FALSE;
	choice->suite = ctx->suite ? g_strdup(ctx->suite)
				   : default_suite(host, codename, choice->architecture);
	if (!choice->suite)
		return sbx_set_error(
			error, SBX_E_NOT_FOUND,
			"%s: no apt sources, and this host has no codename of its own; " WAY_OUT,
			folder);
	choice->sources = sbx_pick_sources(host, choice->suite, choice->architecture);
	if (choice->sources->len == 0)
		return sbx_set_error(error, SBX_E_NOT_FOUND,
				     "%s: no apt source for %s packages to take %s from; " WAY_OUT,
				     folder, choice->architecture, choice->suite);
	for (guint i = 0; ctx->keyring && i < choice->sources->len; i++) {
		struct sbx_apt_source *source = choice->sources->pdata[i];
		g_free(source->signed_by);
		source->signed_by = g_canonicalize_filename(ctx->keyring, NULL);
	}
	return TRUE;
}

/* Both become parts of URIs and of a folder's name. */
static gboolean check_names(const char *suite, const char *architecture, GError **error)
{
	if (strspn(architecture, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(architecture) ||
	    !*architecture)
		return sbx_set_error(error, SBX_E_USAGE,
				     "--arch %s: not the name of an architecture, such as amd64",
				     architecture);
	if (!*suite || *suite == '/' || *suite == '.' || strstr(suite, "..") ||
	    strpbrk(suite, " \t\r\n\\?#%"))
		return sbx_set_error(error, SBX_E_USAGE,
				     "--suite %s: not the name of a suite, such as bookworm",
				     suite);
	return TRUE;
}

static gboolean check(const struct sbx_choice *choice, GError **error)
{
	for (guint i = 0; i < choice->sources->len; i++) {
		const struct sbx_apt_source *source = choice->sources->pdata[i];
		if (!sbx_fetch_check_uri(source->uri, error)) {
			g_prefix_error(error, "%s: ", source->where);
			return FALSE;
		}
	}
	return check_names(choice->suite, choice->architecture, error);
}

gboolean sbx_choose_sources(struct sbx_context *ctx, struct sbx_choice *out, GError **error)
{
	SBX_CLEANUP_CHOICE struct sbx_choice choice = {0};
	g_autofree char *codename = sbx_host_codename();
	choice.architecture =
		g_strdup(ctx->architecture ? ctx->architecture : sbx_host_architecture());
	gboolean has_mirrors = ctx->mirrors && *ctx->mirrors;
	if (!(has_mirrors ? choose_mirrors(ctx, &choice, codename, error)
			  : choose_host(ctx, &choice, codename, error)) ||
	    !check(&choice, error))
		return FALSE;
	for (guint i = 0; ctx->trusted && i < choice.sources->len; i++)
		((struct sbx_apt_source *)choice.sources->pdata[i])->trusted = TRUE;
	*out = choice;
	memset(&choice, 0, sizeof(choice));
	return TRUE;
}

gboolean sbx_archive_identify(struct sbx_context *ctx, char **out_suite, char **out_architecture,
			      GError **error)
{
	SBX_CLEANUP_CHOICE struct sbx_choice choice = {0};
	if (ctx->suite) {
		/* An index made with --mirror is found without any apt sources. */
		choice.suite = g_strdup(ctx->suite);
		choice.architecture =
			g_strdup(ctx->architecture ? ctx->architecture : sbx_host_architecture());
		if (!check_names(choice.suite, choice.architecture, error))
			return FALSE;
	} else if (!sbx_choose_sources(ctx, &choice, error)) {
		return FALSE;
	}
	*out_suite = g_steal_pointer(&choice.suite);
	*out_architecture = g_steal_pointer(&choice.architecture);
	return TRUE;
}
