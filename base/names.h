/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BASE_NAMES_H
#define SBX_BASE_NAMES_H

/* What <errno.h> calls an error, as "ENOENT"; NULL: no error has that number. Static. */
const char *sbx_errno_name(int number);

/* What <signal.h> calls a signal, without SIG, as "TERM"; NULL: none, or of real time. Static. */
const char *sbx_signal_name(int number);

#endif
