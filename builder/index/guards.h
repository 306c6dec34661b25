/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_INDEX_GUARDS_H
#define SBX_BUILDER_INDEX_GUARDS_H

#include <glib.h>

#include "profiler/facts.h"

/*
 * Guarded imports that stand in for each other:
 *
 *	try:			group 1
 *		import a	  alternative 0
 *		import b	  alternative 0
 *	except ImportError:
 *		import c	  alternative 1
 *
 * Facts say that each of the three may be missing, not that one side may not. Told by the layout
 * of the source: both sides are indented alike, and between them stands one line, and only one,
 * that is indented less and does not begin with the word that opened the first side (a second
 * "try"). Where the layout does not tell, there is no group.
 */
struct sbx_guard {
	guint group; /* from 1; 0: stands in for nothing */
	guint alternative;
};

/* One for each fact. Newly allocated. Files that cannot be read (any more) have no groups. */
struct sbx_guard *sbx_guards_read(const struct sbx_facts *facts);

#endif
