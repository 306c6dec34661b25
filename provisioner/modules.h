/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_MODULES_H
#define SBX_PROVISIONER_MODULES_H

#include <stdbool.h>

#include "base/error.h"
#include "provisioner/zygote/join.h"

/*
 * Which Python modules a zygote has imported, or a task asks for. The rules of the tree of zygotes
 * are here and nowhere else:
 *
 * 1. A name asks for what it stands on as well: packages for their modules (matplotlib for
 *    matplotlib.pyplot), and the bases of the table in modules.c (numpy for pandas).
 * 2. A zygote serves a task if the task asks for all that the zygote has imported: nothing that it
 *    did not ask for is ever imported for it.
 * 3. Of those the one with the most modules serves; of two alike the older one.
 * 4. A new zygote is forked from the one that would serve a task with its modules.
 */
#define SBX_MAX_MODULES 32

struct sbx_modules {
	char text[SBX_ZYGOTE_MODULES]; /* bases first, with commas; "": the bare interpreter */
	unsigned n;
};

/* Read "pandas,matplotlib.pyplot". SBX_E_USAGE names what is no module's name. */
int sbx_modules_read(const char *text, struct sbx_modules *out, struct sbx_error *err);

/* Is each of `few` among `many`? */
bool sbx_modules_within(const struct sbx_modules *few, const struct sbx_modules *many);

#endif
