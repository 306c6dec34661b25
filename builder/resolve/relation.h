/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_RELATION_H
#define SBX_BUILDER_RESOLVE_RELATION_H

#include "store/gerror.h"

/*
 * A reader of relation fields (deb-control(5), Debian policy 7.1):
 *
 *	a (>= 1.0) | b:any, c [linux-any] <!nocheck>
 *
 * It walks one field, changes nothing and allocates nothing; the strings point into the field and
 * have a length. Architecture and build-profile restrictions do not occur in binary packages: they
 * are read and ignored.
 */
enum sbx_relation_op { SBX_REL_ANY, SBX_REL_LT, SBX_REL_LE, SBX_REL_EQ, SBX_REL_GE, SBX_REL_GT };

struct sbx_relation {
	const char *name;
	gsize n_name;
	const char *qualifier; /* what follows the name's ':', NULL: nothing */
	gsize n_qualifier;
	enum sbx_relation_op op;
	const char *version; /* NULL with SBX_REL_ANY */
	gsize n_version;
	gboolean or_next; /* the next relation is an alternative to this one */
};

struct sbx_relation_reader {
	const char *next;
	/* private */
	gboolean after_or;
};

/* Begin at the field's first byte; NULL is an empty field. */
void sbx_relation_begin(struct sbx_relation_reader *reader, const char *field);

enum sbx_relation_result { SBX_RELATION_BAD = -1, SBX_RELATION_END, SBX_RELATION_READ };

/*
 * The next relation. SBX_RELATION_BAD with SBX_E_ARCHIVE in *error when the text is not of the
 * form above; the message gives the place as text, the caller prefixes package and field.
 */
enum sbx_relation_result sbx_relation_next(struct sbx_relation_reader *reader,
					   struct sbx_relation *out, GError **error);

/* Is that version one that the relation asks for? */
gboolean sbx_relation_holds(const struct sbx_relation *relation, const char *version);

#endif
