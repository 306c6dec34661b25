/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_CONTROL_H
#define SBX_BUILDER_BUILD_CONTROL_H

#include "store/gerror.h"

/* A control stanza: its fields in the order they came, names compared without case. */
struct sbx_control;

struct sbx_control *sbx_control_parse(const char *text, const char *where, GError **error);
void sbx_control_free(struct sbx_control *control);
SBX_DEFINE_AUTO(sbx_control, sbx_control_free)

/* The field's value without the blank after the colon, continuation lines included, or NULL. */
const char *sbx_control_get(const struct sbx_control *control, const char *field);

/*
 * The stanza as dpkg writes it to /var/lib/dpkg/status for an installed package: dpkg's order of
 * fields (lib/dpkg/parse.c's table, as dpkg 1.21 prints it), a Status field, and the conffiles
 * (NULL: none; lines " /path md5"). Newly allocated, ends with one newline.
 */
char *sbx_control_status_stanza(const struct sbx_control *control, const char *conffiles);

#endif
