/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_RUN_H
#define SBX_PROVISIONER_RUN_H

#include "provisioner/options.h"

/* `sbx-provision run`; argv[0] is the verb. Returns the exit status. */
int sbx_verb_run(int argc, char **argv);

/*
 * `sbx-provision policy [NAME|FILE]...`: print what the policies come to together (verb_policy.c);
 * without a name, list the postures.
 */
int sbx_verb_policy(int argc, char **argv);

#endif
