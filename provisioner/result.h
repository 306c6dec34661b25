/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SBX_PROVISIONER_RESULT_H
#define SBX_PROVISIONER_RESULT_H

#include "base/json.h"
#include "provisioner/plan.h"

/* Why a sandbox ended. A row is X(KIND, name). */
#define SBX_REASON_TABLE(X)                                                                        \
	X(EXITED, "exited")                                                                        \
	X(SIGNALLED, "signalled")                                                                  \
	X(TIMED_OUT, "timed-out")                                                                  \
	X(OOM, "oom")                                                                              \
	X(OUTPUT_LIMIT, "output-limit")                                                            \
	X(FAILED, "failed")

enum sbx_reason {
#define X(kind, name) SBX_REASON_##kind,
	SBX_REASON_TABLE(X)
#undef X
};

/* What a request's time went into. A row is X(KIND, name). */
#define SBX_STAGE_TABLE(X)                                                                         \
	X(PLAN, "plan")	      /* options, policies, the template, the plan */                      \
	X(CGROUPS, "cgroups") /* making them; limits come while it is built */                     \
	X(SPAWN, "spawn")     /* until the first process runs in its namespaces */                 \
	X(MOUNTS,                                                                                  \
	  "mounts")	/* until everything is in place; version 1 cgroups are joined by then */   \
	X(EXEC, "exec") /* until the command runs */                                               \
	X(RUN, "run")	/* until the sandbox has ended */                                          \
	X(CLEANUP, "cleanup")
enum sbx_stage {
#define X(kind, name) SBX_STAGE_##kind,
	SBX_STAGE_TABLE(X)
#undef X
		SBX_N_STAGES
};

/* docs/schemas/provision-result.schema.json documents how this is written as JSON. */
struct sbx_result {
	enum sbx_reason reason;
	int exit_status; /* of sbx-provision */
	int signal;	 /* that ended the command, 0: none */
	uint64_t wall_usec, cpu_usec, peak_memory_bytes, oom_kills;
	uint64_t user_usec, system_usec;  /* of cpu_usec */
	uint64_t pids_peak;		  /* our own first process not counted; 0: nothing counts */
	bool has_io, has_io_calls;	  /* of the second, too */
	uint64_t read_bytes, write_bytes; /* from and to disks */
	uint64_t read_call_bytes, write_call_bytes; /* by read(2), write(2) and the like */
	uint64_t stage_usec[SBX_N_STAGES], stages;  /* 1 << stage: it came to that one */
	uint64_t output_bytes;			    /* where they go through us */
	bool has_output_bytes;
	int output_errno;	/* of output that could not be passed on; 0: none was lost */
	struct sbx_error error; /* FAILED */
};

const char *sbx_reason_name(enum sbx_reason reason);

/* One line of JSON, with its newline. `record` (record.h) is what was observed besides, or NULL. */
struct sbx_record;
void sbx_result_add_json(const struct sbx_result *result, const struct sbx_plan *plan,
			 const struct sbx_record *record, struct sbx_buffer *out);

/* A stage took from one time to another; nothing when one of them is 0. */
void sbx_result_set_stage(struct sbx_result *result, enum sbx_stage stage, uint64_t from_usec,
			  uint64_t to_usec);

#endif
