/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_RESOLVE_PINS_H
#define SBX_BUILDER_RESOLVE_PINS_H

#include "builder/archive/archive.h"

/*
 * Pins as apt_preferences(5) has them: which versions a record means, and the priority that they
 * get. Of several records that mean a version the first counts.
 */
enum sbx_pin_kind { SBX_PIN_BY_RELEASE, SBX_PIN_BY_VERSION, SBX_PIN_BY_ORIGIN };

struct sbx_pin {
	char **packages; /* names and patterns; NULL: a general one ("*") */
	enum sbx_pin_kind kind;
	char *what; /* "a=stable,c=main", "1.2*", a host's name */
	int priority;
	gboolean only_host; /* the machine's own: for the machine's own sources */
	gboolean is_option; /* --hold or --forbid: not even a request by version overrides it */
};

GPtrArray *sbx_pins_new(void); /* owns its struct sbx_pin */

/* "PACKAGE PIN PRIORITY", as --pin takes it: "python3-* release n=trixie 990". SBX_E_USAGE. */
gboolean sbx_pins_add_option(GPtrArray *pins, const char *text, GError **error);
/* "NAME" or "NAME=VERSION". SBX_E_USAGE. */
gboolean sbx_pins_add_forbid(GPtrArray *pins, const char *text, GError **error);
gboolean sbx_pins_add_hold(GPtrArray *pins, const char *text, GError **error);

/* `preferences` and `preferences.d` of apt's folder. SBX_E_INPUT names the file and line. */
gboolean sbx_pins_read(GPtrArray *pins, const char *folder, GError **error);
gboolean sbx_pins_parse(GPtrArray *pins, const char *text, gsize n_bytes, const char *where,
			GError **error);

/* Is this one of the names and patterns? */
gboolean sbx_pin_has_name(const struct sbx_pin *pin, const char *name, const char *architecture);
/* Does the pin mean what comes from this release (NULL: unknown) in this version? */
gboolean sbx_pin_matches(const struct sbx_pin *pin, const struct sbx_release *release,
			 const char *version);

#endif
