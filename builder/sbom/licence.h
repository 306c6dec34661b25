/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_SBOM_LICENCE_H
#define SBX_BUILDER_SBOM_LICENCE_H

#include <glib.h>

/* A licence that SPDX has no name for. */
struct sbx_licence_own {
	char *id;   /* "LicenseRef-<package>-<name>" */
	char *name; /* as the file has it */
	char *text; /* what the file says of it */
};
void sbx_licence_own_free(struct sbx_licence_own *own);

/*
 * What a debian/copyright file in the machine-readable format (copyright-format 1.0) declares, as
 * an SPDX expression: all licences of its Files paragraphs, each once, joined by AND. NULL: it is
 * in another format, or names none. Licences without a name in SPDX are added to `owns` (struct
 * sbx_licence_own *). `text` need not be UTF-8; the results are.
 */
char *sbx_licence_expression(const char *text, const char *package, GPtrArray *owns);

#endif
