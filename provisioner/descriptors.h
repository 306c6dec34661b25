/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_DESCRIPTORS_H
#define SBX_PROVISIONER_DESCRIPTORS_H

#include <stddef.h>

#include "base/error.h"

/*
 * May this be a command's 0, 1 or 2 (`number`, for the message)? Not a folder or a mere path, from
 * which a path leads to all of the host (CVE-2024-21626), nor a socket that can reach others.
 */
int sbx_check_descriptor(int fd, int number, struct sbx_error *err);

/*
 * The same of this process's own, which may be closed too: then /dev/null takes the places, so that
 * what is opened next does not.
 */
int sbx_check_standard_descriptors(struct sbx_error *err);

/*
 * Close all descriptors above 2 but these; those of -1 count for none. SBX_E_UNSUPPORTED
 * without close_range(2).
 */
int sbx_close_all_but(const int *kept, size_t n, struct sbx_error *err);

#endif
