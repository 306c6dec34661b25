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

/* docs/schemas/provision-result.schema.json documents how this is written as JSON. */
struct sbx_result {
	enum sbx_reason reason;
	int exit_status; /* of sbx-provision */
	int signal;	 /* that ended the command, 0: none */
	uint64_t wall_usec, cpu_usec, peak_memory_bytes, oom_kills;
	uint64_t output_bytes; /* counted with --output-limit alone */
	bool has_output_bytes;
	struct sbx_error error; /* FAILED */
};

const char *sbx_reason_name(enum sbx_reason reason);

/* One line of JSON, with its newline. */
void sbx_result_add_json(const struct sbx_result *result, const struct sbx_plan *plan,
			 struct sbx_buffer *out);

#endif
