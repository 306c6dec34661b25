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

/* "[options] URI SUITE COMPONENT..." as in sources.list(5). */
static gboolean add_mirror(const char *mirror, const struct sbx_context *ctx,
			   const char *architecture, GPtrArray *sources, GError **error)
{
	g_autofree char *where = g_strdup("--mirror");
	guint n_before = sources->len;
	g_autoptr(GError) problem = NULL;
	if (!sbx_apt_sources_parse_entry(mirror, where, architecture, sources, &problem))
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

/* The same, or just "URI": then it has all the suites that are asked for. */
static gboolean add_mirrors(const char *mirror, const struct sbx_context *ctx, const char *suites,
			    const char *architecture, GPtrArray *sources, GError **error)
{
	mirror += strspn(mirror, " \t");
	if (strpbrk(mirror, " \t"))
		return add_mirror(mirror, ctx, architecture, sources, error);
	if (!suites)
		return sbx_set_error(error, SBX_E_USAGE,
				     "--mirror: this host has no codename of its own; give "
				     "--suite NAME too");
	g_auto(GStrv) names = g_strsplit(suites, ",", -1);
	for (char **suite = names; *suite; suite++) {
		g_autofree char *line = g_strdup_printf("%s %s main", mirror, *suite);
		if (!add_mirror(line, ctx, architecture, sources, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean choose_mirrors(struct sbx_context *ctx, struct sbx_choice *choice,
			       const char *codename, GError **error)
{
	const char *suite = ctx->suite ? ctx->suite : codename;
	choice->sources = sbx_apt_sources_new();
	for (char **mirror = ctx->mirrors; *mirror; mirror++)
		if (!add_mirrors(*mirror, ctx, suite, choice->architecture, choice->sources, error))
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
	const struct sbx_apt_source *model = sbx_main_source(host, architecture);
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

static gboolean bad_suite(const char *suite, GError **error)
{
	return sbx_set_error(error, SBX_E_USAGE,
			     "--suite %s: not the name of a suite, such as bookworm, nor several "
			     "with commas between",
			     suite);
}

/* Both become parts of URIs and of a folder's name. */
static gboolean check_names(const char *suite, const char *architecture, GError **error)
{
	if (strspn(architecture, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(architecture) ||
	    !*architecture)
		return sbx_set_error(error, SBX_E_USAGE,
				     "--arch %s: not the name of an architecture, such as amd64",
				     architecture);
	g_auto(GStrv) names = g_strsplit(suite, ",", -1);
	if (!*names)
		return bad_suite(suite, error);
	for (char **name = names; *name; name++)
		if (!**name || **name == '/' || **name == '.' || strstr(*name, "..") ||
		    strpbrk(*name, " \t\r\n\\?#%"))
			return bad_suite(suite, error);
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
	if (ctx->suite && !check_names(ctx->suite, choice.architecture, error))
		return FALSE;
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
