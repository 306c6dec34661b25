/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BASE_SANITIZED_H
#define SBX_BASE_SANITIZED_H

/* Whether a sanitizer is compiled in, which maps terabytes, opens files and prints what it finds.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SBX_IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SBX_IS_SANITIZED 1
#endif
#endif
#ifndef SBX_IS_SANITIZED
#define SBX_IS_SANITIZED 0
#endif

#endif
