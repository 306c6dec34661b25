/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_TESTS_PROBE_LEAVE_H
#define SBX_TESTS_PROBE_LEAVE_H

/* Leave that behind; 0 when it could be done. */
int probe_leave(const char *what);

#endif
