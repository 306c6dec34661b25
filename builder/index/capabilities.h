/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_CAPABILITIES_H
#define SBX_BUILDER_INDEX_CAPABILITIES_H

#include "builder/index/profile.h"

/*
 * Fill in the profile's `classes` and `syscalls`, from its needs and behaviours and the
 * languages of its files: what the run-times that take part need by themselves, what the source
 *shows, and, since a list that is too short breaks the task, what may well come with it:
 *
 *	every task		files to write, timers, signals, waiting for events
 *	a package's module	threads and programs: it may be compiled code, and many a module
 *				asks ldconfig for a library or uname for the system when imported
 *	an unknown program	all that programs do who are neither on the network nor privileged
 *
 * The network, screens, devices and privileges are only there when something asks for them.
 */
void sbx_capabilities_predict(struct sbx_profile *profile, const struct sbx_facts *facts);

#endif
