/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_ARENA_H
#define SBX_PROVISIONER_ARENA_H

/*
 * From here on what is allocated lies in one piece of this program's own, as long as there is room
 * in it, and freeing that does nothing: for a process that allocates little and ends soon. The C
 * library's way takes musl a dozen system calls and as many page faults in a `run`. Only where the
 * program is linked for it (CMakeLists.txt); else nothing changes.
 */
void sbx_arena_use(void);

#endif
