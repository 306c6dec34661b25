/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/sbom/sbom.h"

#include <string.h>

#include "base/json.h"
#include "builder/build/native/view.h"
#include "builder/sbom/licence.h"

struct sbom {
	const struct sbx_template *row;
	const struct sbx_lock *lock;
	struct sbx_store *store;
	struct sbx_tree *tree;
	GPtrArray *owns; /* struct sbx_licence_own * */
	struct sbx_json *json;
};

/* Links are followed; NULL: there is none to read. */
static char *read_copyright(struct sbom *s, const char *package)
{
	g_autofree char *path = g_strdup_printf("/usr/share/doc/%s/copyright", package);
	/* One of its own: a file that is no text ends a view. */
	SBX_AUTO(sbx_view) view = sbx_view_new(s->store, s->tree, NULL);
	return sbx_view_read(view, path);
}

/* An element's id may hold letters, digits, dots and dashes only. */
static char *element_id(const struct sbx_lock_package *p)
{
	GString *id = g_string_new("SPDXRef-deb-");
	for (const char *c = p->name; *c; c++)
		if (g_ascii_isalnum(*c) || *c == '.' || *c == '-')
			g_string_append_c(id, *c);
		else
			g_string_append_printf(id, ".%02x", (guchar)*c);
	g_string_append_printf(id, "-%s", p->architecture);
	return g_string_free(id, FALSE);
}

static char *purl_of(const struct sbom *s, const struct sbx_lock_package *p)
{
	g_autofree char *name = g_uri_escape_string(p->name, NULL, FALSE);
	g_autofree char *version = g_uri_escape_string(p->version, NULL, FALSE);
	g_autofree char *suite = g_uri_escape_string(s->lock->suite, NULL, FALSE);
	return g_strdup_printf("pkg:deb/debian/%s@%s?arch=%s&distro=%s", name, version,
			       p->architecture, suite);
}

static void write_common(struct sbx_json *json, const char *licence)
{
	sbx_json_string(json, "downloadLocation", "NOASSERTION");
	sbx_json_bool(json, "filesAnalyzed", FALSE);
	sbx_json_string(json, "licenseConcluded", "NOASSERTION");
	sbx_json_string(json, "licenseDeclared", licence ? licence : "NOASSERTION");
	sbx_json_string(json, "copyrightText", "NOASSERTION");
}

static void write_package(struct sbom *s, const struct sbx_lock_package *p)
{
	struct sbx_json *json = s->json;
	g_autofree char *id = element_id(p);
	g_autofree char *purl = purl_of(s, p);
	g_autofree char *copyright = read_copyright(s, p->name);
	g_autofree char *licence =
		copyright ? sbx_licence_expression(copyright, p->name, s->owns) : NULL;
	g_autofree char *file = g_path_get_basename(p->path);
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "SPDXID", id);
	sbx_json_string(json, "name", p->name);
	sbx_json_string(json, "versionInfo", p->version);
	sbx_json_string(json, "packageFileName", file);
	sbx_json_string(json, "supplier", "NOASSERTION");
	write_common(json, licence);
	sbx_json_begin_array(json, "checksums");
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "algorithm", "SHA256");
	sbx_json_string(json, "checksumValue", p->sha256);
	sbx_json_end_object(json);
	sbx_json_end_array(json);
	sbx_json_begin_array(json, "externalRefs");
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "referenceCategory", "PACKAGE-MANAGER");
	sbx_json_string(json, "referenceType", "purl");
	sbx_json_string(json, "referenceLocator", purl);
	sbx_json_end_object(json);
	sbx_json_end_array(json);
	sbx_json_end_object(json);
}

static void write_template(struct sbom *s)
{
	sbx_json_begin_object(s->json, NULL);
	sbx_json_string(s->json, "SPDXID", "SPDXRef-template");
	sbx_json_string(s->json, "name", s->row->names[0] ? s->row->names[0] : "template");
	sbx_json_string(s->json, "versionInfo", s->row->id);
	write_common(s->json, NULL);
	sbx_json_string(s->json, "primaryPackagePurpose", "CONTAINER");
	sbx_json_end_object(s->json);
}

static void write_relation(struct sbx_json *json, const char *from, const char *kind,
			   const char *to)
{
	sbx_json_begin_object(json, NULL);
	sbx_json_string(json, "spdxElementId", from);
	sbx_json_string(json, "relationshipType", kind);
	sbx_json_string(json, "relatedSpdxElement", to);
	sbx_json_end_object(json);
}

static void write_relations(struct sbom *s)
{
	sbx_json_begin_array(s->json, "relationships");
	write_relation(s->json, "SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-template");
	for (guint i = 0; i < s->lock->packages->len; i++) {
		g_autofree char *id = element_id(s->lock->packages->pdata[i]);
		write_relation(s->json, "SPDXRef-template", "CONTAINS", id);
	}
	sbx_json_end_array(s->json);
}

static void write_owns(struct sbom *s)
{
	if (s->owns->len == 0)
		return;
	sbx_json_begin_array(s->json, "hasExtractedLicensingInfos");
	for (guint i = 0; i < s->owns->len; i++) {
		const struct sbx_licence_own *own = s->owns->pdata[i];
		sbx_json_begin_object(s->json, NULL);
		sbx_json_string(s->json, "licenseId", own->id);
		sbx_json_string(s->json, "name", own->name);
		sbx_json_string(s->json, "extractedText", own->text);
		sbx_json_end_object(s->json);
	}
	sbx_json_end_array(s->json);
}

static void write_head(struct sbom *s)
{
	g_autoptr(GDateTime) when =
		g_date_time_new_from_unix_utc(s->row->created_usec / G_USEC_PER_SEC);
	g_autofree char *created = g_date_time_format(when, "%Y-%m-%dT%H:%M:%SZ");
	g_autofree char *space =
		g_strconcat("https://spdx.org/spdxdocs/sbx-template-", s->row->id, NULL);
	g_autofree char *name = g_strconcat("sbx-template-", s->row->id, NULL);
	sbx_json_string(s->json, "spdxVersion", "SPDX-2.3");
	sbx_json_string(s->json, "dataLicense", "CC0-1.0");
	sbx_json_string(s->json, "SPDXID", "SPDXRef-DOCUMENT");
	sbx_json_string(s->json, "name", name);
	sbx_json_string(s->json, "documentNamespace", space);
	sbx_json_begin_object(s->json, "creationInfo");
	sbx_json_string(s->json, "created", created);
	sbx_json_begin_array(s->json, "creators");
	sbx_json_string(s->json, NULL, "Tool: sbx-build-" SBX_VERSION);
	sbx_json_end_array(s->json);
	sbx_json_end_object(s->json);
}

char *sbx_sbom_spdx(struct sbx_store *store, const struct sbx_template *row,
		    const struct sbx_lock *lock, GError **error)
{
	SBX_CLEANUP_BUFFER struct sbx_buffer text = SBX_BUFFER_INIT;
	g_autofree char *ref = g_strconcat("template/", row->id, NULL);
	SBX_AUTO(sbx_tree) tree = NULL;
	if (!sbx_tree_load_ref(store, ref, 0, &tree, NULL, NULL, error))
		return NULL;
	if (!tree) {
		sbx_set_error(error, SBX_E_DAMAGED,
			      "%.16s: the template is not whole; build it again", row->id);
		return NULL;
	}
	struct sbx_json json = {.out = &text, .pretty = TRUE};
	g_autoptr(GPtrArray) owns =
		g_ptr_array_new_with_free_func((GDestroyNotify)sbx_licence_own_free);
	struct sbom s = {row, lock, store, tree, owns, &json};
	sbx_json_begin_object(&json, NULL);
	write_head(&s);
	sbx_json_begin_array(&json, "packages");
	write_template(&s);
	for (guint i = 0; i < lock->packages->len; i++)
		write_package(&s, lock->packages->pdata[i]);
	sbx_json_end_array(&json);
	write_owns(&s);
	write_relations(&s);
	sbx_json_end_object(&json);
	return g_strndup(text.data, text.n_bytes);
}
