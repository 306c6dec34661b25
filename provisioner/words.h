/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_WORDS_H
#define SBX_PROVISIONER_WORDS_H

#include "provisioner/slot.h"

/*
 * What a client of `sbx-provision serve` may ask for: the words are those of `run`, but the client
 * has fewer rights than the server. Nothing of the host can be named that is not shared with it.
 */

/* Before they are parsed, which could already read files. SBX_E_DENIED names the option. */
int sbx_words_check(const struct sbx_slots *slots, int argc, char *const *argv,
		    struct sbx_error *err);

/* After: paths of the host. */
int sbx_words_check_options(const struct sbx_slots *slots, const struct sbx_options *o,
			    struct sbx_error *err);

#endif
