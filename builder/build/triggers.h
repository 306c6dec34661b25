/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_BUILD_TRIGGERS_H
#define SBX_BUILDER_BUILD_TRIGGERS_H

#include "builder/build/compose.h"

/* A package's interest in a trigger (deb-triggers(5)). */
struct sbx_interest {
	char *trigger; /* an absolute path (file trigger) or a name */
	guint unit;    /* index of the interested package */
	gboolean noawait;
};

/* All interests of the units, in their order. Array of struct sbx_interest. */
GArray *sbx_triggers_interests(const GPtrArray *units);
void sbx_triggers_interests_free(GArray *interests);

/*
 * The triggers that unpacking these units sets off: file triggers above a path that some unit
 * ships, and those that `activate` lines name. Units before `first` are already configured: what
 * they ship sets off nothing. Returns per unit a set of trigger names (GHashTable or NULL).
 */
GHashTable **sbx_triggers_pending(const GPtrArray *units, const GArray *interests, guint first);
void sbx_triggers_pending_free(GHashTable **pending, guint n);

#endif
