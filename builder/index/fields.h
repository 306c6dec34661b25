/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_FIELDS_H
#define SBX_BUILDER_INDEX_FIELDS_H

#include "base/json_tree.h"
#include "store/gerror.h"

/*
 * Reading JSON that comes from outside: every field of the right type and form, none missing, none
 * that is not known. Each failure is SBX_E_INPUT and names the file, the field
 * ("needs[3].evidence[0].line") and the way out.
 */
struct sbx_place {
	const struct sbx_place *outer; /* NULL: the outermost object, which has these: */
	const char *where;	       /* the file */
	const char *what;	       /* "a profile" */
	const char *remedy;	       /* "make it again with ..." */
	const char *list;	       /* else it is an item of this list */
	guint index;
};

/* Parse a whole text to an object; at most max_bytes of UTF-8, lists nested max_depth deep. */
const struct sbx_json_value *sbx_fields_parse(struct sbx_json_tree *tree, const char *text,
					      gsize n_bytes, gsize max_bytes, guint max_depth,
					      const struct sbx_place *at, GError **error);

gboolean sbx_fields_fail(const struct sbx_place *at, const char *field, const char *reason,
			 GError **error);

/* Does a text have the form that its field wants? */
typedef gboolean (*sbx_form_func)(const char *text);
/* Letters, digits and `signs`, beginning with a letter or digit; at most 1024 bytes. */
gboolean sbx_form_has_only(const char *text, const char *signs);

enum sbx_null { SBX_NO_NULL, SBX_NULL_ALLOWED };

/* Outputs are newly allocated and stay untouched on failure and on an allowed null. */
gboolean sbx_fields_string(const struct sbx_json_value *object, const char *field,
			   sbx_form_func is_allowed, enum sbx_null null, char **out,
			   const struct sbx_place *at, GError **error);
gboolean sbx_fields_strings(const struct sbx_json_value *object, const char *field,
			    sbx_form_func is_allowed, char ***out, const struct sbx_place *at,
			    GError **error);
/* One of n_names words; *out is its number. */
gboolean sbx_fields_word(const struct sbx_json_value *object, const char *field,
			 const char *(*name_of)(guint), guint n_names, guint *out,
			 const struct sbx_place *at, GError **error);
gboolean sbx_fields_count(const struct sbx_json_value *object, const char *field, guint *out,
			  const struct sbx_place *at, GError **error);
gboolean sbx_fields_double(const struct sbx_json_value *object, const char *field, double *out,
			   const struct sbx_place *at, GError **error);
gboolean sbx_fields_flag(const struct sbx_json_value *object, const char *field, gboolean *out,
			 const struct sbx_place *at, GError **error);
gboolean sbx_fields_check_known(const struct sbx_json_value *object, const char *const *known,
				const struct sbx_place *at, GError **error);

/* Called with each object of a list, and its place. */
typedef gboolean (*sbx_fields_func)(gpointer owner, const struct sbx_json_value *object,
				    const struct sbx_place *at, GError **error);
gboolean sbx_fields_each(const struct sbx_json_value *object, const char *field,
			 sbx_fields_func read_item, gpointer owner, const struct sbx_place *at,
			 GError **error);

#endif
