/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/resolve/pool.h"

#include <solv/evr.h>
#include <string.h>

#define MAX_REQUEST_BYTES 500

/* What a request says: name[:architecture][=version][/suite], taken apart in place. */
struct request {
	char *name, *architecture, *version, *suite;
};

static char *cut(char *text, char separator)
{
	char *at = strchr(text, separator);
	if (!at)
		return NULL;
	*at = '\0';
	return at + 1;
}

static gboolean is_name(const char *name)
{
	if (!g_ascii_isalnum(*name))
		return FALSE;
	for (const char *p = name; *p; p++)
		if (!g_ascii_isalnum(*p) && !strchr("+-._", *p))
			return FALSE;
	return TRUE;
}

static gboolean take_apart(char *text, const char *given, struct request *out, GError **error)
{
	*out = (struct request){.name = text};
	if (strlen(given) <= MAX_REQUEST_BYTES) {
		out->suite = cut(text, '/');
		out->version = cut(text, '=');
		out->architecture = cut(text, ':');
	}
	if (!is_name(text) || (out->version && !*out->version) || (out->suite && !*out->suite) ||
	    (out->architecture && !*out->architecture))
		return sbx_set_error(error, SBX_E_USAGE,
				     "\"%.60s\" is no package name; give name, name=version, "
				     "name/suite or name:architecture",
				     given);
	return TRUE;
}

static gboolean check_architecture(struct sbx_resolver *resolver, const struct request *r,
				   GError **error)
{
	const char *ours = resolver->archive->architecture;
	if (!r->architecture || g_str_equal(r->architecture, ours) ||
	    g_str_equal(r->architecture, "native") || g_str_equal(r->architecture, "any") ||
	    g_str_equal(r->architecture, "all"))
		return TRUE;
	return sbx_set_error(error, SBX_E_NOT_FOUND,
			     "%s:%s: only packages for %s can be chosen here; use --arch %s for "
			     "the whole template",
			     r->name, r->architecture, ours, r->architecture);
}

/* "bookworm" of "bookworm/main"; a suite may hold slashes itself, the component is what is last. */
static gboolean is_from(struct sbx_resolver *resolver, Id p, const char *suite)
{
	const char *origin = sbx_resolver_entry(resolver, p)->origin;
	gsize n = strlen(suite);
	if (origin && strncmp(origin, suite, n) == 0 && origin[n] == '/')
		return TRUE;
	/* Or as the release calls itself: "stable". */
	const struct sbx_release *release = sbx_resolver_release(resolver, p);
	return release && (g_strcmp0(release->archive, suite) == 0 ||
			   g_strcmp0(release->codename, suite) == 0);
}

static gboolean unknown(struct sbx_resolver *resolver, const char *name, GError **error)
{
	g_auto(GStrv) near = sbx_resolver_near_names(resolver, name);
	g_autofree char *list = g_strjoinv(", ", near);
	return sbx_set_error(error, SBX_E_NOT_FOUND, "%s: no package of that name in %s (%s); %s%s",
			     name, resolver->archive->suite, resolver->archive->architecture,
			     *near ? "near to it: " : "`sbx-build update` brings the newest list",
			     list);
}

/* None of the packages of that name has the version or suite: say what there is. */
static gboolean no_such_version(struct sbx_resolver *resolver, Id name, const char *given,
				GError **error)
{
	Pool *pool = resolver->pool;
	g_autoptr(GString) list = g_string_new(NULL);
	Id p, pp;
	FOR_PROVIDES(p, pp, name)
	{
		const Solvable *s = pool_id2solvable(pool, p);
		if (s->name == name)
			g_string_append_printf(list, "%s%s (%s)", list->len ? ", " : "",
					       pool_id2str(pool, s->evr),
					       sbx_resolver_entry(resolver, p)->origin);
	}
	return sbx_set_error(error, SBX_E_NOT_FOUND, "%s: the archive has %s %s; ask for that",
			     given, pool_id2str(pool, name), list->str);
}

static gboolean barred(const char *given, GError **error)
{
	return sbx_set_error(error, SBX_E_UNSATISFIABLE,
			     "%s: every version that would do is forbidden by --forbid, --hold or "
			     "a pin below 1; ask for another or lift that",
			     given);
}

struct preference {
	struct sbx_resolver *resolver;
	const char *suite;
	Queue todo; /* packages of the suite that became candidates, each once */
};

/* Some version of a package from the suite that serves one of the alternatives; 0: none. */
static Id find_from_suite(struct preference *preference, const Id *alternatives)
{
	struct sbx_resolver *resolver = preference->resolver;
	Pool *pool = resolver->pool;
	Id p, pp, found = 0;
	for (; *alternatives; alternatives++) {
		FOR_PROVIDES(p, pp, *alternatives)
		{
			if (sbx_resolver_is_candidate(resolver, p))
				return 0; /* served as it is */
			if (!found && is_from(resolver, p, preference->suite) &&
			    !sbx_resolver_is_barred(resolver, p))
				found = p;
		}
	}
	return found;
}

static void prefer_for_field(struct preference *preference, Id p, enum sbx_field field)
{
	Queue groups;
	queue_init(&groups);
	sbx_resolver_read_field(preference->resolver, p, field, &groups);
	for (int i = 0; i < groups.count; i++) {
		Id found = find_from_suite(preference, groups.elements + i);
		int n_before = preference->todo.count;
		if (found)
			queue_pushunique(&preference->todo, found);
		if (preference->todo.count > n_before)
			sbx_resolver_set_candidate(preference->resolver, found);
		while (groups.elements[i])
			i++;
	}
	queue_free(&groups);
}

/* As apt-get(8) says of name/suite: its dependencies come from there too where they must. */
static void prefer_suite(struct sbx_resolver *resolver, Id p, const char *suite)
{
	struct preference preference = {.resolver = resolver, .suite = suite};
	queue_init(&preference.todo);
	queue_push(&preference.todo, p);
	for (int i = 0; i < preference.todo.count; i++) {
		prefer_for_field(&preference, preference.todo.elements[i], SBX_FIELD_PRE_DEPENDS);
		prefer_for_field(&preference, preference.todo.elements[i], SBX_FIELD_DEPENDS);
	}
	queue_free(&preference.todo);
}

static Id find_version(struct sbx_resolver *resolver, Id name, const struct request *r)
{
	Pool *pool = resolver->pool;
	Id p, pp, found = 0;
	FOR_PROVIDES(p, pp, name)
	{
		const Solvable *s = pool_id2solvable(pool, p);
		if (s->name != name)
			continue;
		if (r->version && !g_str_equal(pool_id2str(pool, s->evr), r->version))
			continue;
		if (r->suite && !is_from(resolver, p, r->suite))
			continue;
		if (!found || pool_evrcmp(pool, s->evr, pool_id2solvable(pool, found)->evr,
					  EVRCMP_COMPARE) > 0)
			found = p;
	}
	return found;
}

/* The id of a name that some package bears; 0: it is virtual or unknown. */
static Id find_name(struct sbx_resolver *resolver, const char *text)
{
	Id name = pool_str2id(resolver->pool, text, 0);
	return name && (guint)name < resolver->n_names && resolver->is_name[name] ? name : 0;
}

/* First round: a version or suite that is asked for changes which packages are candidates. */
static gboolean settle(struct sbx_resolver *resolver, const char *given, const struct request *r,
		       GError **error)
{
	Id name = find_name(resolver, r->name);
	if (!name || (!r->version && !r->suite))
		return TRUE;
	Id p = find_version(resolver, name, r);
	if (!p)
		return no_such_version(resolver, name, given, error);
	if (sbx_resolver_is_barred(resolver, p))
		return barred(given, error);
	sbx_resolver_set_candidate(resolver, p);
	if (r->suite)
		prefer_suite(resolver, p, r->suite);
	return TRUE;
}

/* Second round: the package that is meant. */
static gboolean pick(struct sbx_resolver *resolver, const char *given, const struct request *r,
		     Queue *out, GError **error)
{
	Pool *pool = resolver->pool;
	Id name = find_name(resolver, r->name), p = 0;
	if (name) {
		p = resolver->candidate[name];
		if (!p)
			return barred(given, error);
		if ((r->version || r->suite) && p != find_version(resolver, name, r))
			return sbx_set_error(error, SBX_E_UNSATISFIABLE,
					     "%s: only one version of %s can be there, and another "
					     "request wants %s; ask for one of them",
					     given, r->name,
					     pool_id2str(pool, pool_id2solvable(pool, p)->evr));
	} else if (!r->version && !r->suite) {
		Id virtual = pool_str2id(pool, r->name, 0);
		Queue providers;
		queue_init(&providers);
		if (virtual)
			sbx_resolver_providers(resolver, virtual, &providers);
		p = providers.count ? providers.elements[0] : 0;
		queue_free(&providers);
	}
	if (!p)
		return unknown(resolver, r->name, error);
	queue_pushunique(out, p);
	return TRUE;
}

gboolean sbx_resolver_look_up(struct sbx_resolver *resolver, const char *const *names, Queue *out,
			      GError **error)
{
	enum { SETTLE, PICK, N_ROUNDS };
	for (int round = SETTLE; round < N_ROUNDS; round++) {
		for (const char *const *given = names; given && *given; given++) {
			g_autofree char *text = g_strdup(*given);
			struct request r;
			if (!take_apart(text, *given, &r, error) ||
			    !check_architecture(resolver, &r, error))
				return FALSE;
			if (round == SETTLE ? !settle(resolver, *given, &r, error)
					    : !pick(resolver, *given, &r, out, error))
				return FALSE;
		}
	}
	return TRUE;
}

char *sbx_resolver_exact_request(const char *given)
{
	g_autofree char *text = g_strdup(given);
	struct request r;
	if (!take_apart(text, given, &r, NULL) || !r.version)
		return NULL;
	return g_strconcat(r.name, "=", r.version, NULL);
}
