/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_DECLARED_H
#define SBX_BUILDER_INDEX_DECLARED_H

#include "builder/index/profile.h"

/*
 * A distribution that is declared and a module that is imported are one need when they lead to the
 * same package: the module's, with the evidence of both and the stronger of both grades. So are
 * distributions of one package that are written in two ways. Words of a comment that nobody ships
 * under that name are dropped. `status` and `provider` are set already.
 */
void sbx_declared_merge(struct sbx_profile *profile);

/* The package index that a language's distributions are of; NULL for other kinds. */
const char *sbx_declared_ecosystem(const struct sbx_language *language, enum sbx_fact_kind kind);

#endif
