/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioner/result.h"

static const char *const reasons[] = {
#define X(kind, name) [SBX_REASON_##kind] = name,
	SBX_REASON_TABLE(X)
#undef X
};

const char *sbx_reason_name(enum sbx_reason reason)
{
	return reasons[reason];
}

void sbx_result_add_json(const struct sbx_result *result, const struct sbx_plan *plan,
			 struct sbx_buffer *out)
{
	struct sbx_json w = {.out = out};
	sbx_json_begin_object(&w, NULL);
	sbx_json_string(&w, "format", "sbx-provision-result-1");
	sbx_json_string(&w, "reason", sbx_reason_name(result->reason));
	sbx_json_int(&w, "exit_status", result->exit_status);
	if (result->signal)
		sbx_json_int(&w, "signal", result->signal);
	else
		sbx_json_null(&w, "signal");
	sbx_json_int(&w, "wall_usec", (int64_t)result->wall_usec);
	sbx_json_int(&w, "cpu_usec", (int64_t)result->cpu_usec);
	sbx_json_int(&w, "peak_memory_bytes", (int64_t)result->peak_memory_bytes);
	sbx_json_int(&w, "oom_kills", (int64_t)result->oom_kills);
	if (result->has_output_bytes)
		sbx_json_int(&w, "output_bytes", (int64_t)result->output_bytes);
	else
		sbx_json_null(&w, "output_bytes");
	sbx_json_begin_array(&w, "unenforced");
	for (unsigned c = 0; c < SBX_N_CONTROLLERS; c++)
		if (plan->unenforced & 1U << c)
			sbx_json_string(&w, NULL, sbx_controller_name(c));
	sbx_json_end_array(&w);
	if (result->reason == SBX_REASON_FAILED) {
		sbx_json_begin_object(&w, "error");
		sbx_json_string(&w, "code", sbx_code_name(result->error.code));
		sbx_json_string(&w, "message", result->error.message);
		sbx_json_end_object(&w);
	} else {
		sbx_json_null(&w, "error");
	}
	sbx_json_end_object(&w);
	sbx_buffer_add(out, "\n", 1);
}
