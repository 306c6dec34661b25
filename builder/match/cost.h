/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_BUILDER_MATCH_COST_H
#define SBX_BUILDER_MATCH_COST_H

/*
 * The cost model of `match`, all of it: estimates in milliseconds, as measured on two processors
 * (docs/match.md). What a candidate costs is the sum over what would have to be done; the cheapest
 * is taken. A superset is ready at once, and pays for what it carries along: memory for the page
 * cache, and more that an attacker finds. These two are a price, not a measurement.
 */
#define SBX_COST_BUILD	       120.0 /* compose, commit and check out, however little changed */
#define SBX_COST_BUILD_PER_MB  0.4   /* the same, for what the template holds */
#define SBX_COST_FETCH_PER_MB  90.0  /* of .debs that the store lacks */
#define SBX_COST_IMPORT_PER_MB 25.0  /* unpacked, of the same */
#define SBX_COST_CONFIGURE     25.0  /* a package whose scripts have not run beside these */
#define SBX_COST_EXTRA_PACKAGE 5.0   /* a package that nobody asked for */
#define SBX_COST_EXTRA_PER_MB  1.0   /* of the same */

#endif
