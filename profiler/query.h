/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROFILER_QUERY_H
#define SBX_PROFILER_QUERY_H

#include "profiler/rules.h"

/* Private to query.c (patterns) and properties.c (predicates and #set!). */

#define N_MAX_STEPS	    24 /* children of one node of a pattern */
#define N_MAX_STEP_DEPTH    16
#define N_MAX_CAPTURE_NAMES 64
#define N_MAX_PREDICATES    16 /* of one pattern */

/* A name may stand for several of a grammar's symbols. */
struct sbx_symbols {
	TSSymbol all[8];
	uint16_t n;
};

struct sbx_query_reader {
	struct sbx_rules *rules;
	struct sbx_error *err;
	const TSLanguage *language;
	const char *at, *end;
	struct sbx_map named_symbols, plain_symbols; /* -> struct sbx_symbols * */
	struct sbx_map captures;		     /* name -> index + 1 */
	const char *capture_names[N_MAX_CAPTURE_NAMES];
	size_t n_captures;
	struct sbx_pattern *pattern; /* that is being read */
	struct {
		uint16_t capture;
		struct sbx_predicate *predicate;
	} predicates[N_MAX_PREDICATES];
	size_t n_predicates;
};

/* Fails with the line, what is wrong and the name that it is wrong about. */
int sbx_query_mistake(const struct sbx_query_reader *in, const char *what, const char *name);
/* The next character that is no blank or comment; NUL at the end. */
char sbx_query_peek(struct sbx_query_reader *in);
const char *sbx_query_read_string(struct sbx_query_reader *in);
uint16_t sbx_query_capture(struct sbx_query_reader *in, const char *name);

/* properties.c */
/* (#name ...) at the reader's place */
int sbx_query_read_predicate(struct sbx_query_reader *in);
/* Hang the pattern's predicates onto the nodes whose captures they speak of. */
int sbx_query_attach(struct sbx_query_reader *in);
/* What the captures mean; fails for one that is not in the vocabulary. */
int sbx_query_name_captures(struct sbx_query_reader *in);

#endif
