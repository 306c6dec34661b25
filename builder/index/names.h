/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_NAMES_H
#define SBX_BUILDER_INDEX_NAMES_H

#include <glib.h>

#include "profiler/facts.h"

/*
 * Distributions are found by the names in their metadata's paths, which package indexes take as
 * equal when they differ in case or in the characters between words: PEP 503 has PyYAML, pyyaml
 * and Py_YAML for one. Which characters these are is the language's `fold`.
 */

/* What a language's distribution of that name is kept under in the index. Newly allocated. */
char *sbx_names_key(const struct sbx_language *language, const char *name, gsize n);

#endif
