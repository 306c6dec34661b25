/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_OPTION_SET_H
#define SBX_PROVISIONER_OPTION_SET_H

#include "provisioner/options.h"

/* What the files of the options share: option_table.c the table, option_files.c paths. */

/* A function that sets an option: SBX_SETTER(name) { ... `o`, `value`, `err` ... } */
#define SBX_SETTER(name)                                                                           \
	int sbx_set_##name(struct sbx_options *o, const char *value, struct sbx_error *err)

SBX_SETTER(bind);
SBX_SETTER(ro_bind);
SBX_SETTER(overlay);
SBX_SETTER(layer);
SBX_SETTER(base);
SBX_SETTER(root);
SBX_SETTER(input);
SBX_SETTER(output);
SBX_SETTER(workdir);
SBX_SETTER(source_root);

/* Room for one more element; the array stays as it was when memory ends. */
void *sbx_options_grow(void *array, size_t n, size_t size, struct sbx_error *err);

#endif
