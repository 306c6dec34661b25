/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_TESTS_CONFORMANCE_STAGE_H
#define SBX_TESTS_CONFORMANCE_STAGE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "provisioner/slot.h"
#include "provisioner/supervise.h"
#include "provisioner/task.h"

/* A sandbox under test, made of the words of `sbx-provision run`. */
struct stage {
	const struct sbx_backend *backend;
	const char *template;
	struct sbx_task task;
	struct sbx_request request;
	struct sbx_sandbox *sandbox;
	struct sbx_result result;
	char *words[32];
	struct sbx_slot *slot; /* it is made in one, or NULL */
	struct sbx_buffer text;
};

#define MUST(what)                                                                                 \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #what);                          \
			fflush(stdout);                                                            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* "" ended lists of words: options, then the command. */
void stage_plan(struct stage *s, const char *const *options, const char *const *command);
/* One more sandbox, in a slot of its own if the first has one. */
void stage_second(const struct stage *s, struct stage *out);
/* Ready the slot for another sandbox, if there is one. */
void stage_next_slot(struct stage *s);
void stage_start(struct stage *s);
void stage_destroy(struct stage *s);
void stage_release(struct stage *s);

/* Wait for an event of a kind (others are dropped); aborts after PATIENCE_SECONDS. */
struct sbx_event stage_await(struct stage *s, enum sbx_event_kind kind);
/* Until everything has ended. */
void stage_await_end(struct stage *s);
/* Run a shell script inside with exec; its output in static memory, its wait status in *out. */
const char *stage_shell(struct stage *s, unsigned number, const char *script, int *out_status);
int stage_exec(struct stage *s, unsigned number, const char *script, int stdout_fd,
	       struct sbx_error *err);

/* On a busy machine; a case has PATIENCE_SECONDS for each thing, and not much more for all. */
#define PATIENCE_SECONDS 120
#define PATIENCE_USEC	 (PATIENCE_SECONDS * (uint64_t)1000000)
/* Look until it is so. */
#define EVENTUALLY(what)                                                                           \
	for (uint64_t last_usec = sbx_now_usec() + PATIENCE_USEC; !(what); usleep(5000))           \
	MUST(sbx_now_usec() < last_usec && #what)

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NONE	  ((const char *const[]){NULL})

/* A case; the table of them all is in cases.c. */
struct conformance_case {
	const char *name;
	void (*run)(struct stage *s);
	bool needs_limits; /* whoever runs it may make cgroups */
};
extern const struct conformance_case conformance_cases[];

#endif
