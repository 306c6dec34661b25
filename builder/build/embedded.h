/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_EMBEDDED_H
#define SBX_BUILDER_BUILD_EMBEDDED_H

#include <stddef.h>

/* Scripts that run inside the build sandbox, compiled in from the files of the same name. */
extern const char sbx_configure_sh[];
extern const size_t sbx_configure_sh_size;
extern const char sbx_dpkg_query_sh[];
extern const size_t sbx_dpkg_query_sh_size;
extern const char sbx_fc_cache_sh[];
extern const size_t sbx_fc_cache_sh_size;
extern const char sbx_debconf_conf[];
extern const size_t sbx_debconf_conf_size;
extern const char sbx_bytecompile_py[];
extern const size_t sbx_bytecompile_py_size;

/* builder/observe/ and builder/certificates/, static programs. */
extern const char sbx_observe_program[];
extern const char sbx_observe_program_end[];
extern const char sbx_certificates_program[];
extern const char sbx_certificates_program_end[];

#endif
