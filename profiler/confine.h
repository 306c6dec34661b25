/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_CONFINE_H
#define SBX_PROFILER_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Private to profiler/: give away, for good, whatever a process does not need to turn a text into
 * facts. It keeps memory up to n_max_bytes, n_cpu_seconds of processor time, and one descriptor,
 * which becomes number 0. A system call other than to read and write it, to manage memory and to
 * end the process ends the process (seccomp(2); where the kernel has none, rlimits alone remain).
 * It dies with the thread that forked it and leaves no core.
 */
bool sbx_confine(int fd, size_t n_max_bytes, unsigned n_cpu_seconds);

#endif
