/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_FETCH_APT_CONFIG_H
#define SBX_BUILDER_FETCH_APT_CONFIG_H

#include <glib.h>

/*
 * apt's own configuration (apt.conf(5)), asked of `apt-config dump` once per process; empty when
 * the host has none. With $SBX_APT_DIR set, that folder stands for /etc/apt.
 */

/* A setting's value, NULL when unset or empty. Names as in the manual, in any case. */
const char *sbx_apt_config(const char *name);
/* A number; `fallback` when unset or no number. */
long sbx_apt_config_long(const char *name, long fallback);
/* apt's booleans: yes/no, true/false, with/without, on/off, enable/disable, numbers. */
gboolean sbx_apt_config_flag(const char *name, gboolean fallback);

/* Absolute path of the folder with sources.list. Newly allocated. */
char *sbx_apt_config_folder(void);

/* For tests: what `apt-config dump` prints becomes the table of settings (lower-case names). */
GHashTable *sbx_apt_config_parse(const char *dump);

#endif
